# Databricks notebook source
# Makes the function that hides who edited from all but compliance. Everything else `ldp deploy` makes.

catalog, schema = (dbutils.widgets.get(name) for name in ("catalog", "schema"))

spark.sql(f"""
    CREATE OR REPLACE FUNCTION `{catalog}`.`{schema}`.mask_editor(editor STRING) RETURNS STRING
    RETURN CASE WHEN is_account_group_member('compliance') THEN editor ELSE sha2(editor, 256) END
""")
