-- Bronze: every sale as it landed, with the file that it came in. The columns are found in the files; the hints say
-- what the numbers and times are. A column that appears later, such as channel, is added by itself.
CREATE OR REFRESH STREAMING TABLE bronze_sales (
  CONSTRAINT valid_timestamp EXPECT (processing_time IS NOT NULL) ON VIOLATION FAIL UPDATE
)
CLUSTER BY AUTO
COMMENT 'Sales as they landed'
AS SELECT
  *,
  _metadata.file_name AS source_file,
  current_timestamp() AS processing_time
FROM STREAM read_files(
  '${landing}/sales',
  format => 'json',
  schemaHints => 'id BIGINT, price DOUBLE, quantity INT, sold_at TIMESTAMP'
);
