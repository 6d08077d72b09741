-- test scores are rounded, and how high they are is said
-- input enriched_metrics
SELECT * FROM VALUES
  ('u1', DATE '2026-10-01', 4, 3, 2, 90.46D, 50.004D, 'FR', 'pro', 'customer'),
  ('u2', DATE '2026-10-01', 3, 2, 1, 10.04D, 49.996D, 'JP', 'free', 'trial'),
  ('u3', DATE '2026-10-02', 2, 1, 1, 0D, 15D, NULL, NULL, 'unknown'),
  ('u4', DATE '2026-10-02', 1, 1, 1, 0D, 14.99D, 'US', 'enterprise', 'key account')
AS t(user_id, date, total_events, unique_event_types, unique_devices, session_minutes, engagement_score, country, plan, segment);
-- expect final_metrics
SELECT * FROM VALUES
  ('u1', DATE '2026-10-01', 4, 3, 2, 90.5D, 50.0D, 'FR', 'pro', 'customer', 'high'),
  ('u2', DATE '2026-10-01', 3, 2, 1, 10.0D, 50.0D, 'JP', 'free', 'trial', 'medium'),
  ('u3', DATE '2026-10-02', 2, 1, 1, 0.0D, 15.0D, NULL, NULL, 'unknown', 'medium'),
  ('u4', DATE '2026-10-02', 1, 1, 1, 0.0D, 14.99D, 'US', 'enterprise', 'key account', 'low')
AS t(user_id, date, total_events, unique_event_types, unique_devices, session_minutes, engagement_score, country, plan, segment, engagement);

-- test a score of exactly 50 is high, and the borders of the rules are inside
-- input enriched_metrics
SELECT * FROM VALUES ('u1', 1L, 50D), ('u2', 1L, 0D), ('u3', 1L, 100000D) AS t(user_id, total_events, engagement_score);
-- expect final_metrics
SELECT * FROM VALUES ('u1', 50D, 'high'), ('u2', 0D, 'low'), ('u3', 100000D, 'high') AS t(user_id, engagement_score, engagement);
-- dropped final_metrics 0

-- test what breaks a rule is left out and counted
-- input enriched_metrics
SELECT * FROM VALUES
  ('fine', 2L, 3D), (NULL, 2L, 3D), ('nothing', 0L, 3D), ('below', 2L, -0.01D), ('above', 2L, 100000.01D), (NULL, 0L, 3D)
AS t(user_id, total_events, engagement_score);
-- expect final_metrics
SELECT 'fine' AS user_id, 2L AS total_events, 3D AS engagement_score;
-- dropped final_metrics user_id_present 2
-- dropped final_metrics at_least_one_event 2
-- dropped final_metrics score_in_range 2
-- dropped final_metrics 5
