"""Silver: each event once, without anybody's name, and the broken ones apart."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

RULES = {
    "has_id": "event_id IS NOT NULL",
    "has_time": "event_time IS NOT NULL",
    "has_user": "user.id IS NOT NULL",
    "known_type": "event_type IN ('page_view', 'add_to_cart', 'checkout', 'purchase')",
    "amount_not_negative": "coalesce(amount, 0) >= 0",
}
SOUND = " AND ".join(f"coalesce({rule}, false)" for rule in RULES.values())


@dp.table(comment="Events that break a rule, as they came, for those who mend the sender", cluster_by_auto=True)
def quarantined_events():
    broken = spark.readStream.table("bronze_events").where(f"NOT ({SOUND})")
    names = [F.when(~F.coalesce(F.expr(rule), F.lit(False)), name) for name, rule in RULES.items()]
    return broken.select(
        "event_id",
        "event_type",
        F.sha2(F.lower("user.email"), 256).alias("email_hash"),
        F.array_compact(F.array(*names)).alias("broken_rules"),
        "_rescued_data",
        "source_file",
    )


# A broken clock must not move the watermark, so broken events are left out before it.
@dp.temporary_view(comment="Events that keep every rule")
@dp.expect_all_or_drop(RULES)
def sound_events():
    return spark.readStream.table("bronze_events")


@dp.table(comment="Each event once; e-mail and address only as SHA-256", cluster_by_auto=True)
@dp.expect("in_a_session", "session_id IS NOT NULL")
@dp.expect_or_fail("nobody_is_named", "length(email_hash) = 64")
def silver_events():
    once = (
        spark.readStream.table("sound_events")
        .withWatermark("event_time", "30 minutes")
        .dropDuplicatesWithinWatermark(["event_id"])
    )
    return once.select(
        "event_id",
        "event_type",
        "event_time",
        "session_id",
        F.col("user.id").alias("user_id"),
        F.sha2(F.lower("user.email"), 256).alias("email_hash"),
        F.sha2("ip", 256).alias("ip_hash"),
        F.col("user.plan").alias("plan"),
        F.col("user.country").alias("country"),
        F.col("page.url").alias("url"),
        F.col("page.section").alias("section"),
        F.col("page.title").alias("title"),
        F.col("amount").cast("decimal(10,2)").alias("amount"),
    )
