"""Clickstream: late, double, broken and drifting events become a star, as plain Python computes it from the same lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from tests.examples.example import Example, Row, arrived, check, closed, moment, once, parsed

KINDS = ("page_view", "add_to_cart", "checkout", "purchase")
DELAY, HOUR = timedelta(minutes=30), timedelta(hours=1)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return arrived("clickstream", tmp_path_factory.mktemp("clickstream"))


def broken(event: Row | None) -> list[str]:
    """The rules that an event breaks."""
    if event is None:
        return ["has_id", "has_time", "has_user", "known_type"]
    amount = event["amount"]
    held = {
        "has_id": event["event_id"] is not None,
        "has_time": moment(event["event_time"]) is not None,
        "has_user": event["user"] is not None,
        "known_type": event["event_type"] in KINDS,
        "amount_not_negative": amount is None or amount >= 0,
    }
    return [rule for rule, kept in held.items() if not kept]


def told(example: Example) -> Iterator[list[Row | None]]:
    for part in example.landed:
        yield [parsed(line) for line in part["events"]]


@pytest.fixture(scope="module")
def silver(example: Example) -> list[list[Row]]:
    """The events that have to be in silver, by update."""
    batches = [[event for event in batch if event and not broken(event)] for batch in told(example)]
    timed = [[{**event, "event_time": moment(event["event_time"])} for event in batch] for batch in batches]
    return once(timed, "event_id", "event_time", DELAY)


@pytest.fixture(scope="module")
def facts(silver: list[list[Row]]) -> list[Row]:
    return [event for batch in silver for event in batch]


def money(event: Row) -> Decimal:
    return Decimal(str(event["amount"] or 0)).quantize(Decimal("0.01"))


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_broken_events_are_apart_with_the_rules_that_they_break(example: Example) -> None:
    every = [event for batch in told(example) for event in batch]
    wrong = [(event["event_id"] if event else None, broken(event)) for event in every if broken(event)]
    assert len(example.rows("bronze_events")) == len(every) and len(wrong) == 15
    found = example.rows("quarantined_events")
    assert sorted(map(repr, wrong)) == sorted(repr((row["event_id"], row["broken_rules"])) for row in found)


def test_fields_that_nobody_announced_are_rescued(example: Example) -> None:
    odd = [event for batch in told(example) for event in batch if event and "campaign" in event]
    rescued = [row for row in example.rows("bronze_events") if "campaign" in (row["_rescued_data"] or "")]
    assert len(rescued) == len(odd) > 0


def test_each_event_is_there_once_and_names_nobody(example: Example, facts: list[Row]) -> None:
    landed = [event for batch in told(example) for event in batch if event and not broken(event)]
    late = {event["event_id"] for event in landed} - {event["event_id"] for event in facts}
    assert len(late) == 12 and len(landed) == len(facts) + len(late) + 40, "12 came too late, 40 came twice"
    expected = (
        {
            "event_id": event["event_id"],
            "event_time": event["event_time"],
            "user_id": event["user"]["id"],
            "email_hash": sha(event["user"]["email"].lower()),
            "ip_hash": sha(event["ip"]),
            "amount": money(event) if event["amount"] else None,
        }
        for event in facts
    )
    found = example.rows("silver_events")
    check(found, expected)
    assert not any("@" in str(row.values()) or "203.0" in str(row.values()) for row in found)


def test_users_have_every_plan_they_had(example: Example, facts: list[Row]) -> None:
    plans: dict[str, list[tuple[object, str]]] = defaultdict(list)
    for event in sorted(facts, key=lambda each: each["event_time"]):
        history = plans[event["user"]["id"]]
        if not history or history[-1][1] != event["user"]["plan"]:
            history.append((event["event_time"], event["user"]["plan"]))
    expected = [
        {"user_id": user, "plan": plan, "__START_AT": start, "__END_AT": end}
        for user, history in plans.items()
        for (start, plan), (end, _) in zip(history, [*history[1:], (None, "")], strict=True)
    ]
    check(example.rows("dim_users"), expected)
    assert (len(facts), len(expected), len(plans)) == (888, 71, 40), "the README says so"


def test_pages_have_the_title_of_their_last_event(example: Example, facts: list[Row]) -> None:
    pages = {event["page"]["url"]: event["page"] for event in sorted(facts, key=lambda each: each["event_time"])}
    check(example.rows("dim_pages"), pages.values())


def test_an_hour_is_written_when_it_is_over(example: Example, silver: list[list[Row]]) -> None:
    over, still_open = closed(silver, "event_time", DELAY, HOUR)
    assert still_open > 0
    hours: dict[tuple[object, str], list[Row]] = defaultdict(list)
    for start, event in over:
        hours[start, event["page"]["section"]].append(event)
    expected = (
        {
            "hour": hour,
            "section": section,
            "events": len(events),
            "purchases": sum(event["event_type"] == "purchase" for event in events),
            "revenue": sum(map(money, events)) if any(event["amount"] for event in events) else None,
        }
        for (hour, section), events in hours.items()
    )
    check(example.rows("hourly_traffic"), expected)


def test_reports(example: Example, facts: list[Row]) -> None:
    days, plans, pages = defaultdict(list), defaultdict(list), defaultdict(list)
    for event in facts:
        days[event["event_time"].date()].append(event)
        if event["event_type"] == "purchase":  # it counts for the plan of that moment
            plans[event["user"]["plan"]].append(event)
        if event["event_type"] == "page_view":
            pages[event["page"]["url"]].append(event)

    def sessions(events: list[Row], kind: str = "") -> int:
        return len({event["session_id"] for event in events if event["event_type"] == (kind or event["event_type"])})

    check(
        example.rows("daily_funnel"),
        (
            {
                "date": day,
                "weekday": f"{day:%A}",
                "sessions": sessions(events),
                "with_cart": sessions(events, "add_to_cart"),
                "with_checkout": sessions(events, "checkout"),
                "with_purchase": sessions(events, "purchase"),
                "revenue": sum(map(money, events)),
            }
            for day, events in days.items()
        ),
    )
    check(
        example.rows("plan_revenue"),
        (
            {"plan": plan, "purchases": len(bought), "revenue": sum(map(money, bought))}
            for plan, bought in plans.items()
        ),
    )
    check(
        example.rows("page_ranking"),
        (
            {"url": url, "views": len(seen), "visitors": len({event["user"]["id"] for event in seen})}
            for url, seen in pages.items()
        ),
    )


def test_its_own_tests_pass_and_nothing_is_wrong_with_it(example: Example) -> None:
    assert example.failed_tests() == (3, [])
    assert example.problems("dev", "prod") == []


def test_an_update_without_news_changes_nothing(example: Example) -> None:
    before = {name: example.rows(name) for name in ("silver_events", "dim_users", "daily_funnel")}
    example.update()
    assert {name: example.rows(name) for name in before} == before
