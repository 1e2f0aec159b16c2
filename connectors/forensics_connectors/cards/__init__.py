"""Reads model and dataset cards in git history: what a card says that its model or dataset was made from."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connector import CardsConnector

__all__ = ["CardsConnector"]


def __getattr__(name: str) -> Any:
    if name == "CardsConnector":
        from .connector import CardsConnector

        return CardsConnector
    raise AttributeError(name)
