"""The original and what it becomes give the same rows on the embedded engine: random pipelines, and the example."""

from __future__ import annotations

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics" / "batch"


def test_random_pipelines():
    from tests.author.same_rows import compare

    count, difference = compare(seconds=60, seed=7, most=12)
    assert (count, difference) == (12, "")


def test_the_example():
    from tests.author.same_rows import Engine, as_pipeline

    events = (
        f"('e{n}', {'NULL' if n % 17 == 0 else repr(f'u{n % 7}')}, 'view{n % 3}', "
        f"'2024-01-{1 + n % 5:02} {n % 24:02}:10:00', 'd{n % 2}', {n % 9 - 1})"
        for n in range(200)
    )
    people = ", ".join(f"('u{n}', 'x', '{'free' if n % 2 else 'team'}', DATE'2024-01-01')" for n in range(5))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.glob("*.sql")))
    with Engine() as engine:
        engine.view("events", ", ".join(events), "event_id, user_id, event_type, event_time, device, points")
        engine.view("profiles", people, "user_id, country, plan, signup_date")
        assert engine.difference(as_pipeline(text), text) == ""
        assert sum(engine.rows(as_pipeline(text))["final_metrics"].values()) > 20
