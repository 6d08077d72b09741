"""Which folder a table has: a plain name that no engine stumbles over, the same one on every machine."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_.]{0,79}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.")  # what Windows does not let a folder be called


def folder_of(name: str) -> str:
    """`Sales.Orders` is sales.orders; what is no plain name gets one, and a mark that keeps it apart from others."""
    key = name.lower()
    if _PLAIN.fullmatch(key) and not _RESERVED.fullmatch(key):
        return key
    mark = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{re.sub(r'[^a-z0-9_]+', '_', key)[:60].strip('_') or 'table'}-{mark}"
