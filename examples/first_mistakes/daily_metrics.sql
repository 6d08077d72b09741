CREATE OR REFRESH STREAMING LIVE TABLE daily_metrics (
  CONSTRAINT has_score EXPECT (engagement_score IS NOT NULL)
) AS SELECT
  user_id,
  window(event_time, '1 day') AS day,
  count(*) AS total_events,
  count(DISTINCT event_type) AS unique_event_types,
  sum(score) AS engagement_score
FROM events WATERMARK event_time DELAY OF INTERVAL 1 HOUR
GROUP BY user_id, window(event_time, '1 day');
