"""Gold: the star that reports read. A fact for each event, and what there is to say of users, pages and days."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

dp.create_streaming_table(
    "dim_users",
    comment="Users and every plan they had: __START_AT and __END_AT say from when until when",
    cluster_by_auto=True,
)
dp.create_auto_cdc_flow(
    target="dim_users",
    source="user_changes",
    keys=["user_id"],
    sequence_by=F.col("event_time"),
    except_column_list=["event_time"],
    stored_as_scd_type=2,
    track_history_column_list=["plan"],
)

dp.create_streaming_table("dim_pages", comment="Pages as they are called now", cluster_by_auto=True)
dp.create_auto_cdc_flow(
    target="dim_pages",
    source="page_changes",
    keys=["url"],
    sequence_by=F.col("event_time"),
    stored_as_scd_type=1,
)


@dp.temporary_view(comment="What each event tells of its user")
def user_changes():
    return spark.readStream.table("silver_events").select("user_id", "email_hash", "plan", "country", "event_time")


@dp.temporary_view(comment="What each event tells of its page")
def page_changes():
    return spark.readStream.table("silver_events").select("url", "section", "title", "event_time")


@dp.table(comment="One row an event: when, who, where, how much", cluster_by=["date_key", "user_id"])
def fact_events():
    return spark.readStream.table("silver_events").select(
        "event_id",
        F.date_format("event_time", "yyyyMMdd").cast("int").alias("date_key"),
        "event_time",
        "user_id",
        "url",
        "session_id",
        "event_type",
        "amount",
    )


@dp.table(comment="Traffic of each hour, written when the hour is over", cluster_by_auto=True)
def hourly_traffic():
    return (
        spark.readStream.table("silver_events")
        .withWatermark("event_time", "30 minutes")
        .groupBy(F.window("event_time", "1 hour"), "section")
        .agg(
            F.count("*").alias("events"),
            F.count(F.when(F.col("event_type") == "purchase", 1)).alias("purchases"),
            F.sum("amount").alias("revenue"),
        )
        .select(F.col("window.start").alias("hour"), "section", "events", "purchases", "revenue")
    )


@dp.materialized_view(comment="The days that have events", cluster_by=["date_key"])
def dim_dates():
    days = spark.read.table("fact_events").select("date_key", F.to_date("event_time").alias("date")).distinct()
    return days.select(
        "date_key",
        "date",
        F.date_format("date", "EEEE").alias("weekday"),
        F.dayofweek("date").isin(1, 7).alias("is_weekend"),
    )
