"""The requests of each command, whole: ids, times and hashes aside."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.deploy.lab import Lab

GOLDEN = Path(__file__).parent / "golden"
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b")
_MARKS = (
    (re.compile(r"\b\d{13}\b"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "TIME"),
)


def written(lab: Lab) -> str:
    """What was sent since the last `forget`; what is sent at the same time in the order of the alphabet."""
    known: dict[str, str] = {}
    lines: list[str] = []
    together: list[tuple[str, str]] = []
    for each in lab.emulator.requests:
        line = f"{each.method} {each.path}" + (f" {json.dumps(each.query, sort_keys=True)}" if each.query else "")
        line += "".join(f"\n    {part}" for part in _body(each.body))
        kind = each.method if each.method == "GET" else f"{each.path} /files/" if "/files/" in line else ""
        if not kind or (together and together[-1][0] != kind):
            lines += sorted(one for _, one in together)
            together = []
        if kind:
            together.append((kind, line))
        else:
            lines.append(line)
    lines += sorted(one for _, one in together)
    text = _IDS.sub(lambda found: known.setdefault(found[0], f"ID-{len(known) + 1}"), "\n".join(lines))
    for pattern, mark in _MARKS:
        text = pattern.sub(mark, text)
    return text + "\n"


def _body(body: Any) -> list[str]:
    if not isinstance(body, dict):
        return []
    if "content" in body and body.get("path", "").endswith((".lock", ".json")):
        keys = json.loads(base64.b64decode(body["content"]))
        body = body | {"content": f"an object of {', '.join(keys)}"}
    elif "content" in body:
        body = body | {"content": base64.b64decode(body["content"]).decode()}
    return json.dumps(body, indent=1, sort_keys=True).splitlines()


def test_what_each_command_sends(lab: Lab, golden: Callable[[Path, str], None]):
    steps: dict[str, tuple[str, ...]] = {
        "deploy": ("deploy", "--env", "dev", "--yes"),
        "deploy-again": ("deploy", "--env", "dev", "--yes"),
        "start": ("start", "shop", "--env", "dev", "--refresh", "days", "--full-refresh", "visits", "--no-wait"),
        "stop": ("stop", "shop", "--env", "dev"),
        "status": ("status", "--env", "dev"),
    }
    for name, words in steps.items():
        lab.forget()
        code, _, err = lab.ldp(*words)
        assert code == 0, f"{name}: {err}"
        golden(GOLDEN / f"{name}.txt", written(lab))
    lab.write("days", "CREATE OR REFRESH MATERIALIZED VIEW days AS SELECT day FROM visits;\n")
    (lab.root / "transformations" / "visits.sql").unlink()
    lab.write("views", "CREATE OR REFRESH MATERIALIZED VIEW views AS SELECT 1 AS x;\n")
    lab.forget()
    code, _, err = lab.deploy("--schedule", "0 0 3 * * ?", "--zone", "UTC")
    assert code == 0, err
    golden(GOLDEN / "deploy-changed.txt", written(lab))
    lab.forget()
    assert lab.ldp("destroy", "--env", "dev", "--yes")[0] == 0
    golden(GOLDEN / "destroy.txt", written(lab))


def test_what_a_schedule_sends(lab: Lab, golden: Callable[[Path, str], None]):
    (lab.root / "ldp.toml").write_text('[env.dev]\ncatalog = "main"\nschema = "default"\n')
    assert lab.deploy()[0] == 0
    for name, cron in (
        ("schedule", "0 0 2 * * ?"),
        ("schedule-changed", "0 0 4 * * ?"),
        ("schedule-again", "0 0 4 * * ?"),
    ):
        lab.forget()
        code, out, err = lab.ldp("schedule", "shop", "--cron", cron, "--zone", "Europe/Berlin", "--env", "dev")
        assert code == 0, err
        assert "it updates shop" in out and "UTC+" in out
        golden(GOLDEN / f"{name}.txt", written(lab))
