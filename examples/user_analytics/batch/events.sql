-- What users did, one row an event, in the order in which the files land.
CREATE OR REPLACE TABLE events
CLUSTER BY (user_id)
COMMENT 'Raw events of the website and the apps'
AS SELECT
  event_id,
  user_id,
  event_type,
  CAST(event_time AS TIMESTAMP) AS event_time,
  device,
  points
FROM read_files(
  '/Volumes/main/user_analytics/landing/events',
  format => 'json',
  schema => 'event_id STRING, user_id STRING, event_type STRING, event_time STRING, device STRING, points INT'
);
