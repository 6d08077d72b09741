CREATE OR REFRESH MATERIALIZED VIEW daily AS SELECT region, sum(amount) AS amount FROM orders GROUP BY region;
