"""Signing in: the host is named and reached first, within seconds, and what is wrong with a login is said in words."""

from __future__ import annotations

import configparser
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ldp_magic.deploy.failure import WorkspaceError, explained, plain
from ldp_magic.deploy.workspace import PATIENCE, Workspace
from ldp_magic.errors import LdpError

__all__ = ["Account", "account", "sign_in"]

REACHED = 8.0  # seconds in which a host has to say anything at all
FIRST = 10.0  # seconds for each request while signing in
TIMEOUT = 60.0  # seconds for each request afterwards
_SECRETS = ("token", "client_secret", "password", "azure_client_secret", "google_credentials")
_AUTH_VARIABLES = ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_ID", "DATABRICKS_USERNAME", "ARM_CLIENT_ID")
_LOGIN = "databricks auth login --host https://YOUR-WORKSPACE, or set DATABRICKS_HOST and DATABRICKS_TOKEN"


@dataclass(frozen=True, slots=True)
class Account:
    """Where somebody is about to sign in, known before anything is sent."""

    host: str
    profile: str = ""
    origin: str = ""  # what said the host
    explicit: bool = False  # neither the environment nor a profile did


def account(
    profile: str | None = None, host: str | None = None, *, environ: Mapping[str, str] | None = None
) -> Account:
    """The host that counts: a flag or setting, then the environment, then the profile of the config file."""
    environ = os.environ if environ is None else environ
    named = profile or environ.get("DATABRICKS_CONFIG_PROFILE") or ""
    variable = environ.get("DATABRICKS_HOST") or ""
    profiles = _profiles(environ, needed=bool(named))
    if host and not named and not any(environ.get(each) for each in _AUTH_VARIABLES):
        same = [name for name, said in profiles.items() if _same(said.get("host", "")) == _same(host)]
        named = same[0] if len(same) == 1 else ""
    if named and named not in profiles:
        raise _no_profile(named, profiles, environ)
    of_profile = profiles.get(named, {}).get("host", "")
    if profile and variable and of_profile and _same(variable) != _same(of_profile):
        raise LdpError(
            f"the profile {profile} is for {_shown(of_profile)}, but DATABRICKS_HOST says {_shown(variable)}",
            why="the variable would win, and this would go to the other workspace",
            fix="unset DATABRICKS_HOST, or leave --profile away",
        )
    default = "" if named or variable or any(environ.get(each) for each in _AUTH_VARIABLES) else "DEFAULT"
    found = (
        (host or "", "the environment's settings"),
        (variable, "DATABRICKS_HOST"),
        (of_profile, f"profile {named}"),
        (profiles.get(default, {}).get("host", ""), "profile DEFAULT"),
    )
    where, origin = next(((value, origin) for value, origin in found if value), ("", ""))
    named = named or (default if origin.endswith("DEFAULT") else "")
    return Account(_address(where, origin) if where else "", named, origin, bool(host))


def sign_in(
    profile: str | None = None,
    host: str | None = None,
    *,
    say: Callable[[Account], None] = lambda account: None,
    version: str = "0.0.0",
) -> Workspace:
    """A workspace to which somebody is signed in; *say* is told where before the first request."""
    client, config = _sdk()
    where = account(profile, host)
    if where.host:
        say(where)
        _reach(where.host)
    settings = _configured(config, where, version)
    found = Workspace(
        client(settings),
        str(settings.host or where.host).rstrip("/"),
        profile=where.profile,
        auth=str(settings.auth_type or ""),
        id=str(getattr(settings, "workspace_id", "") or ""),
        secrets=tuple(str(value) for name in _SECRETS if (value := getattr(settings, name, None))),
        patience=FIRST,
    )
    found.user = found.me()
    if not found.user:
        raise WorkspaceError(f"{found.host} does not say who is signed in", fix="log in again: databricks auth login")
    settings.http_timeout_seconds = TIMEOUT
    found.client, found.patience = client(settings), PATIENCE
    return found


# -- the config file ------------------------------------------------------------------------------------------


def _config_file(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg").expanduser()


def _profiles(environ: Mapping[str, str], *, needed: bool) -> dict[str, dict[str, str]]:
    """The profiles of the config file, each with what it says."""
    path = _config_file(environ)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with open(path, encoding="utf-8-sig") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        why = str(getattr(error, "strerror", None) or "it is not made of [PROFILE] and key = value")
        fix = "mend it, or set DATABRICKS_CONFIG_FILE to another"
        raise LdpError(f"the config file {path} cannot be read", why=why, fix=fix) from None
    own = {name: dict(parser.items(name)) for name in parser.sections() if name != "__settings__"}
    chosen = dict(parser.items("__settings__")).get("default_profile") if parser.has_section("__settings__") else None
    usual = own.get(chosen) if chosen else None
    return {"DEFAULT": usual or dict(parser.defaults())} | own if usual or parser.defaults() else own


def _no_profile(name: str, known: Mapping[str, object], environ: Mapping[str, str]) -> LdpError:
    path = _config_file(environ)
    near = next(iter(get_close_matches(name, list(known), 1)), None)
    return LdpError(
        f"no profile is called {name[:60]}" + (f"; {near} is" if near else ""),
        why=f"{path} has {', '.join(known)}" if known else f"{path} has none, or is not there",
        fix=f"say --profile {near}" if near else f"databricks auth login --profile {name[:60]}",
    )


def _address(text: str, origin: str) -> str:
    """The host as an address, or what is wrong with it."""
    said = text.strip()
    parts = urlsplit(said if "://" in said else f"https://{said}")
    name = parts.hostname or ""
    if (
        parts.scheme not in ("https", "http")
        or not re.fullmatch(r"[A-Za-z0-9._\-]+|[0-9a-fA-F:]+", name)
        or parts.username
    ):
        raise LdpError(
            f"{_shown(said)} is no host",
            why=f"{origin} says it; a host looks like https://adb-1234567890.12.azuredatabricks.net",
            fix="write the address of the workspace as the browser shows it",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _same(host: str) -> str:
    return (urlsplit(host if "://" in host else f"https://{host}").netloc or host).lower()


def _shown(host: str) -> str:
    return re.sub(r"//[^@/]*@", "//", host)[:80]


# -- the first contact ----------------------------------------------------------------------------------------


def _reach(host: str) -> None:
    """Ask the host for anything: a wrong one would keep databricks-sdk busy for minutes."""
    import requests

    try:
        with requests.get(f"{host}/.well-known/databricks-config", timeout=(REACHED / 2, REACHED), stream=True):
            return
    except requests.exceptions.RequestException as error:
        failed = explained(error, "", host)
    raise WorkspaceError(
        f"{host} cannot be reached", why=failed.why, fix="check the host of the profile, the network and the proxy",
        outcome="unsure",
    )  # fmt: skip


def _sdk() -> tuple[Any, Any]:
    """What sends requests, and what holds the login."""
    try:
        from databricks.sdk.core import ApiClient, Config
    except ImportError:
        raise LdpError(
            "databricks-sdk is not installed",
            why="requests to a workspace are its work",
            fix="pip install 'ldp-magic[deploy]'",
        ) from None
    return ApiClient, Config


def _configured(config: Any, where: Account, version: str) -> Any:
    asked: dict[str, Any] = {"retry_timeout_seconds": 5, "http_timeout_seconds": FIRST, "clock": _Impatient()}
    asked |= {"product": "ldp_magic", "product_version": version}
    asked |= {"profile": where.profile} if where.profile and where.profile != "DEFAULT" else {}
    asked |= {"host": where.host} if where.explicit else {}
    try:
        with _quiet():
            return config(**asked)
    except Exception as error:  # ValueError, configparser's, or what a way to log in raises
        failed = _no_login(error, where)
    raise failed


class _Impatient:
    """The clock of databricks-sdk: a wait ends all its time, because we decide what is sent again."""

    def __init__(self) -> None:
        import threading

        self._here = threading.local()

    def time(self) -> float:
        over, self._here.over = getattr(self._here, "over", False), False
        return float("inf") if over else time.time()

    def sleep(self, seconds: float) -> None:
        self._here.over = True


@contextmanager
def _quiet() -> Iterator[None]:
    """A host without metadata is a warning of databricks-sdk that tells nobody anything."""
    logger = logging.getLogger("databricks.sdk")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _no_login(error: BaseException, where: Account) -> LdpError:
    said = plain(error)
    at = f" at {where.host}" if where.host else ""
    using = f"profile {where.profile}" if where.profile else "no profile"
    if "more than one authorization method" in said:
        found = [name for name in _AUTH_VARIABLES if os.environ.get(name)]
        return LdpError(
            f"there are two logins{at}: {said.rpartition(': ')[2]}",
            why=f"{' and '.join(found) or 'the environment'} and the {using} say different ways to log in",
            fix=f"unset {' '.join(found)}, or leave --profile away" if found else "keep one of them",
        )
    if "cannot configure default credentials" in said:
        kind = os.environ.get("DATABRICKS_AUTH_TYPE")
        tried = f"{using}, and {f'auth type {kind}' if kind else 'every way to log in'} was tried"
        return LdpError(f"nobody is logged in{at}", why=tried, fix=_LOGIN)
    if "cannot get access token" in said:
        return LdpError(
            f"the login{at} has expired, or is not clear",
            why=said.partition("cannot get access token: ")[2] or said,
            fix=f"databricks auth login{f' --profile {where.profile}' if where.profile else ''}",
        )
    return LdpError(f"signing in{at} failed", why=said or type(error).__name__, fix=_LOGIN)
