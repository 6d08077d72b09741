-- A stream over rows that change: it works once, and fails with the second update.
CREATE OR REFRESH STREAMING TABLE engagement AS
SELECT user_id, date, 2 * points + total_events AS engagement_score
FROM STREAM(daily_metrics);
