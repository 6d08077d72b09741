"""A plan for a thousand datasets, from their graph on: what is wanted, what is there, and what becomes of each row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from ldp_magic.deploy.plan import Have, Held, plan
from ldp_magic.project import find, graphs
from ldp_magic.resources.build import wanted
from ldp_magic.resources.wanted import Wanted
from ldp_magic.settings import find as settings_of
from tests.benchmarks import Figure, cpu_seconds

MANY = 1_000
SETTINGS = '[pipelines.web]\nsources = ["src/**"]\ncatalog = "main"\nschema = "s"\nschedule = "0 0 2 * * ?"\n'
TEXT = (
    "CREATE OR REFRESH STREAMING TABLE t{n} (CONSTRAINT a EXPECT (id > 0) ON VIOLATION DROP ROW) AS\n"
    "SELECT id, v, v + {n} AS w FROM STREAM {source} WHERE id > {least};\n"
)


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "src").mkdir()
        (root / "ldp.toml").write_text(SETTINGS)
        before = _there(_read(root, 0)())
        read = _read(root, 1)
        reading = cpu_seconds(lambda: graphs(find([root], settings_of(root, environ={}))), 1)
        whole = cpu_seconds(lambda: plan(read(), before))
        alone = cpu_seconds(lambda: plan(read(), Have()))
    return [
        Figure("plan of 1,000 changed datasets", whole, 2.0, 1.0, "two seconds"),
        Figure("plan of a first deploy of 1,000", alone, reading, 1.0, "reading them"),
    ]


def _read(root: Path, least: int) -> Callable[[], Wanted]:
    for n in range(MANY):
        source = f"t{n - 7}" if n > 6 else "main.raw.events"
        (root / "src" / f"t{n}.sql").write_text(TEXT.format(n=n, source=source, least=least))
    said = settings_of(root, environ={})
    project = find([root], said)
    pipelines = graphs(project)
    return lambda: wanted(project, pipelines, said)


def _there(was: Wanted) -> Have:
    held = {(one.kind, one.key): Held(id="1", sent=one.settings, remote=one.settings) for one in was.resources}
    files = {file.path: file.sha256 for file in was.files}
    texts = {file.path: file.content for file in was.files}
    return Have(asked=True, files=files, texts=texts, resources=held, tables=was.tables)
