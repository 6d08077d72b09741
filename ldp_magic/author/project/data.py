"""The sample data of a new project: two days of orders, some of them broken on purpose, and the customers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

DAYS, EACH = 2, 30
_START = datetime(2026, 1, 5, 8)
_CUSTOMERS = (
    ("Ada Miller", "DE"),
    ("Bo Larsen", "DK"),
    ("Chen Wei", "SG"),
    ("Dana Novak", "CZ"),
    ("Eli Costa", "PT"),
    ("Fay Okoro", "NG"),
    ("Gus Weber", "DE"),
    ("Hana Sato", "JP"),
    ("Ivo Ricci", ""),
)


def files() -> dict[str, str]:
    """What lies in the folders that stand in for the volume."""
    days = {f"data/orders/{_START + timedelta(days=day):%Y-%m-%d}.json": _orders(day) for day in range(DAYS)}
    return {**days, "data/customers/customers.csv": _customers()}


def _customers() -> str:
    rows = [f"{number},{name},{country}" for number, (name, country) in enumerate(_CUSTOMERS, 1)]
    return "\n".join(["customer_id,name,country", *rows]) + "\n"


def _orders(day: int) -> str:
    return "".join(json.dumps(each) + "\n" for each in _day(day))


def _day(day: int) -> Iterator[dict[str, object]]:
    for n in range(EACH):
        number = day * EACH + n
        moment = _START + timedelta(days=day, minutes=23 * n)
        amount = round(5 + (number * 37 % 190) + (number * 13 % 100) / 100, 2)
        yield {
            "order_id": None if number == 17 else 1_000 + number,
            "customer_id": 1 + number * 5 % len(_CUSTOMERS),
            "amount": -amount if number in (9, 41) else amount,
            "ordered_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        }
