-- What dashboards show, computed ahead.

CREATE OR REFRESH MATERIALIZED VIEW daily_funnel (
  CONSTRAINT never_more_than_all EXPECT (conversion BETWEEN 0 AND 1) ON VIOLATION FAIL UPDATE
)
CLUSTER BY AUTO
COMMENT 'How many sessions of each day saw a page, filled a cart, went to the till, and bought'
AS SELECT
  d.date,
  d.weekday,
  count(DISTINCT f.session_id) AS sessions,
  count(DISTINCT CASE WHEN f.event_type = 'add_to_cart' THEN f.session_id END) AS with_cart,
  count(DISTINCT CASE WHEN f.event_type = 'checkout' THEN f.session_id END) AS with_checkout,
  count(DISTINCT CASE WHEN f.event_type = 'purchase' THEN f.session_id END) AS with_purchase,
  round(count(DISTINCT CASE WHEN f.event_type = 'purchase' THEN f.session_id END) / count(DISTINCT f.session_id), 4)
    AS conversion,
  coalesce(sum(f.amount), 0) AS revenue
FROM fact_events AS f
INNER JOIN dim_dates AS d ON f.date_key = d.date_key
GROUP BY d.date, d.weekday;

CREATE OR REFRESH MATERIALIZED VIEW plan_revenue
CLUSTER BY AUTO
COMMENT 'Revenue by the plan that the buyer had at that moment'
AS SELECT
  u.plan,
  count(*) AS purchases,
  count(DISTINCT f.user_id) AS buyers,
  sum(f.amount) AS revenue
FROM fact_events AS f
INNER JOIN dim_users AS u
  ON f.user_id = u.user_id
  AND f.event_time >= u.__START_AT
  AND (f.event_time < u.__END_AT OR u.__END_AT IS NULL)
WHERE f.event_type = 'purchase'
GROUP BY u.plan;

CREATE OR REFRESH MATERIALIZED VIEW page_ranking
CLUSTER BY AUTO
COMMENT 'Pages by views, with the title that they have now'
AS SELECT
  p.url,
  p.section,
  p.title,
  count(*) AS views,
  count(DISTINCT f.user_id) AS visitors
FROM fact_events AS f
INNER JOIN dim_pages AS p ON f.url = p.url
WHERE f.event_type = 'page_view'
GROUP BY p.url, p.section, p.title;
