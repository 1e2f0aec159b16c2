"""Options that commands share, gathered into one value so that a command passes on what it was given."""

import functools
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forensics.case import case_path

if TYPE_CHECKING:
    from forensics.api import OpenCase
    from forensics_queries.fsck import Progress

__all__ = ["Shared", "as_of_option", "asking", "debug_option"]

_FORMATS = ("table", "json", "ndjson", "csv", "markdown", "parquet")
_DRAWINGS = ("mermaid", "dot", "svg")

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Shared:
    """What the shared options say.

    Attributes:
        case: the case file.
        form: the output format.
        output: the file to write, or None for stdout.
        limit: rows at most.
        quiet: no progress, no hints, no coverage where it is complete.
        color: ``auto``, ``always`` or ``never``.
    """

    case: Path
    form: str = "table"
    output: str | None = None
    limit: int | None = None
    quiet: bool = False
    color: str = "auto"

    def opened(self, *, progress: "Progress | None" = None) -> "OpenCase":
        """The case, whose methods are the questions; the journal keeps the words of this process.

        Args:
            progress: is told how far a long question is.
        """
        from forensics.api import OpenCase

        return OpenCase(self.case, ("forensics", *sys.argv[1:]), progress)

    @property
    def colored(self) -> bool:
        """Whether stdout gets colour: on a terminal, unless NO_COLOR is set."""
        if self.color != "auto" or self.output:
            return self.color == "always"
        dumb = os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
        return sys.stdout.isatty() and not dumb

    @property
    def width(self) -> int:
        """Columns of the terminal; 100 where there is none, so that a pipe always gets the same bytes."""
        return max(shutil.get_terminal_size().columns, 40) if sys.stdout.isatty() and not self.output else 100

    @property
    def shows_progress(self) -> bool:
        """Whether somebody is there to watch it."""
        return not self.quiet and sys.stderr.isatty()


debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")

_COMMON = (
    click.option(
        "--case",
        metavar="PATH",
        help="The case file; else FORENSICS_CASE, else ./case.duckdb.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no hints, no coverage where it is complete."),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour verdicts; NO_COLOR is obeyed.",
    ),
    debug_option,
)


def asking(*more_formats: str, drawings: bool = False, only: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Options of every question: the case, and how the answer is written. The function gets them as ``shared``.

    Args:
        more_formats: formats of this question alone.
        drawings: the answer holds paths, so it can be drawn.
        only: formats instead of the usual ones, the first of them by default.
    """
    formats = only or _FORMATS + (_DRAWINGS if drawings else ()) + more_formats
    more = (
        click.option(
            "-f",
            "--format",
            "form",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="How the answer is written.",
        ),
        click.option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all; - is stdout."),
        click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Show N rows at most, and say so."),
    )
    return lambda function: _options(function, (*more, *_COMMON))


def as_of_option(function: Function) -> Function:
    """``--as-of``: the question is answered as the graph stood then."""
    option = click.option(
        "--as-of",
        metavar="REV|TIME",
        help="Answer as the graph stood at a revision, or as the case stood at a time (2026-03-01T12:00:00Z).",
    )
    return option(function)


def _options(function: Function, options: tuple[Callable[[Function], Function], ...]) -> Function:
    @functools.wraps(function)
    def gathered(
        *,
        case: str | None,
        quiet: bool,
        color: str,
        form: str = "table",
        output: str | None = None,
        limit: int | None = None,
        **rest: Any,
    ) -> Any:
        path = None if output == "-" else output
        named = case or click.get_current_context().obj
        return function(Shared(case_path(named), form, path, limit, quiet, color), **rest)

    command: Function = gathered
    for option in reversed(options):
        command = option(command)
    return command
