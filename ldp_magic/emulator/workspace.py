"""One emulated workspace: its parts, its server, and what a test asks it."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ldp_magic.emulator import addresses
from ldp_magic.emulator.catalogs import Catalogs
from ldp_magic.emulator.clock import Clock
from ldp_magic.emulator.eventlog import Quirks
from ldp_magic.emulator.faults import Faults
from ldp_magic.emulator.files import Files
from ldp_magic.emulator.http import ROUTES
from ldp_magic.emulator.job_runs import JobRuns, Run
from ldp_magic.emulator.jobs import Job
from ldp_magic.emulator.kept import Kept, Shelf
from ldp_magic.emulator.permissions import Permissions
from ldp_magic.emulator.pipelines import Pipeline
from ldp_magic.emulator.script import Outcome, Scripts
from ldp_magic.emulator.server import Logged, Server
from ldp_magic.emulator.tables import Tables
from ldp_magic.emulator.triggers import Triggers
from ldp_magic.emulator.updates import Update, Updates
from ldp_magic.emulator.work import Work
from ldp_magic.errors import LdpError

USER = "someone@example.com"
TICK = 0.25  # seconds between two looks at what is due
PATIENCE = 600.0  # seconds for which a run is waited for before something is wrong


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail or a call that the service would have sent."""

    to: str
    when: str
    about: str
    id: str


@dataclass(slots=True)
class Fact:
    """One thing to remember."""

    value: Any


class Workspace:
    """A workspace on this machine. `url` and `token` are what a client needs; the rest is for tests."""

    def __init__(
        self,
        *,
        port: int = 0,
        user: str = USER,
        token: str = "",
        keep: Path | None = None,
        catalogs: Mapping[str, Any] | None = None,
        volumes: Mapping[str, str | Path] | None = None,
        scripted: bool = False,
        strict: bool = True,
    ) -> None:
        self._keep = keep
        self.home = Path(keep).resolve() if keep else Path(tempfile.mkdtemp(prefix="ldp-workspace-")).resolve()
        self.lock, self.strict = threading.RLock(), strict
        self.user = user
        self._kept = Kept(self.home if keep else None)
        self._facts = Shelf(self._kept, "facts", Fact)
        self.token = token or self._fact("token", "ldp" + secrets.token_hex(16))
        self._users = {self.token: user}
        self.clock = Clock(self._fact("ahead", 0.0))
        self.faults, self.quirks, self.scripts = Faults(), Quirks(), Scripts(always=scripted)
        self.requests: list[Logged] = []
        self.notifications: list[Notification] = []
        self.task_results: dict[str, str] = {}  # what tasks that do not run come to, by key
        self.catalogs = Catalogs(self._kept, self.home, catalogs)
        self.volumes: dict[str, str | Path] = dict(volumes or {})
        self.volumes |= {k: v for k, v in self.catalogs.outside.items() if k.startswith("/")}
        self.files = Files(self._kept, self.clock, (f"/Users/{user}",))
        self.pipelines, self.jobs = Shelf(self._kept, "pipelines", Pipeline), Shelf(self._kept, "jobs", Job)
        self.permissions, self.tables = Permissions(self._kept), Tables(self, self._kept)
        self.updates, self.job_runs = Updates(self, self._kept), JobRuns(self, self._kept)
        self.triggers, self.work = Triggers(self), Work(self)
        self.clock.due, self.clock.happen, self.clock.turned = self._due, self._happen, self._turned
        self._closed = threading.Event()
        self._server = Server(self, port)
        self._go_on()
        self._server.start()
        threading.Thread(target=self._watch, daemon=True, name="ldp-emulator-clock").start()

    # --- for a client --------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address, as DATABRICKS_HOST."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a client reads."""
        return {"DATABRICKS_HOST": self.url, "DATABRICKS_TOKEN": self.token}

    def token_of(self, user: str) -> str:
        """A token for another user, who has a home folder from now on."""
        with self.lock:
            token = "ldp" + secrets.token_hex(16)
            self._users[token] = user
            self.files.folder(f"/Users/{user}")
        return token

    def user_of(self, token: str) -> str:
        """Whose token that is; empty for nobody's."""
        return self._users.get(token, "")

    # --- for a test ----------------------------------------------------------------------------------------------

    def script(self, outcome: Outcome, pipeline: str = "") -> None:
        """The next update (of the pipeline of that name) does not really run, and ends like that."""
        self.scripts.add(outcome, pipeline)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows that updates have left in a table."""
        return self.tables.rows(table)

    def events(self, pipeline: str) -> list[dict[str, Any]]:
        """All events of a pipeline, by its name or id, in the order in which they came."""
        with self.lock:
            ids = [each.id for each in self.pipelines if pipeline in (each.id, each.name)]
            return self.updates.log.all(ids[0]) if ids else []

    def runs(self, job: str | int) -> list[Run]:
        """The runs of a job, by its name or id, the newest first."""
        with self.lock:
            return [run for each in self.jobs if job in (each.id, each.name) for run in self.job_runs.of(each.id)]

    @property
    def changes(self) -> list[Logged]:
        """The requests that were to change something."""
        return [each for each in self.requests if each.changes]

    def settle(self) -> None:
        """Wait until nothing is at work any more; what only follows a script is led to its end."""
        before = time.monotonic()
        while self._busy():
            if time.monotonic() - before > PATIENCE:
                raise LdpError(
                    "the workspace does not come to rest",
                    why=f"{', '.join(each.id for each in self._busy())} still run",
                    fix="stop them, or do not wait for a continuous pipeline",
                )
            time.sleep(0.02)

    def _busy(self) -> list[Update]:
        """The updates that will end by themselves."""
        with self.lock:
            for each in self.updates.unfinished():
                if each.script:
                    self.updates.look(each.pipeline)
            self.job_runs.advance()
            return [each for each in self.updates.unfinished() if not self._endless(each)]

    def _endless(self, update: Update) -> bool:
        continuous = self.pipelines[update.pipeline].spec.get("continuous") and not update.validates
        return update.script == "stuck" or bool(continuous and not update.script)

    # --- for its parts -------------------------------------------------------------------------------------------

    def number(self) -> int:
        """A number that nothing has yet."""
        with self.lock:
            number = int(self._fact("number", 1000)) + 1
            self._facts.put("number", Fact(number))
            return number

    def folder_of(self, pipeline: str) -> Path:
        """Where the files and tables of a pipeline lie."""
        return self.home / "pipelines" / pipeline

    def disk(self, path: str) -> Path:
        """Where a folder of a volume lies on this disk."""
        for name in sorted(self.volumes, key=len, reverse=True):
            if path.rstrip("/") == name.rstrip("/") or path.startswith(name.rstrip("/") + "/"):
                return Path(self.volumes[name]) / path[len(name.rstrip("/")) :].strip("/")
        return self.home / path.strip("/")

    def notify(self, to: str, when: str, about: str, id: str) -> None:
        """Somebody is told; here it is only written down."""
        self.notifications.append(Notification(to, when, about, id))

    def _fact(self, name: str, usual: Any) -> Any:
        found = self._facts.get(name)
        return found.value if found else self._facts.put(name, Fact(usual)).value

    # --- time ----------------------------------------------------------------------------------------------------

    def _due(self, until: datetime) -> datetime | None:
        with self.lock:
            self.triggers.happen()
            now, last = self.clock.milliseconds(), int(until.timestamp() * 1000)
            moments = [each for each in (*self.triggers.due(), *self.job_runs.due()) if now < each <= last]
        return datetime.fromtimestamp(min(moments) / 1000, timezone.utc) if moments else None

    def _happen(self) -> None:
        with self.lock:
            self.triggers.happen()
            self.job_runs.advance()
        self.settle()

    def _turned(self, ahead: float) -> None:
        self._facts.put("ahead", Fact(ahead))

    def _watch(self) -> None:
        """What is due happens, also when nobody turns the clock."""
        while not self._closed.wait(TICK):
            with self.lock:
                if len(self.jobs) and not self._closed.is_set():
                    self.triggers.happen()
                    self.job_runs.advance()

    # --- beginning and end ---------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """After a restart: what was at work goes on; what was due meanwhile is not made up for."""
        with self.lock:
            for job in self.jobs:
                job.seen = self.clock.milliseconds()
            for update in self.updates.unfinished():
                if update.state == "STOPPING":
                    self.updates.move(update, "CANCELED")
                elif not update.script:
                    self.work.take(update)
            self.job_runs.advance()

    def close(self) -> None:
        """End it. What was to be kept stays."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._server.stop()
        self.work.close()
        self._kept.close()
        if self._keep is None:
            shutil.rmtree(self.home, ignore_errors=True)


@contextmanager
def workspace(**said: Any) -> Iterator[Workspace]:
    """A workspace for as long as the block lasts. *port*, *user*, *token*, *keep* (a folder that outlives it),
    *catalogs* (what there is besides main), *volumes* (path in the workspace -> folder here), *scripted* (no update
    really runs: each look takes it a step further), *strict* (unknown keys are refused)."""
    one = Workspace(**said)
    try:
        yield one
    finally:
        one.close()


assert len(ROUTES) == addresses.LOADED  # every address is known before the first request
