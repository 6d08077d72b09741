-- How long each user was there that day, and how engaged.
CREATE OR REPLACE TABLE metrics_with_duration
CLUSTER BY (user_id, date)
COMMENT 'Daily metrics with the time between the first and the last event, and a score'
AS SELECT
  user_id,
  date,
  total_events,
  unique_event_types,
  unique_devices,
  timestampdiff(SECOND, first_event, last_event) / 60 AS session_minutes,
  points + 5 * unique_event_types + timestampdiff(SECOND, first_event, last_event) / 600 AS engagement_score
FROM daily_metrics;
