-- What dashboards read.
CREATE OR REPLACE TABLE final_metrics
CLUSTER BY (date, segment)
COMMENT 'Engagement per user and day, checked'
AS SELECT
  user_id,
  date,
  total_events,
  unique_event_types,
  unique_devices,
  round(session_minutes, 1) AS session_minutes,
  engagement_score,
  country,
  plan,
  segment,
  CASE
    WHEN engagement_score >= 50 THEN 'high'
    WHEN engagement_score >= 15 THEN 'medium'
    ELSE 'low'
  END AS engagement
FROM enriched_metrics
WHERE user_id IS NOT NULL
  AND total_events >= 1
  AND engagement_score BETWEEN 0 AND 100000;
