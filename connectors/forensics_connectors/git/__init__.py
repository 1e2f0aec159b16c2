"""Reads git repositories, hostile ones too: commits, refs, and every version of every tracked file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connector import GitConnector

__all__ = ["GitConnector"]


def __getattr__(name: str) -> Any:
    if name == "GitConnector":
        from .connector import GitConnector

        return GitConnector
    raise AttributeError(name)
