-- Gold: what the business decides by. A number that cannot be right stops the update instead of being shown.

CREATE OR REFRESH MATERIALIZED VIEW gold_daily_revenue (
  CONSTRAINT revenue_positive EXPECT (revenue > 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT items_of_orders EXPECT (units >= orders) ON VIOLATION FAIL UPDATE
)
CLUSTER BY AUTO
COMMENT 'Orders, units and revenue of each day, cancelled orders left out'
AS SELECT
  CAST(ordered_at AS DATE) AS date,
  count(DISTINCT order_id) AS orders,
  sum(quantity) AS units,
  sum(amount) AS revenue,
  round(sum(amount) / count(DISTINCT order_id), 2) AS average_order
FROM silver_order_items
GROUP BY CAST(ordered_at AS DATE);

CREATE OR REFRESH MATERIALIZED VIEW gold_category_revenue (
  CONSTRAINT category_named EXPECT (category IS NOT NULL) ON VIOLATION FAIL UPDATE
)
CLUSTER BY AUTO
COMMENT 'Revenue by the category that the product has now; of products that were given up it is unknown'
AS SELECT
  coalesce(p.category, 'unknown') AS category,
  count(DISTINCT i.product_id) AS products,
  sum(i.quantity) AS units,
  sum(i.amount) AS revenue
FROM silver_order_items AS i
LEFT JOIN dim_products AS p ON i.product_id = p.product_id
GROUP BY coalesce(p.category, 'unknown');

CREATE OR REFRESH MATERIALIZED VIEW gold_segment_orders (
  CONSTRAINT cancelled_is_a_share EXPECT (cancelled <= orders) ON VIOLATION FAIL UPDATE
)
CLUSTER BY AUTO
COMMENT 'Orders by the segment and the city that the customer had at that moment'
AS SELECT
  coalesce(c.segment, 'forgotten') AS segment,
  coalesce(c.city, 'forgotten') AS city,
  count(*) AS orders,
  count(DISTINCT o.customer_id) AS customers,
  count_if(o.status = 'cancelled') AS cancelled
FROM silver_orders AS o
LEFT JOIN dim_customers AS c
  ON o.customer_id = c.customer_id
  AND o.ordered_at >= c.__START_AT
  AND (o.ordered_at < c.__END_AT OR c.__END_AT IS NULL)
GROUP BY coalesce(c.segment, 'forgotten'), coalesce(c.city, 'forgotten');
