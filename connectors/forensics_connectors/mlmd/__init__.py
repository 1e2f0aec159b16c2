"""Reads ML Metadata stores: SQLite files, MySQL and PostgreSQL databases, and gRPC servers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connector import MlmdConnector

__all__ = ["MlmdConnector"]


def __getattr__(name: str) -> Any:
    if name == "MlmdConnector":
        from .connector import MlmdConnector

        return MlmdConnector
    raise AttributeError(name)
