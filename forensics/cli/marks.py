"""``mark``: what an investigator states of a subject."""

import sys

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit
from forensics.errors import UsageError

__all__ = ["mark_command"]


@click.group(
    "mark",
    epilog="""\b
Examples:
  forensics mark add bad data/raw/vendor_b.csv@HEAD --reason "labels flipped" --author ann@example.com
  forensics mark list
  forensics mark withdraw 1 --reason "wrong file"
  forensics mark technique 1 --confirm AML.T0020

Marks are what blast-radius and rollback start from. They expire and are withdrawn, never erased.""",
)
def mark_command() -> None:
    """What an investigator states of a subject."""


@mark_command.command(
    "add",
    epilog="""\b
Examples:
  forensics mark add bad md5:1a2b3c4d --reason "backdoor trigger in 40 rows" --technique AML.T0020
  forensics mark add cleared fraud@v1.2.0 --reason "retested" --expires 2026-12-31T00:00:00Z""",
)
@click.argument("state", type=click.Choice(["bad", "suspect", "good", "cleared"]))
@click.argument("subject")
@click.option("--reason", "--why", "reason", required=True, metavar="TEXT", help="Why.")
@click.option(
    "--author", "--by", "author", metavar="MAIL", default="", help="Who says so; else the user of this machine."
)
@click.option("--evidence", metavar="TEXT", default="", help="A ticket, a file, an URL: what it rests on.")
@click.option("--technique", metavar="ID", default="", help="The MITRE ATLAS technique, such as AML.T0020.")
@click.option("--expires", metavar="TIME", help="When the mark ends by itself (2026-12-31T00:00:00Z).")
@asking()
def add_command(shared: Shared, state: str, subject: str, **statement: str) -> None:
    """States that a subject is bad, suspect, good or cleared.

    A digest or a version means these bytes under every name; a path without @REV means every version of it; a commit
    means what it introduced and recorded; an actor, that person's claimed commits.
    """
    emit(shared.opened().mark_add(state, subject, **statement).answer, shared)


@mark_command.command(
    "list",
    epilog="""\b
Examples:
  forensics mark list
  forensics mark list --format json""",
)
@asking()
def list_command(shared: Shared) -> None:
    """All marks, those that expired or were withdrawn too."""
    emit(shared.opened().mark_list().answer, shared)


@mark_command.command(
    "withdraw",
    epilog="""\b
Examples:
  forensics mark withdraw 3 --reason "the file was re-delivered by the vendor" """,
)
@click.argument("mark", type=int)
@click.option("--reason", "--why", "reason", required=True, metavar="TEXT", help="Why.")
@click.option(
    "--author", "--by", "author", metavar="MAIL", default="", help="Who says so; else the user of this machine."
)
@asking()
def withdraw_command(shared: Shared, mark: int, reason: str, author: str) -> None:
    """Takes a mark back; it stays on record as withdrawn."""
    emit(shared.opened().mark_withdraw(mark, reason=reason, author=author).answer, shared)


@mark_command.command(
    "technique",
    epilog="""\b
Examples:
  forensics mark technique                                    what the evidence of each mark is consistent with
  forensics mark technique 1 --confirm AML.T0020 --reason "labels were flipped on purpose"
  forensics mark technique 1 --reject AML.T0059""",
)
@click.argument("mark", type=int, required=False)
@click.option("--confirm", metavar="ID", help="Say that it was this technique.")
@click.option("--reject", metavar="ID", help="Say that it was not.")
@click.option("--reason", "--why", "reason", metavar="TEXT", default="", help="Why.")
@click.option(
    "--author", "--by", "author", metavar="MAIL", default="", help="Who says so; else the user of this machine."
)
@asking()
def technique_command(
    shared: Shared, mark: int | None, confirm: str | None, reject: str | None, reason: str, author: str
) -> None:
    """The techniques of MITRE ATLAS that marks are consistent with.

    Lineage shows what a technique would leave behind, so it names what the evidence is consistent with; an analyst
    confirms or rejects. Without --confirm or --reject nothing is written.
    """
    from forensics.case import Case
    from forensics_queries.techniques import judge_technique, techniques

    asked = confirm or reject
    if (confirm and reject) or (asked and mark is None):
        raise UsageError("one technique of one mark at a time", hint="forensics mark technique 1 --confirm AML.T0020")
    with Case.open(shared.case, write=bool(asked)) as case:
        if asked and mark is not None:
            answer = judge_technique(
                case, mark, asked, "confirmed" if confirm else "rejected", reason=reason, author=author,
                argv=["forensics", *sys.argv[1:]],
            )  # fmt: skip
        else:
            answer = techniques(case, mark)
    emit(answer, shared)
