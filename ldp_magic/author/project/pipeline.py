"""The pipeline of a new project: two tables in SQL files, and two more in the cells of a notebook."""

from __future__ import annotations

import json
from typing import Any

ORDERS = """\
-- Each order once, as it arrives. A row that breaks a rule is dropped, counted, and kept beside the table.
CREATE OR REFRESH STREAMING TABLE orders (
  CONSTRAINT order_id_present EXPECT (order_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT amount_positive EXPECT (amount > 0) ON VIOLATION DROP ROW
)
COMMENT 'Orders of the shop, one row each'
CLUSTER BY (ordered_at)
AS SELECT
  order_id,
  customer_id,
  CAST(amount AS DECIMAL(10, 2)) AS amount,
  ordered_at
FROM STREAM read_files(
  '${landing}/orders',
  format => 'json',
  schema => 'order_id BIGINT, customer_id BIGINT, amount DOUBLE, ordered_at TIMESTAMP'
);
"""

CUSTOMERS = """\
-- The customers. One without a country is kept, and counted as a warning.
CREATE OR REFRESH STREAMING TABLE customers (
  CONSTRAINT country_known EXPECT (country IS NOT NULL)
)
COMMENT 'Customers of the shop'
CLUSTER BY (customer_id)
AS SELECT
  customer_id,
  name,
  country
FROM STREAM read_files(
  '${landing}/customers',
  format => 'csv',
  header => true,
  schema => 'customer_id BIGINT, name STRING, country STRING'
);
"""

SALES = """\
%%ldp
CREATE OR REFRESH MATERIALIZED VIEW sales
COMMENT 'Orders with the country of their customer'
CLUSTER BY (ordered_on)
AS SELECT
  o.order_id,
  o.amount,
  CAST(o.ordered_at AS DATE) AS ordered_on,
  c.country
FROM orders AS o
JOIN customers AS c ON o.customer_id = c.customer_id
"""

REVENUE = """\
%%ldp
CREATE OR REFRESH MATERIALIZED VIEW daily_revenue
COMMENT 'Orders and revenue of each country and day'
CLUSTER BY (ordered_on)
AS SELECT
  ordered_on,
  country,
  count(*) AS orders,
  sum(amount) AS revenue
FROM sales
GROUP BY ordered_on, country
"""

_ABOUT = "# Daily revenue\n\nTwo more tables of the pipeline, written where their rows can be looked at."


def sources() -> dict[str, str]:
    """The files that define datasets."""
    return {
        "transformations/orders.sql": ORDERS,
        "transformations/customers.sql": CUSTOMERS,
        "daily_revenue.ipynb": notebook(),
    }


def notebook() -> str:
    """The notebook as its file has it."""
    cells = [
        _cell("about", "markdown", _ABOUT),
        _cell("extension", "code", "%load_ext ldp_magic"),
        _cell("sales", "code", SALES.rstrip("\n")),
        _cell("daily-revenue", "code", REVENUE.rstrip("\n")),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1) + "\n"


def _cell(name: str, kind: str, text: str) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
