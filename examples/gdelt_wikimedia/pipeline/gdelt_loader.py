"""News events, as GDELT publishes them every 15 minutes: tab separated, without a header."""

from embedding import embedding
from pyspark import pipelines as dp
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DoubleType

COLUMNS = """event_id BIGINT, date_added STRING, actor STRING, event_code STRING, goldstein DOUBLE, mentions INT,
    tone DOUBLE, place STRING, country STRING, source_url STRING"""

embedded = F.udf(embedding, ArrayType(DoubleType()))


@dp.table(comment="News events as they were published", cluster_by_auto=True)
@dp.expect("has_id", "event_id IS NOT NULL")
@dp.expect("has_source", "source_url IS NOT NULL")
def bronze_gdelt():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("sep", "\t")
        .option("header", "false")
        .schema(COLUMNS)
        .load(f"{spark.conf.get('landing')}/gdelt")
    )


@dp.temporary_view(comment="News events that can be placed in time and told apart")
@dp.expect_all_or_drop(
    {
        "valid_id": "event_id IS NOT NULL",
        "valid_time": "event_time IS NOT NULL",
        "valid_source": "source_url LIKE 'https://%'",
        "tone_in_range": "tone BETWEEN -100 AND 100",
    }
)
def valid_gdelt():
    published = F.expr("try_to_timestamp(date_added, 'yyyyMMddHHmmss')")
    return spark.readStream.table("bronze_gdelt").withColumn("event_time", published)


@dp.table(comment="Each news event once, with what it is about as numbers", cluster_by_auto=True)
def silver_gdelt_events():
    headline = F.regexp_replace(F.element_at(F.split("source_url", "/"), -1), "-", " ")
    once = (
        spark.readStream.table("valid_gdelt")
        .withWatermark("event_time", "4 hours")
        .dropDuplicatesWithinWatermark(["event_id"])
    )
    return once.select(
        "event_id",
        "event_time",
        "country",
        "place",
        "tone",
        "goldstein",
        "mentions",
        headline.alias("headline"),
        "source_url",
    ).withColumn("embedding", embedded("headline"))
