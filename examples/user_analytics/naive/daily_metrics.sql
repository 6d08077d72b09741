-- The first thing one writes: no watermark, so no day is ever over, and each update changes what it wrote before.
CREATE OR REFRESH STREAMING TABLE daily_metrics AS
SELECT
  user_id,
  CAST(event_time AS DATE) AS date,
  count(*) AS total_events,
  count(DISTINCT event_type) AS unique_event_types,
  sum(points) AS points
FROM STREAM(events)
GROUP BY user_id, CAST(event_time AS DATE);
