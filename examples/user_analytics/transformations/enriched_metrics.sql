-- Each day that arrives is joined with the profiles as they are at that moment.
CREATE OR REFRESH STREAMING TABLE enriched_metrics
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
FROM STREAM(metrics_with_duration) AS m
LEFT JOIN user_profiles AS p ON m.user_id = p.user_id;
