CREATE OR REFRESH STREAMING TABLE events AS
SELECT event_id, user_id, event_type, CAST(event_time AS TIMESTAMP) AS event_time, device, points
FROM STREAM read_files(
  '/Volumes/main/user_analytics/landing/events',
  format => 'json',
  schemaHints => 'event_time STRING, points INT'
);
