-- Who the users are. The export replaces its file each night.
CREATE OR REPLACE TABLE user_profiles
CLUSTER BY (user_id)
COMMENT 'One row per user, as of the last export'
AS SELECT
  user_id,
  country,
  plan,
  signup_date,
  CASE
    WHEN plan = 'enterprise' THEN 'key account'
    WHEN plan = 'free' THEN 'trial'
    ELSE 'customer'
  END AS segment
FROM read_files(
  '/Volumes/main/user_analytics/landing/profiles',
  format => 'json',
  schema => 'user_id STRING, country STRING, plan STRING, signup_date DATE'
);
