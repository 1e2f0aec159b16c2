"""The questions of an incident: ``blast-radius``, ``rollback`` and ``releases``."""

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from forensics.answer import Answer
from forensics.cli.options import Shared, as_of_option, asking
from forensics.cli.output import emit, write

__all__ = [
    "blast_radius_command",
    "emit_scripted",
    "releases_command",
    "rollback_command",
    "script_option",
    "trusted_option",
]


script_option = click.option(
    "--script", metavar="FILE", help="Also write the commands as a shell script; - is stdout, without the answer."
)
trusted_option = click.option(
    "--trusted", is_flag=True, help="Ask DVC about configured remotes; only for a repository that is yours."
)


@click.command(
    "blast-radius",
    epilog="""\b
Examples:
  forensics blast-radius data/raw/vendor_b.csv@HEAD    were these bytes bad, what is affected?
  forensics blast-radius                               by all standing marks
  forensics blast-radius commit:1a2b3c4 --format csv --output affected.csv
  forensics blast-radius md5:1a2b3c --format mermaid

Unknown means that the lineage on record cannot exclude it; it is no less urgent than affected.""",
)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT...]")
@click.option("--model", "models", multiple=True, metavar="GLOB", help="Paths that are models, whatever the case says.")
@as_of_option
@asking(drawings=True)
def blast_radius_command(shared: Shared, subjects: tuple[str, ...], models: tuple[str, ...], as_of: str | None) -> None:
    """Everything that a bad subject affects, live models first.

    Each SUBJECT is taken as bad beside the standing marks; without one, the marks alone count. Where there are
    observations, P says how probable contamination is, and models that no mark reaches are listed too.
    """
    emit(shared.opened().blast_radius(*subjects, models=models, as_of=as_of).answer, shared)


@click.command(
    "rollback",
    epilog="""\b
Examples:
  forensics rollback models/fraud.json                    the newest version that no standing mark affects
  forensics rollback models/fraud.json --script go.sh     the restore commands as a shell script, to be read first
  forensics rollback --trusted                            your own repository: also ask its remotes
  forensics rollback fraud --risk 0.01                    by what was observed, though nothing is marked yet

Nothing is run: commands are printed. Bytes are called present only after they were re-hashed.""",
)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT...]")
@click.option(
    "--risk",
    type=float,
    default=0.05,
    show_default=True,
    metavar="P",
    help="Where there are observations: the probability at most that a target is contaminated.",
)
@script_option
@trusted_option
@as_of_option
@asking()
def rollback_command(
    shared: Shared, subjects: tuple[str, ...], script: str | None, trusted: bool, as_of: str | None, risk: float
) -> None:
    """The newest clean version to go back to, and how.

    A SUBJECT is an affected artifact or release; without one, all affected models are taken. Clean is what no standing
    mark affects and what observations hardly speak against.
    """
    answer = shared.opened().rollback(*subjects, trusted=trusted, as_of=as_of, risk=risk).answer
    emit_scripted(answer, shared, script)


@click.command(
    "releases",
    epilog="""\b
Examples:
  forensics releases                              all of them, the live ones first
  forensics releases fraud                        those of one artifact, by its name or path
  forensics releases --as-of 2026-03-01T12:00:00Z --format csv

Stages come from GTO tags and ML Metadata, environments from a deployments.csv. All times are claims. Without a mark
of something bad there is no verdict. Exits with 3 where a deployment could not be read or resolved.""",
)
@click.argument("subject", default="", metavar="[SUBJECT]")
@as_of_option
@asking()
def releases_command(shared: Shared, subject: str, as_of: str | None) -> None:
    """What is in use where, since when, and its verdict.

    Releases in their stages and deployments in their environments, live ones first and affected ones before others; a
    SUBJECT narrows the list.
    """
    emit(shared.opened().releases(subject, as_of=as_of).answer, shared)


def emit_scripted(answer: Answer[Any], shared: Shared, script: str | None) -> None:
    """Prints an answer that holds commands, and writes them as a shell script where one is asked for."""
    from forensics.report.script import script as written

    if script is not None:
        write([written(answer).encode()], None if script == "-" else script)
        _make_executable(script)
    emit(answer, replace(shared, output=os.devnull) if script == "-" else shared)


def _make_executable(script: str) -> None:
    """Lets a script be started by its name, by whoever may read it."""
    path = Path(script)
    if script != "-" and path.is_file():
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | (mode & 0o444) >> 2)
