"""Lands news events as GDELT writes them (tab separated, no header) and edits as Wikimedia's event stream tells them.

Of some pairs it is known that they are about the same thing: these are the labels, with which the matches are judged.

python generate.py                       # everything at once
python generate.py --part 1/3            # the first third; call it again for the next ones
"""

from __future__ import annotations

import json
import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
START = datetime(2026, 11, 9)
HOURS = 48
PLACES = {"Osaka": "JA", "Lisbon": "PO", "Nairobi": "KE", "Quito": "EC", "Oslo": "NO", "Hanoi": "VM", "Accra": "GH"}
HAPPENINGS = [
    "earthquake",
    "election",
    "flood",
    "strike",
    "wildfire",
    "summit",
    "outage",
    "festival",
    "merger",
    "trial",
]
WORDS = ["officials", "report", "after", "damage", "crowds", "harbour", "ministers", "overnight", "second", "response"]
ELSEWHERE = [
    "List of rivers",
    "Chess opening",
    "Jazz discography",
    "Beetle species",
    "Medieval bridge",
    "Tram line",
]

Row = dict[str, Any]


def stories(chance: random.Random, many: int) -> Iterator[tuple[datetime, str, str]]:
    """When, where and what something happens in the world."""
    for _ in range(many):
        yield (
            START + timedelta(minutes=chance.randrange(HOURS * 60 - 200)),
            chance.choice(list(PLACES)),
            chance.choice(HAPPENINGS),
        )


def events(chance: random.Random, told: list[tuple[datetime, str, str]]) -> Iterator[tuple[datetime, list[object]]]:
    """One to three articles about each; some are about nothing that anybody edits."""
    for number, (moment, place, what) in enumerate(told):
        for each in range(chance.randrange(1, 4)):
            seen = moment + timedelta(minutes=chance.randrange(40))
            slug = "-".join([what, place.lower(), *chance.sample(WORDS, 3)])
            mood = round(chance.uniform(-9, 4), 2)
            yield (
                seen,
                [
                    1_200_000 + 10 * number + each,
                    f"{seen:%Y%m%d%H%M%S}",
                    chance.choice(["GOVERNMENT", "POLICE", "COMPANY", ""]),
                    f"{chance.randrange(10, 200):03}",
                    round(chance.uniform(-10, 10), 1),
                    chance.randrange(1, 40),
                    mood,
                    place,
                    PLACES[place],
                    f"https://news.example/{slug}",
                ],
            )


def edits(chance: random.Random, told: list[tuple[datetime, str, str]], noise: int) -> Iterator[tuple[datetime, Row]]:
    """Two of three stories get into an article within the hour; most other edits have nothing to do with them."""
    for number, (moment, place, what) in enumerate(told):
        if number % 3:
            comment = " ".join(chance.sample(WORDS, 2))
            yield _edit(
                chance, moment + timedelta(minutes=chance.randrange(60)), f"{place} {what}", comment, f"s{number}"
            )
    for number in range(noise):
        moment = START + timedelta(minutes=chance.randrange(HOURS * 60))
        title = chance.choice([*ELSEWHERE, *PLACES])
        yield _edit(chance, moment, title, chance.choice(["typo", "links", "sources", "image"]), f"n{number}")


def _edit(chance: random.Random, moment: datetime, title: str, comment: str, name: str) -> tuple[datetime, Row]:
    before = chance.randrange(1_000, 40_000)
    return moment, {
        "meta": {"id": f"{name}-{moment:%d%H%M}", "dt": f"{moment.isoformat()}Z", "domain": "en.wikipedia.org"},
        "type": chance.choices(["edit", "new", "log"], [8, 2, 1])[0],
        "namespace": 0 if chance.random() < 0.9 else 1,
        "title": title,
        "user": f"Editor{chance.randrange(60)}",
        "bot": chance.random() < 0.15,
        "comment": comment,
        "wiki": "enwiki",
        "length": {"old": before, "new": before + chance.randrange(-200, 900)},
    }


def labels(found: list[list[object]], written: list[Row]) -> list[Row]:
    """What a reader would say: which events and which edits by people tell of the same story."""
    by_people = [row for row in written if not row["bot"] and row["namespace"] == 0 and row["type"] != "log"]
    return [
        {"event_id": event[0], "edit_id": edit["meta"]["id"]}
        for event in found
        for edit in by_people
        if str(edit["meta"]["id"]).startswith(f"s{(int(str(event[0])) - 1_200_000) // 10}-")
    ]


def troubled(chance: random.Random, landed: list[str], broken: list[str]) -> list[str]:
    """Some lines come twice, some late, and some are broken."""
    out = list(landed)
    for _ in range(len(landed) // 20):
        out.append(out.pop(chance.randrange(len(out) // 2)))
        out.insert(chance.randrange(len(out)), chance.choice(out))
    for number in range(6):
        out.insert(chance.randrange(len(out)), broken[number % len(broken)])
    return out


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name, default in {"stories": 45, "noise": 220, "seed": 41}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", default="1/1", help="which part of everything, such as 2/3")
    parser.add_argument("--out", type=Path, default=HERE / "data")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    chance = random.Random(args.seed)
    told = sorted(stories(chance, args.stories))
    found = [row for _, row in sorted(events(chance, told), key=lambda pair: pair[0])]
    written = [row for _, row in sorted(edits(chance, told, args.noise), key=lambda pair: pair[0])]
    lines = {
        "gdelt/export.tsv": troubled(
            chance,
            ["\t".join(map(str, row)) for row in found],
            ["12\tyesterday" + "\t" * 8, "\t20261109120000" + "\t" * 7 + "\thttps://news.example/no-id", "x"],
        ),
        "wikimedia/recentchange.json": troubled(
            chance,
            [json.dumps(row) for row in written],
            ['{"meta": {"id": "cut', '{"type": "edit", "title": "Nothing"}'],
        ),
    }
    for name, rows in lines.items():
        few = rows[(part - 1) * len(rows) // parts : part * len(rows) // parts]
        write(args.out / (name if parts == 1 else name.replace(".", f"-{part}.")), few)
    write(args.out / "labels" / "labels.json", [json.dumps(label) for label in labels(found, written)])


def write(path: Path, rows: list[str]) -> None:
    """One row in each line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
