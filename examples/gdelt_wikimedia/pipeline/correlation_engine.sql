-- Which edits tell of which news: two streams, joined as both arrive. Pairs are looked for within windows of four hours,
-- so neither stream has to be remembered for longer. Texts that share a word are compared: how alike they are is the
-- cosine of their embeddings.
CREATE OR REFRESH STREAMING TABLE correlations (
  CONSTRAINT a_cosine EXPECT (similarity BETWEEN 0 AND 1.0001) ON VIOLATION DROP ROW
)
CLUSTER BY AUTO
COMMENT 'Pairs of a news event and an edit that are about the same'
AS SELECT
  *
FROM (
  SELECT
    n.event_id,
    e.edit_id,
    window(n.event_time, '4 hours').start AS news_window,
    n.event_time,
    e.edit_time,
    n.country,
    n.headline,
    e.title,
    round(aggregate(zip_with(n.embedding, e.embedding, (x, y) -> x * y), 0D, (total, x) -> total + x), 4) AS similarity
  FROM STREAM(silver_gdelt_events) WATERMARK event_time DELAY OF INTERVAL 4 HOURS AS n
  INNER JOIN STREAM(silver_wiki_edits) WATERMARK edit_time DELAY OF INTERVAL 4 HOURS AS e
    ON e.edit_time BETWEEN n.event_time - INTERVAL 4 HOURS AND n.event_time + INTERVAL 4 HOURS
    AND arrays_overlap(split(n.headline, ' '), split(lower(e.title), ' '))
    AND floor(unix_timestamp(n.event_time) / 14400) = floor(unix_timestamp(e.edit_time) / 14400)
)
WHERE similarity >= ${least_similarity};
