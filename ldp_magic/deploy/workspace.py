"""The requests to a workspace, each under its name. Nothing else calls databricks-sdk."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ldp_magic.deploy.failure import WorkspaceError, explained

__all__ = ["PATIENCE", "Said", "Workspace", "as_json"]

Said: TypeAlias = dict[str, Any]
PATIENCE = 120.0  # seconds in which a request is sent again
PAUSE = 1.0  # seconds before that, and more each time
MOST_TRIES = 4  # of a request whose end is not known
LARGEST = 10_485_760  # bytes of a file
_MOST_PAGES = 10_000
_NUMBER = "X-Databricks-Org-Id"
_FILES, _PIPELINES = "/api/2.0/workspace", "/api/2.0/pipelines"
_JOBS, _CATALOG = "/api/2.2/jobs", "/api/2.1/unity-catalog"


@dataclass(slots=True)
class Workspace:
    """A workspace to which somebody is signed in. *client* is databricks-sdk's; its own repeating is switched off,
    because it sends a create again of which it cannot know whether it was done."""

    client: Any = field(repr=False)
    host: str
    user: str = ""
    profile: str = ""
    auth: str = ""
    id: str = ""  # the number of the workspace, which links have
    secrets: tuple[str, ...] = field(default=(), repr=False)
    patience: float = PATIENCE

    # -- one request ----------------------------------------------------------------------------------------

    def ask(self, path: str, /, **query: Any) -> Said:
        """A GET, sent again as long as that may help."""
        return self.send("GET", path, query={key: value for key, value in query.items() if value is not None})

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        again: bool = True,
        **more: Any,
    ) -> Said:
        """One request; *again* says that it may be sent twice. What was only held back is always sent again."""
        until, tries = time.monotonic() + self.patience, 1
        while True:
            try:
                return self._once(method, path, {"query": dict(query or {}), "body": body and dict(body), **more})
            except WorkspaceError as error:
                wait = PAUSE * tries if error.after is None else max(error.after, 0.05)
                may = error.outcome == "throttled" or (error.outcome == "unsure" and again and tries < MOST_TRIES)
                if not may or time.monotonic() + wait > until:
                    raise
                time.sleep(wait)
                tries += 1

    def _once(self, method: str, path: str, more: Mapping[str, Any]) -> Said:
        try:
            found = self.client.do(method, path, **more)
            if more.get("raw"):
                return {"content": found["contents"].read()}
            if not isinstance(found, dict):
                raise ValueError("not an object")
            return found
        except Exception as error:  # whatever it is: none of it may carry a token further
            failed = explained(error, f"{method} {path}", self.host, self.secrets)
        raise failed

    def _pages(self, path: str, key: str, /, **query: Any) -> Iterator[Said]:
        token = ""
        for _ in range(_MOST_PAGES):
            found = self.ask(path, **query, page_token=token or None)
            yield from (each for each in found.get(key) or () if isinstance(each, dict))
            token = str(found.get("next_page_token") or "")
            if not token:
                return

    def _found(self, path: str, /, **query: Any) -> Said | None:
        """What is there, or None."""
        try:
            return self.ask(path, **query)
        except WorkspaceError as error:
            if error.missing:
                return None
            raise

    # -- who and where --------------------------------------------------------------------------------------

    def me(self) -> str:
        """The name of the signed-in user."""
        found = self.send("GET", "/api/2.0/preview/scim/v2/Me", response_headers=[_NUMBER])
        self.id = self.id or str(found.get(_NUMBER) or "")
        return str(found.get("userName") or "")

    def link(self, *parts: object) -> str:
        """An address of the workspace for people."""
        tail = f"?w={self.id}" if self.id else ""
        return "/".join([self.host.rstrip("/"), *map(str, parts)]) + tail

    # -- files ----------------------------------------------------------------------------------------------

    def make_folder(self, path: str) -> None:
        """With the folders above it; it may be there."""
        self.send("POST", f"{_FILES}/mkdirs", body={"path": path})

    def upload(self, path: str, content: bytes, *, overwrite: bool = True) -> None:
        """A file, as what its name and first line make of it."""
        body: Said = {"path": path, "format": "AUTO", "overwrite": overwrite}
        body["content"] = base64.b64encode(content).decode("ascii")
        self.send("POST", f"{_FILES}/import", body=body, again=overwrite)

    def download(self, path: str) -> bytes | None:
        """The content of a file, or None if there is none."""
        query = {"path": path, "direct_download": True}
        try:
            content = self.send("GET", f"{_FILES}/export", query=query, raw=True)["content"]
        except WorkspaceError as error:
            if error.missing:
                return None
            raise
        return _unwrapped(bytes(content))

    def listed(self, path: str) -> list[Said] | None:
        """What a folder holds, or None if it is not there."""
        found = self._found(f"{_FILES}/list", path=path)
        return None if found is None else [each for each in found.get("objects") or () if isinstance(each, dict)]

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """A file or folder; it may be gone."""
        try:
            self.send("POST", f"{_FILES}/delete", body={"path": path, "recursive": recursive})
        except WorkspaceError as error:
            if not error.missing:
                raise

    # -- pipelines ------------------------------------------------------------------------------------------

    def pipeline(self, id_: str) -> Said | None:
        """What is known of a pipeline, or None."""
        return self._found(f"{_PIPELINES}/{id_}")

    def pipelines_named(self, name: str) -> list[Said]:
        """The pipelines of exactly that name: the service's filter takes `_` and `%` for any letter."""
        pattern = name.replace("'", "''")
        found = self._pages(_PIPELINES, "statuses", filter=f"name LIKE '{pattern}'", max_results=100)
        return [each for each in found if each.get("name") == name and each.get("pipeline_id")]

    def create_pipeline(self, settings: Mapping[str, Any]) -> str:
        """Its id. Never sent twice."""
        return str(self.send("POST", _PIPELINES, body=settings, again=False).get("pipeline_id") or "")

    def change_pipeline(self, id_: str, settings: Mapping[str, Any]) -> None:
        """All settings; what is left out goes back to its default."""
        self.send("PUT", f"{_PIPELINES}/{id_}", body=settings, again="expected_last_modified" not in settings)

    def delete_pipeline(self, id_: str, *, tables: bool) -> None:
        """The pipeline, and only where *tables* says so what it made."""
        try:
            self.send("DELETE", f"{_PIPELINES}/{id_}", query={"cascade": tables})
        except WorkspaceError as error:
            if not error.missing:
                raise

    def start(self, id_: str, asked: Mapping[str, Any]) -> str:
        """Begin an update; its id. Never sent twice."""
        return str(self.send("POST", f"{_PIPELINES}/{id_}/updates", body=asked, again=False).get("update_id") or "")

    def update(self, id_: str, update: str) -> Said:
        """How far an update is."""
        found = self.ask(f"{_PIPELINES}/{id_}/updates/{update}").get("update")
        return found if isinstance(found, dict) else {}

    def updates(self, id_: str, most: int = 25) -> list[Said]:
        """The newest updates of a pipeline."""
        found = self.ask(f"{_PIPELINES}/{id_}/updates", max_results=most).get("updates")
        return [each for each in found or () if isinstance(each, dict)]

    def stop(self, id_: str) -> None:
        """Stop what runs; nothing may."""
        self.send("POST", f"{_PIPELINES}/{id_}/stop")

    def events(self, id_: str, filter_: str) -> Iterator[Said]:
        """The raw records, oldest first: the client's own call drops their details."""
        path, query = f"{_PIPELINES}/{id_}/events", {"max_results": 250}
        found = self.ask(path, **query, filter=filter_, order_by="timestamp asc")
        for _ in range(_MOST_PAGES):
            yield from (each for each in found.get("events") or () if isinstance(each, dict))
            token = found.get("next_page_token")
            if not token:
                return
            found = self.ask(path, **query, page_token=token)  # a page token stands alone

    # -- jobs -----------------------------------------------------------------------------------------------

    def job(self, id_: str) -> Said | None:
        """What is known of a job, or None."""
        return self._found(f"{_JOBS}/get", job_id=int(id_))

    def jobs_named(self, name: str) -> list[Said]:
        """The jobs of exactly that name; there may be several."""
        found = self._pages(f"{_JOBS}/list", "jobs", name=name, limit=100)
        return [each for each in found if (each.get("settings") or {}).get("name") == name and each.get("job_id")]

    def create_job(self, settings: Mapping[str, Any]) -> str:
        """Its id. Never sent twice: names of jobs are not unique."""
        return str(self.send("POST", f"{_JOBS}/create", body=settings, again=False).get("job_id") or "")

    def change_job(self, id_: str, settings: Mapping[str, Any]) -> None:
        """All settings of a job."""
        self.send("POST", f"{_JOBS}/reset", body={"job_id": int(id_), "new_settings": dict(settings)})

    def change_schedule(self, id_: str, schedule: Mapping[str, Any]) -> None:
        """Only the schedule of a job; everything else of it stays."""
        self.send("POST", f"{_JOBS}/update", body={"job_id": int(id_), "new_settings": {"schedule": dict(schedule)}})

    def jobs(self) -> Iterator[Said]:
        """All jobs that the user may see, with their tasks."""
        yield from self._pages(f"{_JOBS}/list", "jobs", expand_tasks=True, limit=100)

    def delete_job(self, id_: str) -> None:
        """The job; it may be gone."""
        try:
            self.send("POST", f"{_JOBS}/delete", body={"job_id": int(id_)})
        except WorkspaceError as error:
            if not error.missing and "does not exist" not in error.said:
                raise

    def run_now(self, id_: str, token: str) -> str:
        """Begin a run; the token keeps a second one from beginning."""
        body = {"job_id": int(id_), "idempotency_token": token}
        return str(self.send("POST", f"{_JOBS}/run-now", body=body).get("run_id") or "")

    def runs(self, id_: str, most: int = 5) -> list[Said]:
        """The newest runs of a job."""
        found = self.ask(f"{_JOBS}/runs/list", job_id=int(id_), limit=most).get("runs")
        return [each for each in found or () if isinstance(each, dict)]

    def run(self, id_: str) -> Said:
        """How far a run is."""
        return self.ask(f"{_JOBS}/runs/get", run_id=int(id_))

    def repair(self, run: str, latest: str = "") -> None:
        """Run again what failed in a run; *latest* is its last repair. Never sent twice."""
        body: Said = {"run_id": int(run), "rerun_all_failed_tasks": True}
        body |= {"latest_repair_id": int(latest)} if latest else {}
        self.send("POST", f"{_JOBS}/runs/repair", body=body, again=False)

    # -- rights and catalog ---------------------------------------------------------------------------------

    def permit(self, kind: str, id_: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add to the rights on a pipeline or job."""
        body = {"access_control_list": [dict(each) for each in entries]}
        self.send("PATCH", f"/api/2.0/permissions/{kind}s/{id_}", body=body)

    def catalog(self, name: str) -> Said | None:
        return self._found(f"{_CATALOG}/catalogs/{name}")

    def schema(self, name: str) -> Said | None:
        return self._found(f"{_CATALOG}/schemas/{name}")

    def volume(self, name: str) -> Said | None:
        return self._found(f"{_CATALOG}/volumes/{name}")

    def create_schema(self, settings: Mapping[str, Any]) -> None:
        self.send("POST", f"{_CATALOG}/schemas", body=settings, again=False)

    def create_volume(self, settings: Mapping[str, Any]) -> None:
        self.send("POST", f"{_CATALOG}/volumes", body=settings, again=False)

    def privileges(self, kind: str, name: str, principal: str) -> set[str]:
        """What a user may do there, by all ways."""
        found = self.ask(f"{_CATALOG}/effective-permissions/{kind}/{name}", principal=principal)
        said = [one for each in found.get("privilege_assignments") or () for one in each.get("privileges") or ()]
        return {str(one.get("privilege") if isinstance(one, dict) else one) for one in said}


def _unwrapped(content: bytes) -> bytes:
    """The content itself, also where the service wraps it although it was asked not to."""
    found = as_json(content) if content.startswith(b"{") else None
    if found is None or not found.keys() <= {"content", "file_type"} or not isinstance(found.get("content"), str):
        return content
    try:
        return base64.b64decode(found["content"], validate=True)
    except ValueError:
        return content


def as_json(content: bytes | None) -> Said | None:
    """The object that a file holds; None if it holds none."""
    try:
        found = json.loads(content or b"null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
