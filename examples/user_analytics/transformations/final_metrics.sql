-- What dashboards read. Rows that break a rule are left out and counted.
CREATE OR REFRESH MATERIALIZED VIEW final_metrics (
  CONSTRAINT user_id_present EXPECT (user_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT at_least_one_event EXPECT (total_events >= 1) ON VIOLATION DROP ROW,
  CONSTRAINT score_in_range EXPECT (engagement_score BETWEEN 0 AND 100000) ON VIOLATION DROP ROW
)
CLUSTER BY (date, segment)
COMMENT 'Engagement per user and day, checked'
AS SELECT
  user_id,
  date,
  total_events,
  unique_event_types,
  unique_devices,
  round(session_minutes, 1) AS session_minutes,
  round(engagement_score, 2) AS engagement_score,
  country,
  plan,
  segment,
  CASE
    WHEN engagement_score >= 50 THEN 'high'
    WHEN engagement_score >= 15 THEN 'medium'
    ELSE 'low'
  END AS engagement
FROM enriched_metrics;
