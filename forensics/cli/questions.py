"""The questions about one thing: ``find``, ``show``, ``log``, ``blame``, ``trace``, ``path``, ``diff``."""

import click

from forensics.cli.options import Shared, as_of_option, asking
from forensics.cli.output import emit
from forensics.errors import UsageError

__all__ = [
    "blame_command",
    "diff_command",
    "find_command",
    "log_command",
    "path_command",
    "show_command",
    "trace_command",
]


@click.command(
    "find",
    epilog="""\b
Examples:
  forensics find vendor_b              every name that contains it
  forensics find md5:1a2b3c            these bytes, wherever they are, by the start of their digest
  forensics find file:./suspect.csv    a local file, hashed and looked up""",
)
@click.argument("text")
@as_of_option
@asking()
def find_command(shared: Shared, text: str, as_of: str | None) -> None:
    """What in the case matches a text or a subject.

    Members of directories too. TEXT is searched for in names; a SUBJECT, such as a digest, is looked up.
    """
    emit(shared.opened().find(text, as_of=as_of).answer, shared)


@click.command(
    "show",
    epilog="""\b
Examples:
  forensics show models/fraud.json@HEAD    one version: digest, producers, users, releases
  forensics show fraud@v1.2.0              one release
  forensics show commit:1a2b3c4            one commit""",
)
@click.argument("subject")
@as_of_option
@asking()
def show_command(shared: Shared, subject: str, as_of: str | None) -> None:
    """All that is known of one thing, each fact with its origin."""
    emit(shared.opened().show(subject, as_of=as_of).answer, shared)


@click.command(
    "log",
    epilog="""\b
Examples:
  forensics log data/transactions.csv
  forensics log models/fraud.json --limit 5 --format json""",
)
@click.argument("subject")
@as_of_option
@asking()
def log_command(shared: Shared, subject: str, as_of: str | None) -> None:
    """The versions of an artifact, and who introduced each.

    Newest first, by ancestry and not by claimed time.
    """
    emit(shared.opened().log(subject, as_of=as_of).answer, shared)


@click.command(
    "blame",
    epilog="""\b
Examples:
  forensics blame data/transactions.csv@HEAD    the bytes that HEAD holds at this path
  forensics blame md5:1a2b3c                    bytes by their digest
  forensics blame file:./suspect.csv            bytes at hand

Authors and times are what the commits claim.""",
)
@click.argument("subject")
@as_of_option
@asking()
def blame_command(shared: Shared, subject: str, as_of: str | None) -> None:
    """Who introduced these bytes, when, and with what message.

    In every source that holds them; a commit that brings them back is listed as restoring them.
    """
    emit(shared.opened().blame(subject, as_of=as_of).answer, shared)


@click.command(
    "trace",
    epilog="""\b
Examples:
  forensics trace models/fraud.json@HEAD
  forensics trace fraud@v1.2.0 --format mermaid""",
)
@click.argument("model")
@click.option("--members", is_flag=True, help="Also list bytes, and every file inside ancestral directories.")
@as_of_option
@asking(drawings=True)
def trace_command(shared: Shared, model: str, members: bool, as_of: str | None) -> None:
    """All that a version was made from, each with its shortest path."""
    emit(shared.opened().trace(model, members=members, as_of=as_of).answer, shared)


@click.command(
    "path",
    epilog="""\b
Examples:
  forensics path data/raw/vendor_b.csv@HEAD models/fraud.json@HEAD
  forensics path commit:1a2b3c4 fraud@v1.2.0 --format dot""",
)
@click.argument("cause", metavar="FROM")
@click.argument("effect", metavar="TO")
@as_of_option
@asking(drawings=True)
def path_command(shared: Shared, cause: str, effect: str, as_of: str | None) -> None:
    """Why one thing influences another: the shortest chain.

    Each step with the document that states it.
    """
    emit(shared.opened().path(cause, effect, as_of=as_of).answer, shared)


@click.command(
    "diff",
    epilog="""\b
Examples:
  forensics diff fraud@v1.1.0 fraud@v1.3.0             two releases of a model
  forensics diff models/fraud.json@v1 models/fraud.json@HEAD
  forensics diff main retrain/clean-march              all that two revisions hold
  forensics diff data/raw@v1 data/raw@v2 --format csv  the files of a directory

Differences that follow from no other one come first, and of these the nearest. Exits with 3 where lineage that is
missing on one side may hide a difference. A and B each say of which moment they are, so there is no --as-of.""",
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option("--as-of", hidden=True)
@asking(drawings=True)
def diff_command(shared: Shared, old: str, new: str, as_of: str | None) -> None:
    """How the lineages of two versions differ, and by whose doing.

    Data down to the files in a directory, code, commands, parameters, imports and runs: whatever lies on a path to A
    or B.
    """
    if as_of is not None:
        raise UsageError(
            "diff takes no --as-of: A and B each say of which moment they are",
            hint="name them at a revision, as PATH@REV, or compare two revisions: forensics diff REV REV",
        )
    emit(shared.opened().diff(old, new).answer, shared)
