"""How an answer is to be shown, apart from its format."""

from dataclasses import dataclass
from typing import Any

from forensics.answer import Answer

__all__ = ["Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """What the caller wants of the output.

    Attributes:
        case: the name of the case.
        width: columns of the terminal.
        color: whether verdicts are coloured besides being spelled.
        limit: how many rows at most, or None for all.
        quiet: leaves out what the answer rests on when that is complete.
    """

    case: str = ""
    width: int = 100
    color: bool = False
    limit: int | None = None
    quiet: bool = False

    def rows(self, answer: Answer[Any]) -> tuple[Any, ...]:
        """The rows to show."""
        return answer.rows if self.limit is None else answer.rows[: self.limit]

    def cut(self, answer: Answer[Any]) -> int:
        """How many rows are not shown."""
        return len(answer.rows) - len(self.rows(answer))
