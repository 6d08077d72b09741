-- Each day with the profile of its user.
CREATE OR REPLACE TABLE enriched_metrics
CLUSTER BY (user_id, date)
COMMENT 'Daily metrics with the profile of the user; without one, its columns are NULL'
AS SELECT
  m.user_id,
  m.date,
  m.total_events,
  m.unique_event_types,
  m.unique_devices,
  m.session_minutes,
  m.engagement_score,
  p.country,
  p.plan,
  coalesce(p.segment, 'unknown') AS segment
FROM user_profiles AS p
RIGHT JOIN metrics_with_duration AS m ON m.user_id = p.user_id;
