"""Products as they are now: an update tells only what has changed, and changes may overtake each other."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

dp.create_streaming_table("dim_products", comment="Products as they are now", cluster_by_auto=True)

dp.create_auto_cdc_flow(
    target="dim_products",
    source="bronze_product_changes",
    keys=["product_id"],
    sequence_by=F.col("seq"),
    apply_as_deletes=F.expr("op = 'D'"),
    except_column_list=["op", "seq"],
    ignore_null_updates=True,
    stored_as_scd_type=1,
)
