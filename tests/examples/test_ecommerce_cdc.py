"""E-commerce: two pipelines, one after the other; orders once, changes in any order, as plain Python has them."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import ldp_magic
from tests.examples.example import Example, Row, arrived, check, moment, once, parsed

STATUSES = ("paid", "shipped", "cancelled")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return arrived("ecommerce_cdc", tmp_path_factory.mktemp("ecommerce"), "medallion", "cdc")


def valid(order: Row) -> bool:
    return bool(order["order_id"] and moment(order["ordered_at"]) and order["status"] in STATUSES and order["items"])


@pytest.fixture(scope="module")
def orders(example: Example) -> list[Row]:
    """The orders that have to be in silver."""
    batches = [
        [order for line in part["orders"] if (order := parsed(line)) and valid(order)] for part in example.landed
    ]
    timed = [[{**order, "ordered_at": moment(order["ordered_at"])} for order in batch] for batch in batches]
    return [order for batch in once(timed, "order_id", "ordered_at", timedelta(days=2)) for order in batch]


@pytest.fixture(scope="module")
def items(orders: list[Row]) -> list[Row]:
    return [
        {
            "order_id": order["order_id"],
            "line": line,
            "ordered_at": order["ordered_at"],
            "product_id": item["product_id"],
            "quantity": item["quantity"],
            "unit_price": money(item["unit_price"]),
            "amount": item["quantity"] * money(item["unit_price"]),
        }
        for order in orders
        for line, item in enumerate(order["items"])
        if order["status"] != "cancelled" and item["quantity"] > 0
    ]


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


@pytest.fixture(scope="module")
def customers(example: Example) -> list[Row]:
    """Who customers were, from when until when."""
    rows = [row for part in example.landed for row in csv.DictReader(part["customers"])]
    changes: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        changes[row["customer_id"]][row["changed_at"]] = row
    found: list[Row] = []
    for history in changes.values():
        last: Row | None = None
        for at in sorted(history):
            row = history[at]
            told = None if row["op"] == "DELETE" else {name: row[name] for name in ("name", "email", "city", "segment")}
            if last is not None and told != last["told"]:
                last["__END_AT"] = moment(at)
            if told is not None and (last is None or told != last["told"]):
                last = {"customer_id": row["customer_id"], "told": told, "__START_AT": moment(at), "__END_AT": None}
                found.append(last)
            last = last if told is not None else None
    return [{**row.pop("told"), **row} for row in found]


@pytest.fixture(scope="module")
def products(example: Example) -> dict[str, Row]:
    """What products are now: changes in the order of their numbers, each telling what has changed alone."""
    changes = {row["seq"]: row for part in example.landed for line in part["products"] if (row := parsed(line))}
    found: dict[str, Row] = {}
    for seq in sorted(changes):
        change = changes[seq]
        if change["op"] == "D":
            found.pop(change["product_id"], None)
        else:
            known = found.setdefault(change["product_id"], dict.fromkeys(("name", "category", "price", "stock")))
            known |= {name: value for name, value in change.items() if name in known}
    return found


def test_an_order_that_was_sent_twice_is_there_once(example: Example, orders: list[Row]) -> None:
    landed = [line for part in example.landed for line in part["orders"]]
    check(
        example.rows("silver_orders"),
        ({name: order[name] for name in ("order_id", "customer_id", "ordered_at", "status")} for order in orders),
    )
    assert (len(example.rows("bronze_orders")), len(landed), len(orders)) == (496, 496, 453), "the README says so"


def test_items_of_orders(example: Example, items: list[Row]) -> None:
    check(example.rows("silver_order_items"), items)


def test_bronze_counts_and_keeps(example: Example) -> None:
    found = ldp_magic.expectations("bronze_orders", example.root, pipeline="medallion").outcome.checks
    every = [order for line in example.landed[-1]["orders"] if (order := parsed(line))]
    assert {each.name: each.failed for each in found} == {
        "has_order_id": sum(order["order_id"] is None for order in every),
        "has_items": sum(not order["items"] for order in every),
        "fits_the_schema": sum(order["ordered_at"] == "soon" for order in every),
    }


def test_customers_have_their_history(example: Example, customers: list[Row]) -> None:
    check(example.rows("dim_customers"), customers)
    assert any(row["__END_AT"] for row in customers)


def test_products_are_as_their_last_changes_left_them(example: Example, products: dict[str, Row]) -> None:
    changes = [json.loads(line) for part in example.landed for line in part["products"]]
    assert [change["seq"] for change in changes] != sorted(change["seq"] for change in changes)
    expected = (
        {"product_id": key, **row, "price": money(row["price"]) if row["price"] else None}
        for key, row in products.items()
    )
    check(example.rows("dim_products"), expected)
    assert len(products) == 14, "the README says so"


def grouped(rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def test_gold(example: Example, orders: list[Row], items: list[Row], customers: list[Row], products: Any) -> None:
    check(
        example.rows("gold_daily_revenue"),
        (
            {
                "date": day,
                "orders": len({item["order_id"] for item in sold}),
                "units": sum(item["quantity"] for item in sold),
                "revenue": sum(item["amount"] for item in sold),
            }
            for day, sold in grouped(items, lambda item: item["ordered_at"].date()).items()
        ),
    )
    categories = grouped(items, lambda item: products.get(item["product_id"], {}).get("category") or "unknown")
    check(
        example.rows("gold_category_revenue"),
        (
            {
                "category": category,
                "products": len({item["product_id"] for item in sold}),
                "revenue": sum(item["amount"] for item in sold),
            }
            for category, sold in categories.items()
        ),
    )

    def who(order: Row) -> tuple[str, str]:
        at = order["ordered_at"]
        for row in grouped(customers, lambda row: row["customer_id"])[order["customer_id"]]:
            if row["__START_AT"] <= at and (row["__END_AT"] is None or at < row["__END_AT"]):
                return row["segment"], row["city"]
        return "forgotten", "forgotten"

    check(
        example.rows("gold_segment_orders"),
        (
            {
                "segment": segment,
                "city": city,
                "orders": len(some),
                "customers": len({order["customer_id"] for order in some}),
                "cancelled": sum(order["status"] == "cancelled" for order in some),
            }
            for (segment, city), some in grouped(orders, who).items()
        ),
    )


def test_its_own_tests_pass_and_nothing_is_wrong_with_it(example: Example) -> None:
    assert example.failed_tests() == (4, [])
    assert example.problems("dev", "prod") == []
