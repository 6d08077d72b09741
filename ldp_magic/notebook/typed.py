"""Commands as they are typed in a notebook: what a message calls `ldp run` is `%ldp run` there."""

from __future__ import annotations

import re

from ldp_magic import verbs
from ldp_magic.errors import LdpError

__all__ = ["typed", "typed_error"]

_COMMAND = re.compile(rf"(?<![\w%./\\-])ldp (?=(?:{'|'.join(verbs.names())}|--help)(?![\w.-]))")


def typed(text: str) -> str:
    """*text* with every command of ours as a magic."""
    return _COMMAND.sub("%ldp ", text)


def typed_error(error: LdpError) -> LdpError:
    """The same error, told to somebody in a notebook."""
    error.what, error.why, error.fix = typed(error.what), typed(error.why), typed(error.fix)
    return error
