-- Silver: what breaks a rule is left out. `orders.py` takes each order that is left once.

CREATE TEMPORARY VIEW valid_orders (
  CONSTRAINT valid_order_id EXPECT (order_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT valid_time EXPECT (ordered_at IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT valid_status EXPECT (status IN ('paid', 'shipped', 'cancelled')) ON VIOLATION DROP ROW,
  CONSTRAINT valid_items EXPECT (size(items) > 0) ON VIOLATION DROP ROW
)
COMMENT 'Orders that keep every rule; some of them were sent twice'
AS SELECT
  order_id,
  customer_id,
  ordered_at,
  status,
  items
FROM STREAM(bronze_orders);

CREATE OR REFRESH STREAMING TABLE silver_order_items (
  CONSTRAINT valid_quantity EXPECT (quantity > 0) ON VIOLATION DROP ROW,
  CONSTRAINT valid_price EXPECT (unit_price > 0) ON VIOLATION DROP ROW
)
CLUSTER BY AUTO
COMMENT 'One row an item of an order that was not cancelled, with its amount'
AS SELECT
  order_id,
  customer_id,
  ordered_at,
  line,
  item.product_id,
  item.quantity,
  item.unit_price,
  CAST(item.quantity * item.unit_price AS DECIMAL(12, 2)) AS amount
FROM STREAM(silver_orders)
LATERAL VIEW posexplode(items) AS line, item
WHERE status <> 'cancelled';
