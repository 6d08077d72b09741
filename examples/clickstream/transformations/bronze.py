"""Bronze: what the website sent, as it came, once."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

LANDING = spark.conf.get("landing")

EVENT = StructType(
    [
        StructField("event_id", StringType()),
        StructField("event_type", StringType()),
        StructField("event_time", TimestampType()),
        StructField("session_id", StringType()),
        StructField(
            "user",
            StructType(
                [
                    StructField("id", StringType()),
                    StructField("email", StringType()),
                    StructField("plan", StringType()),
                    StructField("country", StringType()),
                ]
            ),
        ),
        StructField(
            "page",
            StructType(
                [
                    StructField("url", StringType()),
                    StructField("section", StringType()),
                    StructField("title", StringType()),
                ]
            ),
        ),
        StructField("ip", StringType()),
        StructField("amount", DoubleType()),
    ]
)


@dp.table(
    comment="Events as they were sent; what does not fit the schema is in _rescued_data",
    cluster_by_auto=True,
    private=True,
)
@dp.expect("fits_the_schema", "_rescued_data IS NULL")
def bronze_events():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .option("rescuedDataColumn", "_rescued_data")
        .schema(EVENT)
        .load(f"{LANDING}/events")
        .withColumn("source_file", F.col("_metadata.file_name"))
    )
