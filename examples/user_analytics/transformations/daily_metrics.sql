-- One row per user and day. A day is written once, an hour after it has ended: until then its counts could still
-- change, and rows that change cannot be streamed on. The watermark is what tells that a day is over.
CREATE OR REFRESH STREAMING TABLE daily_metrics
CLUSTER BY (user_id, date)
COMMENT 'Events per user and day; the current day follows when it is over'
AS SELECT
  user_id,
  CAST(window.start AS DATE) AS date,
  count(*) AS total_events,
  -- an exact count would have to keep every value for ever
  approx_count_distinct(event_type) AS unique_event_types,
  approx_count_distinct(device) AS unique_devices,
  sum(points) AS points,
  min(event_time) AS first_event,
  max(event_time) AS last_event
FROM STREAM(events) WATERMARK event_time DELAY OF INTERVAL 1 HOUR
GROUP BY user_id, window(event_time, '1 day');
