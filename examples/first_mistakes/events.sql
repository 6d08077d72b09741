CREATE OR REFRESH STREAMING TABLE events AS
SELECT user_id, event_type, score, CAST(event_time AS TIMESTAMP) AS event_time
FROM STREAM read_files('/Volumes/main/web/landing/events', format => 'json',
  schema => 'user_id STRING, event_type STRING, score DOUBLE, event_time STRING');
