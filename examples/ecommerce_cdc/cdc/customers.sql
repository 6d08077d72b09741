-- Customers with their history: reports ask who they were when they ordered.
CREATE OR REFRESH STREAMING TABLE dim_customers
CLUSTER BY AUTO
COMMENT 'Customers and who they were: __START_AT and __END_AT say from when until when';

CREATE FLOW customers_flow AS AUTO CDC INTO dim_customers
FROM STREAM(bronze_customer_changes)
KEYS (customer_id)
APPLY AS DELETE WHEN op = 'DELETE'
SEQUENCE BY changed_at
COLUMNS * EXCEPT (op, changed_at)
STORED AS SCD TYPE 2;
