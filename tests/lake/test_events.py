"""Events of updates on disk."""

from __future__ import annotations

import pytest

from ldp_magic.lake import Keep, Lake


def test_events_are_read_newest_first(lake: Lake):
    lake.events.add("u1", {"n": 1}, {"n": 2, "text": "zwei\nLinien"})
    lake.events.add("a2", {"n": 3})
    lake.events.add("u1", {"n": 4})
    assert lake.events.updates() == ["a2", "u1"]
    assert lake.events.of("u1") == [{"n": 1}, {"n": 2, "text": "zwei\nLinien"}, {"n": 4}]
    assert [event["n"] for event in lake.events.newest()] == [3, 4, 2, 1]
    assert lake.events.of("u9") == []


def test_a_line_that_was_cut_by_a_kill_costs_only_itself(lake: Lake):
    lake.events.add("u1", {"n": 1})
    (path,) = (lake.folder / "events").iterdir()
    path.write_bytes(path.read_bytes() + b'{"n": 2, "te')
    lake.events.add("u1", {"n": 3})
    assert lake.events.of("u1") == [{"n": 1}, {"n": 3}]


def test_only_so_many_updates_are_kept(lake: Lake):
    for number in range(5):
        lake.events.add(f"u{number}", {"n": number})
    assert len(lake.clean(Keep(updates=2)).files) == 3
    assert lake.events.updates() == ["u4", "u3"]


def test_an_id_is_no_path(lake: Lake):
    with pytest.raises(ValueError, match=r"\.\./x"):
        lake.events.add("../x", {})
