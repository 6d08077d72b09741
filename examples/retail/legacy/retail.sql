-- The three layers as they were written for Delta Live Tables. They run, and `ldp lint legacy --fix` writes them as one
-- does today; how files are loaded is your decision: `--unsafe-fixes`.
CREATE OR REFRESH STREAMING LIVE TABLE bronze_table (
  CONSTRAINT valid_timestamp EXPECT (processing_time IS NOT NULL) ON VIOLATION FAIL UPDATE
)
COMMENT 'Sales as they landed'
AS SELECT *, current_timestamp() AS processing_time
FROM cloud_files('${landing}/sales', 'json', map('cloudFiles.inferColumnTypes', 'true', 'cloudFiles.schemaHints', 'price DOUBLE'));

CREATE OR REFRESH STREAMING LIVE TABLE silver_table (
  CONSTRAINT valid_id EXPECT (id IS NOT NULL) ON VIOLATION FAIL UPDATE,
  CONSTRAINT valid_price EXPECT (price > 0) ON VIOLATION DROP ROW
)
COMMENT 'Sales with a price'
AS SELECT id, product, category, price, price * quantity AS revenue
FROM STREAM(LIVE.bronze_table);

CREATE OR REFRESH LIVE TABLE gold_table
COMMENT 'Revenue by category'
AS SELECT category, count(*) AS sales, round(sum(revenue), 2) AS revenue
FROM LIVE.silver_table
GROUP BY category;
