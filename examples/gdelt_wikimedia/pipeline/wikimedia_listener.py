"""Edits of Wikipedia, as Wikimedia's stream of recent changes tells them."""

from embedding import embedding
from pyspark import pipelines as dp
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DoubleType

CHANGE = """meta STRUCT<id: STRING, dt: TIMESTAMP, domain: STRING>, type STRING, namespace INT, title STRING,
    user STRING, bot BOOLEAN, comment STRING, wiki STRING, length STRUCT<old: BIGINT, new: BIGINT>"""

embedded = F.udf(embedding, ArrayType(DoubleType()))


@dp.table(comment="Changes as they were told", cluster_by_auto=True)
@dp.expect("has_id", "meta.id IS NOT NULL")
@dp.expect("fits_the_schema", "_rescued_data IS NULL")
def bronze_wikimedia():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .option("rescuedDataColumn", "_rescued_data")
        .schema(CHANGE)
        .load(f"{spark.conf.get('landing')}/wikimedia")
    )


@dp.temporary_view(comment="Edits of articles by people")
@dp.expect_or_drop("valid_id", "meta.id IS NOT NULL")
@dp.expect_or_drop("valid_time", "meta.dt IS NOT NULL")
@dp.expect_or_drop("valid_title", "length(title) > 0")
def valid_edits():
    changes = spark.readStream.table("bronze_wikimedia")
    return changes.where("coalesce(NOT bot, true) AND coalesce(namespace, 0) = 0 AND coalesce(type, 'edit') <> 'log'")


@dp.table(comment="Each edit once, with what it is about as numbers", cluster_by_auto=True)
def silver_wiki_edits():
    once = (
        spark.readStream.table("valid_edits")
        .select(
            F.col("meta.id").alias("edit_id"),
            F.col("meta.dt").alias("edit_time"),
            "title",
            F.col("user").alias("editor"),
            "comment",
            (F.col("length.new") - F.col("length.old")).alias("bytes_added"),
        )
        .withWatermark("edit_time", "4 hours")
        .dropDuplicatesWithinWatermark(["edit_id"])
    )
    return once.withColumn("embedding", embedded("title"))
