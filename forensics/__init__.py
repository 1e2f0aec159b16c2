"""Lineage forensics: where poisoned data came from, what it touches, and what to go back to.

``forensics.open("case.duckdb")`` gives a case whose questions are methods (``forensics.api``).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.api import OpenCase, Result, build_sample
    from forensics.api import open_case as open  # noqa: A004 - as a file is opened
    from forensics.errors import CaseError, ForensicsError, IntegrityError, SourceError, UsageError

__version__ = "0.1.0"

__all__ = [
    "CaseError",
    "ForensicsError",
    "IntegrityError",
    "OpenCase",
    "Result",
    "SourceError",
    "UsageError",
    "__version__",
    "build_sample",
    "make_keys",
    "open",
]


def __getattr__(name: str) -> Any:
    """Imports what the package offers only when it is asked for, so that the command line answers at once."""
    if name == "open":
        from forensics.api import open_case

        return open_case
    if name in {"OpenCase", "Result", "build_sample", "make_keys"}:
        from forensics import api

        return getattr(api, name)
    if name in __all__:
        from forensics import errors

        return getattr(errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What the package offers, for whoever completes a name."""
    return sorted({*globals(), *__all__})
