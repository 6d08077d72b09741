"""Silver: each order once, however often it was sent."""

from pyspark import pipelines as dp


@dp.table(comment="One row an order, its items inside", cluster_by_auto=True)
def silver_orders():
    return (
        spark.readStream.table("valid_orders")
        .withWatermark("ordered_at", "2 days")
        .dropDuplicatesWithinWatermark(["order_id"])
    )
