"""What a method of a case returns: the rows, what they rest on, and what other tools take."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from forensics.answer import Answer, Coverage, Step
from forensics.errors import ForensicsError, UsageError

if TYPE_CHECKING:
    from networkx import DiGraph
    from pandas import DataFrame
    from pyarrow import Table

__all__ = ["Result"]

Row = TypeVar("Row")


class Result(Sequence[Row], Generic[Row]):
    """The answer to one question, a sequence of frozen rows.

    Attributes:
        answer: as the library returned it, with ``question``, ``parameters`` and ``notes``.
        case: the name of the case.
    """

    def __init__(self, answer: Answer[Row], case: str = "") -> None:
        self.answer = answer
        self.case = case

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows."""
        return self.answer.rows

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of the rows must know."""
        return self.answer.notes

    @property
    def coverage(self) -> Coverage:
        """Which sources it rests on, and what could not be read."""
        return self.answer.coverage

    @property
    def short(self) -> bool:
        """Whether rows may be missing, since something that could not be read admits the subject."""
        return self.answer.short

    @property
    def warnings(self) -> tuple[str, ...]:
        """What stands against the answer, a sentence each; none where all was read."""
        said = ("the list may be short: something that could not be read admits the subject",) if self.short else ()
        return (*said, *(f"not read: {reason}" for reason in self.coverage.reasons))

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        return self.rows[place]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        short = ", may be short" if self.short else ""
        return f"<{self.answer.question}: {len(self):,} row{'' if len(self) == 1 else 's'}{short}>"

    def __str__(self) -> str:
        """The table that the command prints."""
        return self._written("table")

    def arrow(self) -> "Table":
        """The rows as an Arrow table: the columns of ``--format csv``, times as text in UTC."""
        from forensics.report.parquet import table

        return table(self.answer, self._page())

    def df(self) -> "DataFrame":
        """The same as a pandas DataFrame.

        Raises:
            ForensicsError: pandas is not installed.
        """
        try:
            import pandas  # noqa: F401 - Arrow calls it
        except ImportError:
            raise ForensicsError(
                "pandas is not installed", hint="pip install pandas, or take .arrow(), which needs nothing else"
            ) from None
        return self.arrow().to_pandas()

    def graph(self) -> "DiGraph[str]":
        """The paths of the rows as a networkx graph, from cause to effect.

        Nodes are SUBJECTs, each of which can be asked about again, with the fields of ``Thing`` and, where a row gives
        one, its ``verdict``; edges have ``edge``, ``strength``, ``reason`` and the document that states them.

        Raises:
            UsageError: the rows of this question hold no paths.
        """
        from dataclasses import asdict

        import networkx as nx

        from forensics.report.rows import steps

        graph: DiGraph[str] = nx.DiGraph()
        rows: tuple[Any, ...] = self.rows
        paths = [path for row in rows for path in steps(row)]
        if rows and isinstance(getattr(rows[0], "step", None), Step):
            paths.append(tuple(row.step for row in rows))
        if rows and not paths:
            raise UsageError(f"{self.answer.question} has no paths to draw", hint="take .rows, .arrow() or .df()")
        for path in paths:
            before: Step | None = None
            for step in path:
                graph.add_node(step.thing.subject, **asdict(step.thing))
                if before is not None:
                    known = {name: value for name, value in asdict(step).items() if name != "thing"}
                    graph.add_edge(before.thing.subject, step.thing.subject, **known)
                before = step
        for row in rows:
            verdict = str(getattr(row, "verdict", ""))
            for last in [path[-1] for path in steps(row)][:1] if verdict else ():
                graph.nodes[last.thing.subject]["verdict"] = verdict
        return graph

    def to_json(self) -> str:
        """The JSON envelope of ``--format json``."""
        return self._written("json")

    def svg(self, only: Callable[[Row], object] | None = None) -> str:
        """A picture of the paths; a notebook draws it.

        Args:
            only: which rows are drawn, all if None: ``only=lambda row: row.stages`` draws what is live.

        Raises:
            UsageError: the rows of this question hold no paths.
        """
        from forensics.api.html import Picture

        rows = self.rows if only is None else tuple(row for row in self if only(row))
        drawn = Result(replace(self.answer, rows=rows), self.case)
        return Picture(drawn._written("svg"))

    def to_html(self) -> str:
        """HTML that needs nothing else: for a report the whole document, else a short table and the picture."""
        from forensics.api.html import document, fragment

        write = document if self.answer.question == "report" else fragment
        return write(self.answer, self._page())

    def _repr_html_(self) -> str:
        from forensics.api.html import framed

        return framed(self.to_html()) if self.answer.question == "report" else self.to_html()

    def _page(self) -> Any:
        from forensics.report import Page

        return Page(case=self.case)

    def _written(self, form: str) -> str:
        from forensics.report import render

        return b"".join(render(self.answer, form, self._page())).decode()
