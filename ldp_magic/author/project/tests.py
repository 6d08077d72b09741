"""The first test of a new project."""

from __future__ import annotations

REVENUE = """\
# Rows that arrive, batch by batch, and rows that have to be there then: `ldp test` runs it in a lake of its own.
name: revenue counts each order once, and broken ones not at all
batches:
- input:
    ${landing}/orders:
    - {order_id: 1, customer_id: 7, amount: 20, ordered_at: 2026-01-05T09:00:00Z}
    - {order_id: 2, customer_id: 7, amount: -1, ordered_at: 2026-01-05T09:30:00Z}
    ${landing}/customers:
    - {customer_id: 7, name: Ida, country: DK}
  expect:
    daily_revenue:
    - {ordered_on: 2026-01-05, country: DK, orders: 1, revenue: 20}
  dropped: {orders: {amount_positive: 1}}
- input:
    ${landing}/orders:
    - {order_id: 3, customer_id: 7, amount: 2.5, ordered_at: 2026-01-05T10:00:00Z}
  expect:
    daily_revenue:
    - {ordered_on: 2026-01-05, country: DK, orders: 2, revenue: 22.5}
"""


def files() -> dict[str, str]:
    """The tests of the new pipeline."""
    return {"tests/daily_revenue.yml": REVENUE}
