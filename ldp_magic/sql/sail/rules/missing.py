"""Functions of Spark that the engine does not have, or has for show: it says so itself, and needs no rule for it."""

from __future__ import annotations

from ldp_magic.sql.functions import names

MISSING = names(
    """
    aes_decrypt approx_top_k approx_top_k_accumulate approx_top_k_combine approx_top_k_estimate collate collation
    collations collect_union counter_diff current_path current_time from_avro from_base32 from_protobuf hmac
    input_file_block_length input_file_block_start input_file_name is_valid_variant jaro_winkler_similarity
    java_method kll_merge_agg_bigint kll_merge_agg_double kll_merge_agg_float kll_sketch_agg_bigint
    kll_sketch_agg_double kll_sketch_agg_float kll_sketch_get_n_bigint kll_sketch_get_n_double
    kll_sketch_get_n_float kll_sketch_get_quantile_bigint kll_sketch_get_quantile_double
    kll_sketch_get_quantile_float kll_sketch_get_rank_bigint kll_sketch_get_rank_double kll_sketch_get_rank_float
    kll_sketch_merge_bigint kll_sketch_merge_double kll_sketch_merge_float kll_sketch_to_string_bigint
    kll_sketch_to_string_double kll_sketch_to_string_float localtime measure reflect schema_of_avro schema_of_xml
    sql_keywords st_asbinary st_geomfromwkb st_setsrid st_srid theta_intersection_agg time_bucket time_from_micros
    time_from_millis time_from_seconds time_to_micros time_to_millis time_to_seconds timestamp_nanos to_avro
    to_base32 to_protobuf try_make_interval try_reflect try_variant_array_append try_variant_insert
    try_variant_set tuple_difference_double tuple_difference_integer tuple_difference_theta_double
    tuple_difference_theta_integer tuple_intersection_agg_double tuple_intersection_agg_integer
    tuple_intersection_double tuple_intersection_integer tuple_intersection_theta_double
    tuple_intersection_theta_integer tuple_sketch_agg_double tuple_sketch_agg_integer tuple_sketch_estimate_double
    tuple_sketch_estimate_integer tuple_sketch_summary_double tuple_sketch_summary_integer
    tuple_sketch_theta_double tuple_sketch_theta_integer tuple_union_agg_double tuple_union_agg_integer
    tuple_union_double tuple_union_integer tuple_union_theta_double tuple_union_theta_integer variant_array_append
    variant_delete variant_insert variant_set variant_strip_nulls vector_avg vector_normalize vector_sum
    """
)
