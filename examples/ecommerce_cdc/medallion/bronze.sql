-- Bronze: what the systems sent, each file once. Rules only count here: nothing is thrown away before it was seen.

CREATE OR REFRESH STREAMING TABLE bronze_orders (
  CONSTRAINT has_order_id EXPECT (order_id IS NOT NULL),
  CONSTRAINT has_items EXPECT (size(items) > 0),
  CONSTRAINT fits_the_schema EXPECT (_rescued_data IS NULL)
)
CLUSTER BY AUTO
COMMENT 'Orders as they were sent, with their items inside'
AS SELECT
  *,
  _metadata.file_name AS source_file
FROM STREAM read_files(
  '${landing}/orders',
  format => 'json',
  schema => 'order_id STRING, customer_id STRING, ordered_at TIMESTAMP, status STRING,
    items ARRAY<STRUCT<product_id: STRING, quantity: INT, unit_price: DECIMAL(10, 2)>>',
  rescuedDataColumn => '_rescued_data'
);

-- Who reads e-mail addresses of it is a matter of `masks` in ldp.toml.
CREATE OR REFRESH STREAMING TABLE bronze_customer_changes (
  CONSTRAINT known_operation EXPECT (op IN ('INSERT', 'UPDATE', 'DELETE'))
)
CLUSTER BY AUTO
COMMENT 'Changes of customers, in the order in which they came'
AS SELECT
  op,
  changed_at,
  customer_id,
  name,
  email, -- noqa: LDP703
  city,
  segment
FROM STREAM read_files(
  '${landing}/customers',
  format => 'csv',
  header => true,
  schema => 'op STRING, changed_at TIMESTAMP, customer_id STRING, name STRING, email STRING, city STRING, segment STRING'
);

CREATE OR REFRESH STREAMING TABLE bronze_product_changes (
  CONSTRAINT has_product_id EXPECT (product_id IS NOT NULL)
)
CLUSTER BY AUTO
COMMENT 'Changes of products: of an update only what has changed, the rest is NULL'
AS SELECT
  op,
  seq,
  product_id,
  name,
  category,
  price,
  stock
FROM STREAM read_files(
  '${landing}/products',
  format => 'json',
  schema => 'op STRING, seq BIGINT, product_id STRING, name STRING, category STRING, price DECIMAL(10, 2), stock INT'
);
