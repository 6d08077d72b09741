"""Lands the sales of a shop, file by file. The last third says where it was sold, which nobody has announced.

python generate.py                       # everything at once
python generate.py --part 1/3            # the first third; call it again for the next ones
python generate.py --part 3/3 --poison   # with a sale that has no id, which stops the update
"""

from __future__ import annotations

import json
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
START = datetime(2026, 9, 7, 8)
DAYS = 14
PRODUCTS = {
    "electronics": {"headphones": 79, "charger": 19, "tablet": 389, "camera": 640},
    "home": {"lamp": 45, "kettle": 35, "armchair": 420},
    "toys": {"puzzle": 12, "train": 120, "kite": 24},
    "books": {"atlas": 60, "novel": 14},
}
WRONG = ("price", "quantity", "category", "sold_at", "price as text")


def sales(chance: random.Random, many: int) -> Iterator[dict[str, object]]:
    """What was sold, in order of time, during the hours when the shop is open."""
    moments = sorted(
        START + timedelta(days=chance.randrange(DAYS), seconds=chance.randrange(12 * 3600)) for _ in range(many)
    )
    for number, moment in enumerate(moments):
        category = chance.choices(list(PRODUCTS), [4, 3, 2, 3])[0]
        product = chance.choice(list(PRODUCTS[category]))
        yield {
            "id": 1000 + number,
            "product": product,
            "category": category,
            "price": round(PRODUCTS[category][product] * chance.uniform(0.9, 1.1), 2),
            "quantity": chance.choices([1, 2, 3], [8, 2, 1])[0],
            "sold_at": moment.isoformat(),
        } | ({"channel": chance.choice(["shop", "web"])} if number >= many * 2 // 3 else {})


def spoiled(sale: dict[str, object], how: str) -> dict[str, object]:
    """The sale with one thing wrong."""
    wrong: dict[str, object] = {"price": -1.0, "quantity": 0, "category": "misc", "sold_at": None}
    return sale | ({how: wrong[how]} if how in wrong else {"price": "on request"})


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, default in {"sales": 600, "wrong": 30, "seed": 11}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", default="1/1", help="which part of the sales, such as 2/3")
    parser.add_argument("--poison", action="store_true", help="add a sale without an id")
    parser.add_argument("--out", type=Path, default=HERE / "data")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    chance = random.Random(args.seed)
    found = list(sales(chance, args.sales))
    for number, place in enumerate(sorted(chance.sample(range(len(found)), args.wrong))):
        found[place] = spoiled(found[place], WRONG[number % len(WRONG)])
    few = found[(part - 1) * len(found) // parts : part * len(found) // parts]
    few += [{**few[-1], "id": None}] if args.poison else []
    path = args.out / "sales" / ("sales.json" if parts == 1 else f"sales-{part}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(sale) + "\n" for sale in few), encoding="utf-8")


if __name__ == "__main__":
    main()
