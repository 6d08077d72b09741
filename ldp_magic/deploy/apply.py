"""What a plan says, done in the workspace: folder, files, objects, rights, and what is deleted last.

What was done is written down after every create. Whatever breaks it off, the next deploy goes on from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from ldp_magic.deploy import objects
from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.plan import Plan, Step
from ldp_magic.deploy.reading import stamped
from ldp_magic.deploy.state import PENDING, Folder, Kept, State, save
from ldp_magic.deploy.workspace import LARGEST, Workspace
from ldp_magic.errors import LdpError
from ldp_magic.resources import File, Kind

__all__ = ["Act", "Done", "Work", "apply", "is_notebook", "work_of"]

Action: TypeAlias = Literal["add", "change", "recreate", "remove", "keep"]
AT_ONCE = 12  # uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What becomes of one object; *settings* hold `${root}` and ids of others as they are wanted."""

    action: Action
    kind: Kind
    key: str
    id: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    sent: Mapping[str, Any] = field(default_factory=dict)  # what is written down as wanted, where that is another
    permissions: tuple[Mapping[str, Any], ...] = ()
    permit: tuple[Mapping[str, Any], ...] = ()  # those of them that were not given yet
    tables: bool = False  # whether tables go with a pipeline that is removed

    @property
    def name(self) -> str:
        return objects.key_of(self.kind, self.key)

    @property
    def called(self) -> str:
        """The name by which people find it in the workspace; a notebook's pipeline has another key."""
        name = self.settings.get("name") if self.kind in ("pipeline", "job") else None
        return f"{self.kind} {name or self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything that a deploy does."""

    uploads: tuple[File, ...] = ()
    removals: tuple[str, ...] = ()  # paths of files of ours that vanished
    acts: tuple[Act, ...] = ()  # in the order of creation
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    adopt: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is to be sent."""
        return not (self.uploads or self.removals or any(each.action != "keep" or each.permit for each in self.acts))


def work_of(plan: Plan, *, adopt: bool = False, tables: frozenset[str] = frozenset()) -> Work:
    """What a plan comes to; *tables* are the keys of pipelines whose tables go with them."""
    files = [step for step in plan.steps if step.kind == "file"]
    uploads = (step.file for step in files if step.action in ("add", "change") and step.file)
    acts = (_act(step, step.key in tables) for step in plan.steps if step.kind != "file" and _acts(step))
    return Work(
        uploads=tuple(uploads),
        removals=tuple(step.key for step in files if step.action == "remove"),
        acts=tuple(acts),
        tables=plan.wanted.tables,
        adopt=adopt,
    )


def _acts(step: Step) -> bool:
    return step.action == "remove" or step.resource is not None


def _act(step: Step, tables: bool) -> Act:
    wanted = step.resource
    return Act(
        action="keep" if step.action == "unchanged" else step.action,
        kind=cast(Kind, step.kind),
        key=step.key,
        id=step.id,
        settings=step.settings,
        sent=wanted.settings if wanted else {},
        permissions=wanted.permissions if wanted else (),
        permit=step.permit,
        tables=tables,
    )


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done, in words."""

    action: str
    what: str
    id: str = ""


def apply(
    workspace: Workspace,
    folder: Folder,
    state: State,
    work: Work,
    say: Callable[[Done], None] = lambda done: None,
    *,
    version: str = "",
) -> State:
    """Do it. A failure says what was done before it and how to go on; the state is that of the workspace after it."""
    doing = _Doing(workspace, folder, replace(state, by=version or state.by), work, say)
    try:
        return doing.all()
    except WorkspaceError as error:
        raise doing.told(error) from None


@dataclass(slots=True)
class _Doing:
    workspace: Workspace
    folder: Folder
    state: State
    work: Work
    say: Callable[[Done], None]
    done: list[Done] = field(default_factory=list)
    step: str = ""

    def all(self) -> State:
        self._files()
        moved: set[str] = set()  # objects with a new id
        for act in self.work.acts:
            if act.action == "remove":
                continue
            if act.action == "keep" and objects.refers(act.settings) & moved:
                act = replace(act, action="change")
            moved |= self._object(act)
        self._write(tables=dict(self.work.tables))
        self._remove()
        return self.state

    # -- files ------------------------------------------------------------------------------------------------

    def _files(self) -> None:
        if not self.work.uploads:
            return
        self.step = f"files of {self.folder.files}"
        for file in self.work.uploads:
            if len(file.content) > LARGEST:
                raise _too_large(file)
        for file in self.work.uploads:
            if file.path in self.state.files and is_notebook(file) != (file.path in self.state.notebooks):
                self.workspace.remove(self._place(file.path))  # a notebook and a file cannot take each other's place
        sent = {each.path for each in self.work.uploads}
        notebooks = (self.state.notebooks - sent) | {each.path for each in self.work.uploads if is_notebook(each)}
        self._write(files={**self.state.files, **dict.fromkeys(sent, PENDING)}, notebooks=notebooks)
        for path in _folders(self.folder.files, self.work.uploads):
            self.workspace.make_folder(path)
        try:
            for file in self._uploaded():
                sha = hashlib.sha256(file.content).hexdigest()
                self.state = replace(self.state, files={**self.state.files, file.path: sha})
                self._did("sent", file.path)
            self.state = stamped(self.workspace, self.folder, self.state, sent)
        finally:
            self._write()  # those that arrived need not be sent again

    def _uploaded(self) -> Iterator[File]:
        """The files as they arrive, many at once; those that arrived come before the failure of another."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ldp upload") as pool:
            waiting = {pool.submit(self._upload, each): each for each in self.work.uploads}
            failures: list[BaseException] = []
            try:
                while waiting:
                    arrived, _ = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
                    for each in arrived:
                        file, failure = waiting.pop(each), None if each.cancelled() else each.exception()
                        failures += [failure] if failure else []
                        if not (failure or each.cancelled()):
                            yield file
                    if failures:
                        pool.shutdown(wait=False, cancel_futures=True)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
            if failures:
                raise failures[0]

    def _upload(self, file: File) -> None:
        self.workspace.upload(f"{self.folder.files}/{file.path}", file.content)

    def _place(self, path: str) -> str:
        """Where a file of ours is in the workspace: a notebook has lost its ending."""
        name = path.rpartition(".")[0] if path in self.state.notebooks else path
        return f"{self.folder.files}/{name}"

    # -- objects ----------------------------------------------------------------------------------------------

    def _object(self, act: Act) -> set[str]:
        """Do what one object needs; its name if it has a new id."""
        self.step = act.called
        id_ = act.id
        sent = dict(act.sent or act.settings)
        if act.action == "recreate" and id_:
            objects.remove(self.workspace, act.kind, id_, tables=act.tables)
            self._write(resource=(act.name, None))
            id_ = ""
        if act.action in ("add", "recreate"):
            id_ = objects.create(self.workspace, act.kind, self._placed(act), adopt=self.work.adopt)
            self._write(resource=(act.name, Kept(id=id_, sent=sent)))
            self._did("created" if act.action == "add" else "created anew", self.step, id_)
        elif act.action == "change":
            objects.change(self.workspace, act.kind, id_, self._placed(act))
            kept = self.state.resources.get(act.name)
            self._write(resource=(act.name, Kept(id=id_, sent=sent, permissions=kept.permissions if kept else ())))
            self._did("changed", self.step, id_)
        if act.permit:
            self.step = f"permissions of {act.called}"
            self.workspace.permit(act.kind, id_, self._resolved(act.permit))
            self._write(resource=(act.name, Kept(id=id_, sent=sent, permissions=act.permissions)))
            self._did("granted", self.step, id_)
        return {act.name} if id_ != act.id else set()

    def _placed(self, act: Act) -> dict[str, Any]:
        settings: dict[str, Any] = self._resolved(act.settings)
        left = objects.refers(settings)
        if left:
            raise LdpError(
                f"{act.kind} {act.key} names {', '.join(sorted(left))}, which has no id",
                why="it is not made by this deploy, and was by none before",
                fix="name a pipeline of this project",
            )
        return settings

    def _resolved(self, value: Any) -> Any:
        return objects.resolved(value, self.folder.files, {key: one.id for key, one in self.state.resources.items()})

    # -- what is deleted, last ------------------------------------------------------------------------------------

    def _remove(self) -> None:
        for act in reversed(self.work.acts):
            if act.action == "remove":
                self.step = f"{act.kind} {act.key}"
                if act.id:
                    objects.remove(self.workspace, act.kind, act.id, tables=act.tables)
                self._write(resource=(act.name, None))
                self._did("removed", self.step, act.id)
        if self.work.removals:
            self.step = "files that are gone"
            for path in self.work.removals:
                self.workspace.remove(self._place(path))
                self._did("removed", path)
            gone = set(self.work.removals)
            kept = {path: sha for path, sha in self.state.files.items() if path not in gone}
            self._write(files=kept, notebooks=self.state.notebooks - gone)

    # -- what was done ----------------------------------------------------------------------------------------

    def _write(self, *, resource: tuple[str, Kept | None] | None = None, **more: Any) -> None:
        state = replace(self.state, **more)
        if resource:
            state = state.with_resource(*resource)
        before, self.step = self.step, f"{self.step}, writing down what was done".lstrip(", ")
        self.state = save(self.workspace, self.folder, state)
        self.step = before

    def _did(self, action: str, what: str, id_: str = "") -> None:
        done = Done(action, what, id_)
        self.done.append(done)
        self.say(done)

    def told(self, error: WorkspaceError) -> WorkspaceError:
        """The failure with its step, and what was done before."""
        files = sum(1 for each in self.done if each.action == "sent")
        done = [f"{each.what} {each.action}" for each in self.done if each.action != "sent"]
        done = [*([f"{files:,} file{'s' * (files != 1)} sent"] if files else []), *done]
        kept = f"done before: {', '.join(done)}" if done else "nothing was done before"
        return WorkspaceError(
            f"{self.step or 'the deploy'}: {error.what}",
            why=f"{error.why}; {kept}" if error.why else kept,
            fix=(error.fix or _MEND) if error.outcome == "refused" else _GO_ON,
            request=error.request, status=error.status, code=error.code, said=error.said, outcome=error.outcome,
        )  # fmt: skip


_MEND = "correct what it names, then run the same command again: it goes on from here"
_GO_ON = "run the same command again: it goes on from here"


def _folders(root: str, files: Iterable[File]) -> list[str]:
    """The folders that hold files, without those that come with a deeper one."""
    every = {"/".join([root, *each.path.split("/")[:-1]]) for each in files}
    return sorted(path for path in every if not any(other.startswith(path + "/") for other in every))


def is_notebook(file: File) -> bool:
    """Whether the workspace makes a notebook of a file, and drops its ending."""
    return file.name != file.path or file.path.endswith(".ipynb")


def _too_large(file: File) -> LdpError:
    return LdpError(
        f"{file.path} has {len(file.content):,} bytes",
        why=f"a workspace takes files of up to {LARGEST:,} bytes",
        fix="leave it out with exclude, or put it into a volume",
    )
