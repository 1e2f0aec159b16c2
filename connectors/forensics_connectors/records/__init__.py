"""Reads lineage that any other system wrote down: rows in a documented format, and OpenLineage events."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connector import RecordsConnector

__all__ = ["RecordsConnector"]


def __getattr__(name: str) -> Any:
    if name == "RecordsConnector":
        from .connector import RecordsConnector

        return RecordsConnector
    raise AttributeError(name)
