CREATE OR REFRESH STREAMING TABLE orders AS
SELECT id, region, email, amount FROM STREAM main.raw.orders WHERE amount > ${least};
