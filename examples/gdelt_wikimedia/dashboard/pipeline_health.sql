-- How the pipeline does, from its event log: for each flow the updates that ended well and badly, how long they took, and
-- how many rows its expectations have left out. In the workspace the log is the table that ldp.toml names:
-- main.gdelt_wiki.pipeline_events.
SELECT
  origin.flow_name AS flow,
  count(DISTINCT origin.update_id) AS updates,
  count_if(details:flow_progress.status = 'FAILED') AS failed,
  round(100 * count_if(details:flow_progress.status = 'FAILED') / count(DISTINCT origin.update_id), 1) AS error_rate,
  sum(CAST(details:flow_progress.metrics.num_output_rows AS BIGINT)) AS rows_written,
  sum(CAST(details:flow_progress.data_quality.dropped_records AS BIGINT)) AS rows_dropped,
  max(timestamp) AS last_seen
FROM event_log
WHERE event_type = 'flow_progress' AND details:flow_progress.status IN ('COMPLETED', 'FAILED')
GROUP BY origin.flow_name
ORDER BY failed DESC, flow
