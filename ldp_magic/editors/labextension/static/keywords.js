// Made from the tables of ldp_magic/sql by tests/lab/test_package.py --update-golden.

export const KEYWORDS = new Set(`
  ABORT ACCESS ACROSS ADD ADDED ADJUST ALL ALTER ALWAYS ANALYZE AND ANTI ANY APPLY AS ASOF AT AUTO BEGIN BETWEEN
  BINDING BITEMPORAL BY CACHE CALL CALLED CASCADE CASE CATALOG CDC CHANGES CHECK CLEAR CLONE CLUSTER COLLATE
  COLLATION COLUMN COLUMNS COMMENT COMPENSATION CONSTRAINT CONVERT COPY CREATE CRON CROSS CUBE CURRENT DAILY DATA
  DECLARE DEFAULT DELAY DELETE DENY DESC DESCRIBE DETERMINISTIC DISTINCT DISTRIBUTE DROP ELSE END ESCAPE EVERY
  EVOLUTION EXCEPT EXECUTE EXISTS EXPECT EXPLAIN FAIL FALSE FILTER FIRST FLOW FOLLOWING FOR FOREIGN FROM FSCK FULL
  FUNCTION GENERATED GET GLOBAL GRANT GROUP HAVING HISTORY IDENTITY IF IGNORE ILIKE IN INCREMENTAL INNER INSERT
  INTERSECT INTERVAL INTO IS JOIN KEY KEYS LANGUAGE LAST LATERAL LEFT LIKE LIMIT LIST LIVE LOAD LOCAL LOCATION LOCK
  MASK MATCHED MATERIALIZED MERGE METRICS MINUS MOST MSCK NAME NATURAL NO NOT NULL NULLS OF OFFSET ON ONCE ONLY
  OPTIMIZE OPTIONS OR ORDER OUTER OVER OVERWRITE PARTITION PARTITIONED PIVOT POLICY PRECEDING PRIMARY PRIVATE PUT
  QUALIFY RANGE RECURSIVE REFERENCES REFRESH RELY REMOVE REORG REPAIR REPEATABLE REPLACE RESET RESTORE RETURN
  RETURNS REVOKE RIGHT RLIKE ROLLUP ROW ROWS SCD SCHEDULE SCHEMA SELECT SEMI SEQUENCE SET SETS SHOW SIGNAL SNAPSHOT
  SOME SORT SOURCE START STORED STRATEGY STREAM STREAMING STRICT SYNC SYSTEM TABLE TABLESAMPLE TBLPROPERTIES TEMP
  TEMPORARY THEN TIME TO TRACK TRIGGER TRUE TRUNCATE TYPE UNBOUNDED UNCACHE UNDROP UNION UNIQUE UNLOCK UNPIVOT
  UPDATE UPDATES USE USING VACUUM VALUES VAR VARIABLE VERSION VIEW VIOLATION VOLUME WATERMARK WHEN WHERE WINDOW WITH
  WITHIN ZONE
`.trim().split(/\s+/));

export const TYPES = new Set(`
  array bigint binary boolean char date decimal double float int interval long map short smallint string struct
  timestamp timestamp_ntz tinyint varchar variant void
`.trim().split(/\s+/));

export const FUNCTIONS = new Set(`
  ai_classify ai_gen ai_query ai_summarize ai_translate any any_value approx_count_distinct approx_percentile
  approx_top_k array_agg avg bit_and bit_or bit_xor bool_and bool_or cast cloud_files coalesce collect_list
  collect_set concat corr count count_if count_min_sketch covar_pop covar_samp cume_dist curdate current_date
  current_time current_timestamp date_trunc dense_rank every explode explode_outer first first_value grouping
  grouping_id histogram_numeric hll_sketch_agg hll_union_agg inline inline_outer input_file_name json_tuple kurtosis
  lag last last_value lead listagg localtimestamp max max_by mean median min min_by mode monotonically_increasing_id
  now nth_value ntile nvl percent_rank percentile percentile_approx percentile_cont percentile_disc posexplode
  posexplode_outer rand randn random randstr rank read_files read_kafka read_kinesis read_pubsub read_pulsar
  read_stream regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy row_number
  schema_of_json_agg shuffle skewness some spark_partition_id stack std stddev stddev_pop stddev_samp string_agg sum
  table_changes to_date to_timestamp try_avg try_cast try_sum uniform unix_timestamp uuid var_pop var_samp variance
  window
`.trim().split(/\s+/));
