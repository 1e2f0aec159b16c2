"""From symptoms to the source: ``suspects`` and ``next-test``."""

from collections.abc import Callable
from typing import Any

import click

from forensics.cli.options import Shared, as_of_option, asking
from forensics.cli.output import emit

__all__ = ["next_test_command", "suspects_command"]

_OPTIONS = (
    click.option("--bad", multiple=True, metavar="A,B", help="Versions that misbehave, beside what was observed."),
    click.option("--good", multiple=True, metavar="C", help="Versions that are fine, beside what was observed."),
    click.option(
        "--labels",
        type=click.Choice(["reliable"]),
        help="Take labels for right: one contradiction excludes a single source.",
    ),
    click.option("--inferred", is_flag=True, help="Also follow imports and bases that are not known for certain."),
    click.option(
        "--repair", is_flag=True, help="Supply inputs that runs most likely had, by what runs beside them had."
    ),
)


def _asked(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _subjects(given: tuple[str, ...]) -> tuple[str, ...]:
    """Several options, or one with commas."""
    return tuple(text for some in given for text in some.split(",") if text)


@click.command(
    "suspects",
    epilog="""\b
Examples:
  forensics suspects                                        by all standing observations
  forensics suspects --bad fraud@v1.3.0 --good fraud@v1.1.0,fraud@v1.4.0
  forensics suspects --labels reliable --format json

Candidates are what poison can come in through: files, code, parameters, imports and runs. Those in one group cannot be
told apart by what was observed. What nobody observed is unknown, and never taken for healthy.""",
)
@_asked
@click.option("--all", "everyone", is_flag=True, help="List every candidate, not only those that hold 90 %.")
@as_of_option
@asking(drawings=True)
def suspects_command(
    shared: Shared,
    bad: tuple[str, ...],
    good: tuple[str, ...],
    labels: str | None,
    inferred: bool,
    repair: bool,
    everyone: bool,
    as_of: str | None,
) -> None:
    """Where it most likely came from, with the change behind each.

    What is upstream of the versions that misbehave and not of those that are fine, by probability.
    """
    found = shared.opened().suspects(
        bad=_subjects(bad), good=_subjects(good), labels=labels, inferred=inferred, repair=repair, everyone=everyone,
        as_of=as_of,
    )  # fmt: skip
    emit(found.answer, shared)


@click.command(
    "next-test",
    epilog="""\b
Examples:
  forensics next-test
  forensics next-test --bad fraud@v1.3.0 --labels reliable
  forensics next-test --all-sources                         one source is found: is there another?
  forensics next-test --cost inspect=10,retrain=200         looking into data is dear here

Evaluate the first, then tell what came of it: forensics observe SUBJECT bad, or good. Where no model can tell the
candidates apart, they are listed in two halves: inspect them, or train once more without one of the halves. It then
advises to stop, and says how probable a second source is all the same.""",
)
@_asked
@click.option(
    "--cost",
    "costs",
    multiple=True,
    metavar="KIND=N",
    help="What tests cost: evaluate=1,inspect=3,retrain=20. Those first that tell most for it.",
)
@click.option("--all-sources", is_flag=True, help="Go on looking for a further source, however little each test tells.")
@as_of_option
@asking()
def next_test_command(
    shared: Shared,
    bad: tuple[str, ...],
    good: tuple[str, ...],
    labels: str | None,
    inferred: bool,
    repair: bool,
    all_sources: bool,
    costs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Which version to evaluate next, and what each outcome leaves.

    The one that is expected to tell most about where poison came from, single sources and pairs considered.
    """
    found = shared.opened().next_test(
        bad=_subjects(bad), good=_subjects(good), labels=labels, inferred=inferred, repair=repair,
        all_sources=all_sources, costs=costs, as_of=as_of,
    )  # fmt: skip
    emit(found.answer, shared)
