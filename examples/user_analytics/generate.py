"""Makes the landing files of this example: the same seed makes the same files.

python generate.py                       # what lies in data/
python generate.py --events 1000000 --out /tmp/big
python generate.py --late 20 --duplicates 20 --broken 5 --out /tmp/messy
python generate.py --part 1/3 --out /tmp/parts      # the first third of the events; call it again for the next
"""

from __future__ import annotations

import json
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
START = datetime(2026, 10, 1)
DAYS = 30.5  # the last day is still open
TYPES = {"page_view": 6, "click": 4, "search": 3, "purchase": 1}
POINTS = {"page_view": 1, "click": 2, "search": 2, "purchase": 20}


def events(chance: random.Random, many: int, users: int) -> Iterator[dict[str, object]]:
    """What users did, in order of time."""
    times = sorted(chance.uniform(0, DAYS * 86_400) for _ in range(many))
    for number, seconds in enumerate(times):
        kind = chance.choices(list(TYPES), list(TYPES.values()))[0]
        yield {
            "event_id": f"e{number:06}",
            "user_id": f"u{chance.randrange(users):03}",
            "event_type": kind,
            "event_time": (START + timedelta(seconds=int(seconds))).isoformat(),
            "device": chance.choice(["mobile", "desktop", "tablet"]),
            "points": POINTS[kind],
        }


def profiles(chance: random.Random, users: int) -> Iterator[dict[str, object]]:
    """Who the users are."""
    for number in range(users):
        yield {
            "user_id": f"u{number:03}",
            "country": chance.choice(["DE", "FR", "JP", "US"]),
            "plan": chance.choices(["free", "pro", "enterprise"], [6, 3, 1])[0],
            "signup_date": (START - timedelta(days=chance.randrange(1, 700))).date().isoformat(),
        }


def lines(chance: random.Random, rows: list[dict[str, object]], late: int, duplicates: int, broken: int) -> list[str]:
    """The rows as they land: some after their time, some twice, some cut off."""
    out = [json.dumps(row) for row in rows]
    for _ in range(late):
        out.append(out.pop(chance.randrange(len(out) // 2)))
    for _ in range(duplicates):
        out.append(chance.choice(out))
    for _ in range(broken):
        out.insert(chance.randrange(len(out)), chance.choice(out)[: chance.randrange(1, 40)])
    return out


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    numbers = {"events": 1000, "users": 100, "late": 0, "duplicates": 0, "broken": 0, "seed": 30}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", default="1/1", help="which part of the events, such as 2/3")
    parser.add_argument("--out", type=Path, default=HERE / "data")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    chance = random.Random(args.seed)
    found = list(events(chance, args.events, args.users))
    some = list(profiles(chance, args.users))
    landed = lines(chance, found, args.late, args.duplicates, args.broken)
    few = landed[(part - 1) * len(landed) // parts : part * len(landed) // parts]
    write(args.out / "events" / ("events.json" if parts == 1 else f"events-{part}.json"), few)
    write(args.out / "profiles" / "profiles.json", [json.dumps(row) for row in some])


def write(path: Path, rows: list[str]) -> None:
    """One row in each line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
