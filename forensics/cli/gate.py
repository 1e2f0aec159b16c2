"""``gate``: whether a pipeline may go on."""

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit

__all__ = ["gate_command"]


@click.command(
    "gate",
    epilog="""\b
Examples:
  forensics gate models/fraud.json@HEAD              may this version be used?
  forensics gate fraud#prod fraud@v1.2.0 --strict    unknown stops as well
  forensics gate --repo .                            all that the checked-out dvc.lock and .dvc files state
  forensics gate models/fraud.json --repo . --format sarif --output gate.sarif

Exits with 1 where a subject is affected, with --strict also where that is unknown; with 3 where no mark stands, a
subject is not in the case, or something that could not be read admits it; with 0 where all are judged.""",
)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT...]")
@click.option("--strict", is_flag=True, help="What is unknown stops as well.")
@click.option(
    "--repo",
    metavar="DIR",
    help="The root of a working tree: paths mean the bytes that its dvc.lock and .dvc files state, committed or not.",
)
@asking("sarif")
def gate_command(shared: Shared, subjects: tuple[str, ...], strict: bool, repo: str | None) -> None:
    """Whether a pipeline may go on: exit code 1 if affected.

    Marks that stand now decide; those that expired or were withdrawn do not. A path without @REV means every version
    of it, and with --repo the one that is checked out. Without a SUBJECT all that --repo states is judged.
    """
    answer = shared.opened().gate(*subjects, strict=strict, repo=repo).answer
    emit(answer, shared, tripped=any(row.tripped for row in answer.rows))
