-- Gold: what analysts and models read.

CREATE OR REFRESH MATERIALIZED VIEW labels
CLUSTER BY AUTO
COMMENT 'Pairs of which a reader has said that they are about the same'
AS SELECT event_id, edit_id
FROM read_files('${landing}/labels', format => 'json', schema => 'event_id BIGINT, edit_id STRING');

CREATE OR REFRESH MATERIALIZED VIEW gold_correlated_events (
  CONSTRAINT match_named EXPECT (title IS NOT NULL) ON VIOLATION DROP ROW
)
CLUSTER BY AUTO
COMMENT 'Each news event that was found in an article, with the edit that fits best'
AS SELECT
  event_id,
  country,
  min(event_time) AS event_time,
  min(headline) AS headline,
  count(*) AS edits,
  max_by(title, struct(similarity, edit_id)) AS title,
  max_by(edit_id, struct(similarity, edit_id)) AS edit_id,
  max(similarity) AS similarity
FROM correlations
GROUP BY event_id, country;

CREATE OR REFRESH MATERIALIZED VIEW gold_country_features
CLUSTER BY AUTO
COMMENT 'What models learn from: news, mood and echo of each country in windows of four hours'
AS SELECT
  window(n.event_time, '4 hours').start AS window_start,
  n.country,
  count(*) AS news,
  sum(n.mentions) AS mentions,
  round(avg(n.tone), 3) AS tone,
  round(avg(n.goldstein), 3) AS goldstein,
  count(c.event_id) AS echoed,
  round(count(c.event_id) / count(*), 3) AS echo
FROM silver_gdelt_events AS n
LEFT JOIN gold_correlated_events AS c ON n.event_id = c.event_id
GROUP BY window(n.event_time, '4 hours').start, n.country;

CREATE OR REFRESH MATERIALIZED VIEW gold_correlation_quality (
  CONSTRAINT good_enough EXPECT (f1 >= 0.8)
)
COMMENT 'How often the matches are right, by the labels'
AS SELECT
  matches,
  labelled,
  hits,
  round(hits / matches, 4) AS precision,
  round(hits / labelled, 4) AS recall,
  round(2 * hits / (matches + labelled), 4) AS f1
FROM (
  SELECT
    count(c.event_id) AS matches,
    count(l.event_id) AS labelled,
    count_if(c.event_id IS NOT NULL AND l.event_id IS NOT NULL) AS hits
  FROM correlations AS c
  FULL OUTER JOIN labels AS l ON c.event_id = l.event_id AND c.edit_id = l.edit_id
);
