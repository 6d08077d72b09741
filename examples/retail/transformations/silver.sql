-- Silver: sales that can be counted. Three things can happen to one that breaks a rule: without an id nobody knows what
-- it is, so the update stops; what cannot be summed up is left out; an unknown category is only recorded.
CREATE OR REFRESH STREAMING TABLE silver_sales (
  CONSTRAINT valid_id EXPECT (id IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT valid_price EXPECT (price > 0) ON VIOLATION DROP ROW,
  CONSTRAINT valid_quantity EXPECT (quantity > 0) ON VIOLATION DROP ROW,
  CONSTRAINT valid_time EXPECT (sold_at IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT known_category EXPECT (category IN ('electronics', 'home', 'toys', 'books'))
)
CLUSTER BY AUTO
COMMENT 'Sales with their revenue and the tier of their price'
AS SELECT
  id,
  product,
  category,
  CASE WHEN price < 30 THEN 'budget' WHEN price < 150 THEN 'standard' ELSE 'premium' END AS tier,
  CAST(price AS DECIMAL(10, 2)) AS price,
  quantity,
  CAST(price * quantity AS DECIMAL(12, 2)) AS revenue,
  sold_at,
  CAST(sold_at AS DATE) AS sale_date,
  hour(sold_at) AS sale_hour
FROM STREAM(bronze_sales);
