"""What all methods of a case rest on: the file is opened, a function of the library asked, and the file closed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from forensics.answer import Answer
from forensics.api.result import Result
from forensics.case import Case
from forensics.errors import CaseError

if TYPE_CHECKING:
    from forensics_queries.fsck import Progress

__all__ = ["Asking", "Several", "each"]

#: One text, or several.
Several = str | Sequence[str]

P = ParamSpec("P")
Row = TypeVar("Row")


def each(given: Several) -> tuple[str, ...]:
    """Each of several texts; a text alone is one, and not its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


class Asking:
    """A case by its file. A context manager: what was closed answers no more.

    Attributes:
        file: the case file.
    """

    def __init__(self, file: Path, argv: tuple[str, ...] = (), progress: "Progress | None" = None) -> None:
        self.file = file
        self._argv = argv
        self._progress = progress
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<forensics case {str(self.file)!r}>"

    def close(self) -> None:
        """Answers no more. The file itself is not kept open between questions."""
        self._closed = True

    def ask(
        self, question: Callable[Concatenate[Case, P], Answer[Row]], *args: P.args, **kwargs: P.kwargs
    ) -> Result[Row]:
        """Asks any function that takes an open case first and returns an ``Answer``.

        Raises:
            CaseError: the case was closed, or cannot be read.
            ForensicsError: whatever the question raises.
        """
        with self._opened() as case:
            return Result(question(case, *args, **kwargs), self.file.name)

    def _change(
        self, question: Callable[Concatenate[Case, P], Answer[Row]], *args: P.args, **kwargs: P.kwargs
    ) -> Result[Row]:
        with self._opened(write=True) as case:
            return Result(question(case, *args, **kwargs), self.file.name)

    def _opened(self, *, write: bool = False, new: bool = False) -> Case:
        if self._closed:
            raise CaseError(f"the case {self.file} was closed", hint="open it again", path=str(self.file))
        return Case.open(self.file, write=write, new=new)

    def _said(self, method: str, *given: Any) -> list[str]:
        """What the journal keeps as the command: as it was typed, or the call in Python."""
        return list(self._argv) or ["forensics.open", method, *map(str, given)]
