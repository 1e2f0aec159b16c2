"""``report``: the incident as a document for those who were not there."""

import click

from forensics.cli.options import Shared, as_of_option, asking
from forensics.cli.output import write

__all__ = ["report_command"]

_SHORT = 3


@click.command(
    "report",
    epilog="""\b
Examples:
  forensics report --output incident.html                        one page that needs nothing else
  forensics report --audience commander --output incident.html   what to decide tonight
  forensics report --sections scope,recovery --format markdown
  forensics report commit:1a2b3c4 --format json                  as if this commit were bad, too

Sections are those of NIST SP 800-61; each says what the program filled in and leaves room for what a person must.
The same data gives the same bytes. The questions that were asked for it are written into the journal of the case.""",
)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT...]")
@click.option(
    "--audience",
    type=click.Choice(["commander", "data-scientist", "auditor"]),
    help="The sections that they need; an auditor gets all, as does whoever does not say.",
)
@click.option(
    "--sections",
    default="",
    metavar="A,B",
    help="Of case, summary, detection, analysis, scope, timeline, containment, recovery, evidence, lessons, picture.",
)
@click.option("--trusted", is_flag=True, help="Ask DVC about configured remotes; only for a repository that is yours.")
@as_of_option
@asking(only=("html", "markdown", "json"))
def report_command(
    shared: Shared, subjects: tuple[str, ...], audience: str | None, sections: str, trusted: bool, as_of: str | None
) -> None:
    """The incident as a document, for those who were not there.

    Each SUBJECT is taken as bad beside the standing marks; without one, the marks alone count.
    """
    written, found = shared.opened().report_file(
        *subjects, form=shared.form, limit=shared.limit, audience=audience, sections=sections, trusted=trusted,
        as_of=as_of,
    )  # fmt: skip
    write([written], shared.output)
    if found.short:
        click.get_current_context().exit(_SHORT)
