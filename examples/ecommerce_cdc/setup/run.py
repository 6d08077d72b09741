# Databricks notebook source
# Makes what the pipelines need and do not make themselves: the function that hides e-mail addresses from all but those
# who talk to customers. The schema and the volume are made by `ldp deploy`.

catalog, schema = (dbutils.widgets.get(name) for name in ("catalog", "schema"))

spark.sql(f"""
    CREATE OR REPLACE FUNCTION `{catalog}`.`{schema}`.mask_email(email STRING) RETURNS STRING
    RETURN CASE
      WHEN is_account_group_member('sales-support') THEN email
      ELSE regexp_replace(email, '^[^@]+', '***')
    END
""")
