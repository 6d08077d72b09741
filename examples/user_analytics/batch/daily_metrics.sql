-- One row per user and day.
CREATE OR REPLACE TABLE daily_metrics
CLUSTER BY (user_id, date)
COMMENT 'Events per user and day'
AS SELECT
  user_id,
  CAST(event_time AS DATE) AS date,
  count(*) AS total_events,
  count(DISTINCT event_type) AS unique_event_types,
  count(DISTINCT device) AS unique_devices,
  sum(points) AS points,
  min(event_time) AS first_event,
  max(event_time) AS last_event
FROM events
GROUP BY user_id, CAST(event_time AS DATE);
