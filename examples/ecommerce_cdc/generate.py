"""Lands what a shop's systems send: orders as nested JSON, changes of customers as CSV, changes of products as JSON.

python generate.py                       # everything at once
python generate.py --part 1/3            # the first third; call it again for the next ones
python generate.py --out /Volumes/main/ecommerce/landing
"""

from __future__ import annotations

import csv
import io
import json
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

START = datetime(2026, 10, 5)
DAYS = 12
CATEGORIES = {"kitchen": 40, "garden": 65, "office": 25, "sport": 90}
CITIES = ["Lyon", "Porto", "Ghent", "Malmo", "Turin"]
COLUMNS = ["op", "changed_at", "customer_id", "name", "email", "city", "segment"]

Row = dict[str, object]


def moments(chance: random.Random, many: int) -> list[str]:
    """Moments in order, no two of them the same."""
    seconds = sorted(chance.sample(range(DAYS * 86_400), many))
    return [(START + timedelta(seconds=each)).isoformat() for each in seconds]


def customer_changes(chance: random.Random, customers: int, changes: int) -> Iterator[Row]:
    """Everybody is inserted before the first order; then some move, are promoted, or ask to be forgotten."""
    known: dict[int, Row] = {}
    for number in range(customers):
        known[number] = {
            "op": "INSERT",
            "changed_at": (START - timedelta(days=30, seconds=-number)).isoformat(),
            "customer_id": f"c{number:03}",
            "name": f"Customer {number}",
            "email": f"customer.{number}@example.com",
            "city": chance.choice(CITIES),
            "segment": "new",
        }
        yield known[number]
    for moment in moments(chance, changes):
        number = chance.randrange(customers)
        change: Row = {"op": "DELETE" if chance.random() < 0.08 else "UPDATE", "changed_at": moment}
        news = chance.choice([{"city": chance.choice(CITIES)}, {"segment": chance.choice(["regular", "gold"])}])
        known[number] = {**known[number], **change, **news}
        yield known[number]


def product_changes(chance: random.Random, products: int, changes: int) -> Iterator[Row]:
    """Whole products first; then what has changed of them alone, and some that are given up."""
    names = list(CATEGORIES)
    for number in range(products):
        category = names[number % len(names)]
        price = round(CATEGORIES[category] * chance.uniform(0.5, 2), 2)
        yield {"op": "I", "seq": number, **_product(number), "category": category, "price": price, "stock": 50}
    sold = list(range(products))
    for seq in range(products, products + changes):
        number = chance.choice(sold)
        if chance.random() < 0.04:
            sold.remove(number)
            yield {"op": "D", "seq": seq, "product_id": f"p{number:03}"}
        elif chance.random() < 0.5:
            yield {"op": "U", "seq": seq, "product_id": f"p{number:03}", "stock": chance.randrange(100)}
        else:
            yield {"op": "U", "seq": seq, **_product(number), "price": round(chance.uniform(10, 150), 2)}


def _product(number: int) -> Row:
    return {"product_id": f"p{number:03}", "name": f"Product {number}"}


def orders(chance: random.Random, many: int, customers: int, products: int) -> Iterator[Row]:
    """Orders in order of time, each with one to four items."""
    for number, moment in enumerate(moments(chance, many)):
        items = [
            {
                "product_id": f"p{chance.randrange(products):03}",
                "quantity": chance.randrange(1, 5),
                "unit_price": round(chance.uniform(5, 150), 2),
            }
            for _ in range(chance.randrange(1, 5))
        ]
        yield {
            "order_id": f"o{number:05}",
            "customer_id": f"c{chance.randrange(customers):03}",
            "ordered_at": moment,
            "status": chance.choices(["paid", "shipped", "cancelled"], [5, 8, 1])[0],
            "items": items,
        }


def messy(chance: random.Random, found: list[Row]) -> list[Row]:
    """Some orders are sent twice; some break a rule."""
    landed = list(found)
    for each in chance.sample(found, len(found) // 15):
        landed.insert(landed.index(each) + 1, each)
    wrong: list[Row] = [{"order_id": None}, {"status": "lost"}, {"ordered_at": "soon"}, {"items": []}]
    for number, place in enumerate(sorted(chance.sample(range(len(landed)), 16), reverse=True)):
        model = {**landed[place], "order_id": f"x{number:05}"}
        item: Row = {"items": [{"product_id": "p001", "quantity": -1, "unit_price": 9.5}]}
        landed.insert(place, {**model, **([*wrong, item][number % 5])})
    return landed


def shuffled(chance: random.Random, found: list[Row]) -> list[Row]:
    """Changes as a queue delivers them: some overtake others, some come twice."""
    keys = [(number + chance.choice([0, 0, 0, 25]), number) for number in range(len(found))]
    return [found[number] for _, number in sorted([*keys, *chance.sample(keys, len(keys) // 12)])]


def as_csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json(rows: list[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, default in {"orders": 450, "customers": 40, "products": 24, "changes": 160, "seed": 23}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", default="1/1", help="which part of everything, such as 2/3")
    parser.add_argument("--out", type=Path, default=Path("data"))
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    chance = random.Random(args.seed)
    landed = {
        "customers/customers.csv": shuffled(chance, list(customer_changes(chance, args.customers, args.changes))),
        "products/products.json": shuffled(chance, list(product_changes(chance, args.products, args.changes))),
        "orders/orders.json": messy(chance, list(orders(chance, args.orders, args.customers, args.products))),
    }
    for name, rows in landed.items():
        few = rows[(part - 1) * len(rows) // parts : part * len(rows) // parts]
        path = args.out / (name if parts == 1 else name.replace(".", f"-{part}."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_csv(few) if path.suffix == ".csv" else as_json(few), encoding="utf-8")


if __name__ == "__main__":
    main()
