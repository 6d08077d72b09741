-- Gold: what the tiles of the dashboard show. Sums and counts over a stream that only grows, so an update looks at the
-- new sales alone.

CREATE OR REFRESH MATERIALIZED VIEW revenue_by_day
CLUSTER BY AUTO
COMMENT 'Sales, units and revenue by day, category and tier: every filter of the dashboard is a column here'
AS SELECT
  sale_date,
  category,
  tier,
  count(*) AS sales,
  sum(quantity) AS units,
  sum(revenue) AS revenue
FROM silver_sales
GROUP BY sale_date, category, tier;

CREATE OR REFRESH MATERIALIZED VIEW revenue_by_hour
CLUSTER BY AUTO
COMMENT 'Revenue and products by hour of the day'
AS SELECT
  sale_hour,
  count(*) AS sales,
  count(DISTINCT product) AS products,
  sum(revenue) AS revenue
FROM silver_sales
GROUP BY sale_hour;

CREATE OR REFRESH MATERIALIZED VIEW product_prices
CLUSTER BY AUTO
COMMENT 'What each product sold for'
AS SELECT
  product,
  category,
  count(*) AS sales,
  round(avg(price), 2) AS average_price,
  round(coalesce(stddev(price), 0), 2) AS price_deviation,
  sum(revenue) AS revenue
FROM silver_sales
GROUP BY product, category;

CREATE OR REFRESH MATERIALIZED VIEW quality_by_category
CLUSTER BY AUTO
COMMENT 'How many of the landed sales keep every rule, in percent'
AS SELECT
  category,
  count(*) AS landed,
  count_if(price > 0 AND quantity > 0 AND sold_at IS NOT NULL) AS valid,
  round(100 * count_if(price > 0 AND quantity > 0 AND sold_at IS NOT NULL) / count(*), 1) AS quality_score
FROM bronze_sales
GROUP BY category;

CREATE OR REFRESH MATERIALIZED VIEW key_figures
COMMENT 'The numbers on top of the dashboard'
AS SELECT
  s.total_revenue,
  s.average_revenue,
  s.total_products,
  s.average_price,
  s.price_deviation,
  q.quality_score
FROM (
  SELECT
    sum(revenue) AS total_revenue,
    round(avg(revenue), 2) AS average_revenue,
    count(DISTINCT product) AS total_products,
    round(avg(price), 2) AS average_price,
    round(stddev(price), 2) AS price_deviation
  FROM silver_sales
) AS s
CROSS JOIN (
  SELECT round(100 * sum(valid) / sum(landed), 1) AS quality_score
  FROM quality_by_category
) AS q;
