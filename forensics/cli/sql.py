"""``sql``: a read-only statement on the public views."""

import sys

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit

__all__ = ["sql_command"]


@click.command(
    "sql",
    epilog="""\b
Examples:
  forensics sql "SELECT path, digest FROM versions WHERE kind = 'model'"
  forensics sql "SELECT kind, count(*) AS n FROM findings GROUP BY kind ORDER BY n DESC"
  forensics sql - --format csv < question.sql

The statement cannot write, and can reach no file and no network. It is not a sandbox for strangers: it may use
all memory and time.""",
)
@click.argument("statement")
@asking()
def sql_command(shared: Shared, statement: str) -> None:
    """The answer of a read-only SQL statement on the case.

    The views are artifacts, versions, contents, members, executions, inputs, outputs, commits, actors, releases,
    edges, nodes, marks, findings, gaps, sources, acquisitions and journal. STATEMENT is SQL text, or - to read it
    from stdin.
    """
    text = sys.stdin.read() if statement == "-" else statement
    emit(shared.opened().sql(text).answer, shared)
