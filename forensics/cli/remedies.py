"""What to do beyond going back: ``what-if`` and ``rebuild``."""

import click

from forensics.cli.incident import emit_scripted, script_option, trusted_option
from forensics.cli.options import Shared, as_of_option, asking
from forensics.cli.output import emit

__all__ = ["rebuild_command", "what_if_command"]


@click.command(
    "what-if",
    epilog="""\b
Examples:
  forensics what-if                                          the smallest cut that frees what is live
  forensics what-if --clean data/raw/vendor_b/2025-03.csv    were this file clean, what would be affected?
  forensics what-if --drop commit:1a2b3c4                    had this commit never been there?
  forensics what-if --bad md5:1a2b3c                         what would this mark change?

Nothing is marked or written: it is all supposed. A verdict that is clear then is so by what is on record. What a
dropped subject alone had made or brought in is not there then, and is not called clear.""",
)
@click.option("--clean", multiple=True, metavar="SUBJECT", help="Suppose it clean: taint stops there. Repeatable.")
@click.option("--drop", multiple=True, metavar="SUBJECT", help="Suppose it had never been there. Repeatable.")
@click.option("--bad", multiple=True, metavar="SUBJECT", help="Suppose it bad, beside the marks. Repeatable.")
@as_of_option
@asking(drawings=True)
def what_if_command(
    shared: Shared, clean: tuple[str, ...], drop: tuple[str, ...], bad: tuple[str, ...], as_of: str | None
) -> None:
    """The verdicts, were something clean, bad or never there.

    Beside the standing marks. Then the smallest set of versions and runs which, were they clean, would free all that
    is live.
    """
    emit(shared.opened().what_if(clean=clean, drop=drop, bad=bad, as_of=as_of).answer, shared)


@click.command(
    "rebuild",
    epilog="""\b
Examples:
  forensics rebuild                        what to run again so that all that is live is clean
  forensics rebuild fraud@v1.4.0           the same for one release
  forensics rebuild --script rebuild.sh    the commands as a shell script, to be read first

Nothing is run: commands are printed, for the top of a clone of the repository. Bytes are called present only after
they were re-hashed. Where a step has no commands a person has to act, and the script stops there.""",
)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT...]")
@script_option
@trusted_option
@as_of_option
@asking()
def rebuild_command(
    shared: Shared, subjects: tuple[str, ...], script: str | None, trusted: bool, as_of: str | None
) -> None:
    """The fewest stages to run again so that models are clean.

    A SUBJECT is an artifact, a version or a release; without one, all that is live, and where nothing is, the newest
    release or version of each model. Only what is not clear is made again: all else is used as it is.
    """
    answer = shared.opened().rebuild(*subjects, trusted=trusted, as_of=as_of).answer
    emit_scripted(answer, shared, script)
