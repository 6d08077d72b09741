"""Lands what the website sends: nested JSON, some of it late, sent twice, broken, or with a field nobody has announced.

python generate.py                       # everything at once
python generate.py --part 1/3            # the first third; call it again for the next ones
python generate.py --events 100000 --out /tmp/big
"""

from __future__ import annotations

import json
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
START = datetime(2026, 11, 2, 6)
HOURS = 36.4  # the last hour is still open
PLANS = ["free", "pro", "team"]
STEPS = {"page_view": 12, "add_to_cart": 4, "checkout": 2, "purchase": 2}
PAGES = {"/": "home", "/pricing": "home", "/blog/lakes": "blog", **{f"/item/{n}": "shop" for n in range(1, 9)}}
PATIENCE = 20  # minutes: less than the delay of the watermark, so that who is this late is still in time

Event = dict[str, object]


def events(chance: random.Random, many: int, users: int) -> Iterator[Event]:
    """What visitors did, in order of time; now and then one of them changes the plan."""
    plans = {number: chance.choice(PLANS) for number in range(users)}
    times = sorted(chance.sample(range(int(HOURS * 3_600_000)), many))
    for number, milliseconds in enumerate(times):
        user = chance.randrange(users)
        if chance.random() < 0.05:
            plans[user] = chance.choice(PLANS)
        url = chance.choice(list(PAGES))
        kind = chance.choices(list(STEPS), list(STEPS.values()))[0]
        moment = START + timedelta(milliseconds=milliseconds)
        yield {
            "event_id": f"e{number:06}",
            "event_type": kind,
            "event_time": moment.isoformat(timespec="milliseconds") + "Z",
            "session_id": f"s{user:03}-{milliseconds // 7_200_000:02}",
            "user": {
                "id": f"u{user:03}",
                "email": f"Visitor.{user}@example.com",
                "plan": plans[user],
                "country": ["DE", "FR", "JP", "US"][user % 4],
            },
            "page": {"url": url, "section": PAGES[url], "title": f"Page {url} v{1 + number * 3 // many}"},
            "ip": f"203.0.113.{user % 250}",
            "amount": round(chance.uniform(5, 250), 2) if kind == "purchase" else None,
        }


def disorder(chance: random.Random, found: list[Event], late: int, lost: int, duplicates: int) -> list[Event]:
    """As they arrive: some wait for minutes, some come hours later, when their time is over, some come twice."""
    arrival = {str(each["event_id"]): str(each["event_time"]) for each in found}
    for each in chance.sample(found, late):
        arrival[str(each["event_id"])] = _later(each, minutes=chance.randrange(1, PATIENCE))
    for each in chance.sample(found[: len(found) // 2], lost):
        arrival[str(each["event_id"])] = _later(each, minutes=14 * 60)
    landed = sorted(found, key=lambda each: arrival[str(each["event_id"])])
    for each in chance.sample(found, duplicates):
        landed.insert(landed.index(each) + 1, each)
    return landed


def _later(event: Event, minutes: int) -> str:
    moment = datetime.fromisoformat(str(event["event_time"])[:-1]) + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds") + "Z"


def lines(chance: random.Random, landed: list[Event], broken: int) -> list[str]:
    """One in each line, now and then with a field that nobody has announced; and some broken ones between them."""
    out = [json.dumps({**each, "campaign": "autumn"} if n % 60 == 0 else each) for n, each in enumerate(landed)]
    for number in range(broken):
        place = chance.randrange(len(out))
        out.insert(place, trouble(number, landed[place * len(landed) // len(out)], chance.randrange(20, 60)))
    return out


def trouble(number: int, model: Event, length: int) -> str:
    """A broken line, of each kind in turn."""
    kinds: list[Event] = [{"user": None}, {"event_time": "yesterday"}, {"event_type": "hover"}]
    kinds.append({"event_type": "purchase", "amount": -1.0})
    wrong = json.dumps({**model, "event_id": f"b{number:06}", **([{}, *kinds][number % 5])})
    return wrong if number % 5 else wrong[:length]  # of every fifth the connection was cut


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    numbers = {"events": 900, "users": 40, "late": 60, "lost": 12, "duplicates": 40, "broken": 15, "seed": 7}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", default="1/1", help="which part of the events, such as 2/3")
    parser.add_argument("--out", type=Path, default=HERE / "data")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    chance = random.Random(args.seed)
    found = list(events(chance, args.events, args.users))
    landed = lines(chance, disorder(chance, found, args.late, args.lost, args.duplicates), args.broken)
    few = landed[(part - 1) * len(landed) // parts : part * len(landed) // parts]
    path = args.out / "events" / ("events.json" if parts == 1 else f"events-{part}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(few) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
