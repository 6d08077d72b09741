"""What is known about functions by name: which aggregate, which read files or streams, which change per call."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """The words of *text* as a set."""
    return frozenset(text.split())


AGGREGATES = names(
    """any any_value approx_count_distinct approx_percentile approx_top_k array_agg avg bit_and bit_or bit_xor bool_and
    bool_or collect_list collect_set corr count count_if count_min_sketch covar_pop covar_samp every first first_value
    grouping grouping_id histogram_numeric hll_sketch_agg hll_union_agg kurtosis last last_value listagg max max_by mean
    median min min_by mode percentile percentile_approx percentile_cont percentile_disc regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy schema_of_json_agg skewness some std stddev stddev_pop
    stddev_samp string_agg sum try_avg try_sum var_pop var_samp variance"""
)
STREAMING_READERS = frozenset({"cloud_files"})  # these stream without the word STREAM
FILE_READERS = frozenset({"read_files", "cloud_files"})
TABLE_READERS = frozenset({"read_stream", "table_changes"})  # their first argument names a table
EVENT_READERS = frozenset({"read_kafka", "read_kinesis", "read_pubsub", "read_pulsar"})
PATH_FORMATS = frozenset(
    {"delta", "json", "csv", "parquet", "orc", "avro", "text", "binaryfile", "xml", "iceberg", "hudi", "excel"}
)
NONDETERMINISTIC = names(
    """rand random randn uuid monotonically_increasing_id spark_partition_id input_file_name shuffle randstr uniform
    ai_query ai_classify ai_gen ai_summarize ai_translate"""
)
CLOCK = names("""current_date current_timestamp now curdate localtimestamp unix_timestamp current_time""")
GENERATORS = names("""explode explode_outer posexplode posexplode_outer inline inline_outer stack json_tuple""")
RANKING = names("""row_number rank dense_rank ntile percent_rank cume_dist lag lead nth_value""")
# Words before a bracket that do not call anything.
NOT_CALLS = names(
    """SELECT FROM WHERE AND OR NOT IN ON USING AS OVER BY ALL DISTINCT UNION INTERSECT EXCEPT MINUS JOIN WHEN THEN ELSE
    CASE BETWEEN LIKE ILIKE RLIKE ANY SOME EXISTS HAVING LIMIT OFFSET VALUES WITH FILTER GROUP SETS STREAM OPTIONS IS
    PIVOT UNPIVOT FOR LATERAL WITHIN QUALIFY TABLESAMPLE ROWS RANGE REPEATABLE INTERVAL ESCAPE RETURN SET VIEW OUTER
    INNER LEFT RIGHT FULL CROSS ANTI SEMI NATURAL MATERIALIZED RECURSIVE NULLS ROLLUP CUBE TABLE PARTITION"""
)
CALLS_DESPITE_WORD = frozenset(
    {"LEFT", "RIGHT", "ANY", "SOME", "EXISTS", "FILTER", "RANGE"}
)  # left('abc', 2), any(x), filter(a, f)
