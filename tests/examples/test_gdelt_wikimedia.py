"""GDELT and Wikimedia: two streams meet by what they are about, as plain Python matches them."""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest

import ldp_magic
from tests.examples.example import Example, Row, arrived, check, moment, once, parsed, start_of

WINDOW = timedelta(hours=4)
COLUMNS = ["event_id", "date_added", "actor", "event_code", "goldstein", "mentions", "tone", "place", "country"]
COLUMNS += ["source_url"]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return arrived("gdelt_wikimedia", tmp_path_factory.mktemp("gdelt"))


@pytest.fixture(scope="module")
def embedding(example: Example) -> Callable[[str], list[float]]:
    spec = importlib.util.spec_from_file_location("embedding", example.root / "pipeline" / "embedding.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[str], list[float]] = module.embedding
    return found


def published(text: str) -> datetime | None:
    found = re.fullmatch(r"\d{14}", text)
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc) if found else None


@pytest.fixture(scope="module")
def news(example: Example) -> list[list[Row]]:
    """The news events that have to be in silver, by update."""
    batches = []
    for part in example.landed:
        rows = [dict(zip(COLUMNS, [*line.split("\t"), *[""] * len(COLUMNS)], strict=False)) for line in part["gdelt"]]
        fine = [row for row in rows if row["event_id"].isdigit() and published(row["date_added"]) and row["tone"]]
        batches.append(
            [
                {
                    "event_id": int(row["event_id"]),
                    "event_time": published(row["date_added"]),
                    "country": row["country"],
                    "tone": float(row["tone"]),
                    "mentions": int(row["mentions"]),
                    "headline": row["source_url"].rpartition("/")[2].replace("-", " "),
                }
                for row in fine
                if row["source_url"].startswith("https://")
            ]
        )
    return once(batches, "event_id", "event_time", WINDOW)


@pytest.fixture(scope="module")
def edits(example: Example) -> list[list[Row]]:
    """The edits that have to be in silver, by update."""
    batches = []
    for part in example.landed:
        rows = [row for line in part["wikimedia"] if (row := parsed(line)) and "meta" in row]
        batches.append(
            [
                {"edit_id": row["meta"]["id"], "edit_time": moment(row["meta"]["dt"]), "title": row["title"]}
                for row in rows
                if not row["bot"] and row["namespace"] == 0 and row["type"] != "log"
            ]
        )
    return once(batches, "edit_id", "edit_time", WINDOW)


@pytest.fixture(scope="module")
def pairs(news: list[list[Row]], edits: list[list[Row]], embedding: Callable[[str], list[float]]) -> list[Row]:
    """The pairs that have to be found: each as soon as both are there, unless one came too late for the join."""
    found = []
    for event, edit in _meetings(news, edits):
        if start_of(event["event_time"], WINDOW) != start_of(edit["edit_time"], WINDOW):
            continue
        one, other = embedding(event["headline"]), embedding(edit["title"])
        alike = round(sum(x * y for x, y in zip(one, other, strict=True)), 4)
        if alike >= 0.6:
            found.append({"event_id": event["event_id"], "edit_id": edit["edit_id"], "similarity": alike})
    return found


def _meetings(news: list[list[Row]], edits: list[list[Row]]) -> Iterator[tuple[Row, Row]]:
    """Each pair of an event and an edit once, as two streams behind one watermark meet."""
    mark = datetime.min.replace(tzinfo=timezone.utc)
    old: tuple[list[Row], list[Row]] = ([], [])
    for told, written in zip(news, edits, strict=True):
        fresh = [row for row in told if row["event_time"] > mark], [row for row in written if row["edit_time"] > mark]
        yield from product(fresh[0], [*old[1], *fresh[1]])
        yield from product(old[0], fresh[1])
        old = old[0] + fresh[0], old[1] + fresh[1]
        if told and written:
            marks = (max(row["event_time"] for row in told), max(row["edit_time"] for row in written))
            mark = max(mark, min(marks) - WINDOW)
        old = (
            [row for row in old[0] if row["event_time"] + WINDOW >= mark],
            [row for row in old[1] if row["edit_time"] + WINDOW >= mark],
        )


def test_news_and_edits_are_there_once(example: Example, news: Any, edits: Any) -> None:
    names = ("event_id", "event_time", "country", "tone", "mentions", "headline")
    check(example.rows("silver_gdelt_events"), ({name: row[name] for name in names} for part in news for row in part))
    check(example.rows("silver_wiki_edits"), (row for part in edits for row in part))
    assert all(len(row["embedding"]) == 384 for row in example.rows("silver_wiki_edits"))
    assert len(example.rows("bronze_gdelt")) == sum(len(part["gdelt"]) for part in example.landed)


def test_pairs_are_found_as_both_arrive(example: Example, pairs: list[Row]) -> None:
    check(example.rows("correlations"), pairs)


def test_each_event_has_the_edit_that_fits_best(example: Example, pairs: list[Row]) -> None:
    best: dict[int, list[Row]] = defaultdict(list)
    for pair in pairs:
        best[pair["event_id"]].append(pair)
    check(
        example.rows("gold_correlated_events"),
        (
            {
                "event_id": event,
                "edits": len(found),
                "similarity": max(each["similarity"] for each in found),
                "edit_id": max(found, key=lambda each: (each["similarity"], each["edit_id"]))["edit_id"],
            }
            for event, found in best.items()
        ),
    )


def test_countries_have_features(example: Example, news: list[list[Row]], pairs: list[Row]) -> None:
    matched, groups = {pair["event_id"] for pair in pairs}, defaultdict(list)
    for row in (row for part in news for row in part):
        groups[start_of(row["event_time"], WINDOW), row["country"]].append(row)
    check(
        example.rows("gold_country_features"),
        (
            {
                "window_start": start,
                "country": country,
                "news": len(rows),
                "mentions": sum(row["mentions"] for row in rows),
                "echoed": sum(row["event_id"] in matched for row in rows),
            }
            for (start, country), rows in groups.items()
        ),
    )


def test_the_matches_are_judged_by_the_labels(example: Example, pairs: list[Row]) -> None:
    lines = (example.root / "data" / "labels" / "labels.json").read_text(encoding="utf-8").splitlines()
    labels = {(row["event_id"], row["edit_id"]) for line in lines if (row := parsed(line))}
    found = {(pair["event_id"], pair["edit_id"]) for pair in pairs}
    hits = len(found & labels)
    (row,) = example.rows("gold_correlation_quality")
    assert (row["matches"], row["labelled"], row["hits"]) == (len(found), len(labels), hits)
    assert row["f1"] == pytest.approx(2 * hits / (len(found) + len(labels)), abs=0.0001) and row["f1"] > 0.85


def test_the_health_of_the_pipeline_is_told(example: Example) -> None:
    query = (example.root / "dashboard" / "pipeline_health.sql").read_text(encoding="utf-8")
    found = ldp_magic.sql(query, example.root)
    told = {row[0]: row[1:4] for row in found.rows}
    assert told["correlations"] == (3, 0, 0.0) and len(told) == 9


def test_its_own_tests_pass_and_nothing_is_wrong_with_it(example: Example) -> None:
    assert example.failed_tests() == (3, [])
    assert example.problems("dev", "staging", "prod") == []
