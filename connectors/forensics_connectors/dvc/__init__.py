"""Reads git repositories with DVC metadata: data versions, executions, listings, releases."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connector import DvcConnector

__all__ = ["DvcConnector"]


def __getattr__(name: str) -> Any:
    if name == "DvcConnector":
        from .connector import DvcConnector

        return DvcConnector
    raise AttributeError(name)
