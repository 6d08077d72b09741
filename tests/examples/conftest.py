"""The workspace that the package brings along for tests, also where the package is not installed."""

from ldp_magic.emulator.plugin import ldp_workspace

__all__ = ["ldp_workspace"]
