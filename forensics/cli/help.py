"""``help``: a command's help, or a topic."""

from collections.abc import Callable

import click

from forensics.cli.options import debug_option
from forensics.errors import UsageError

__all__ = ["EXIT_CODES", "SUBJECTS", "help_command"]

#: What each exit code means, for ``help exit-codes`` and the documentation.
EXIT_CODES: dict[int, str] = {
    0: "answered, whatever the answer is",
    1: "a gate tripped, or what was verified does not hold",
    2: "it could not be asked: wrong usage, an unreadable source, or an unusable case",
    3: "answered, but something that could not be read admits the subject, so the list may be short (1 comes before 3)",
    130: "interrupted (Ctrl-C); what was not finished is not in the case",
    141: "whoever read the output closed it",
}

#: What can stand for SUBJECT, for ``help subjects``.
SUBJECTS: dict[str, str] = {
    "data/train.csv": "a path: every version of it; a file inside a tracked directory too",
    "data/train.csv@REV": "the version that a commit, branch or tag holds; HEAD: what was checked out at the reading",
    "repo:data/train.csv@REV": "the same in one source of several",
    "md5:1a2b3c": "bytes, by their digest or the start of it; 1a2b3c where it is unique",
    "file:./suspect.csv": "bytes, by a local file, which is hashed and looked up",
    "fraud@v1.2.0": "a release",
    "fraud#prod": "the release that is assigned to a stage now",
    "dvc.yaml:train@REV": "a run: of a stage, as a commit holds its outputs",
    "commit:1a2b3c4": "a commit; 1a2b3c4 where it is unique",
    "actor:MAIL": "whoever claims this mail address in commits",
    "url:https://example.com/data": "what came from addresses that begin so",
    "mark:3": "what is marked",
}


def _exit_codes() -> dict[str, dict[str, str]]:
    return {"": {f"{code:>3}": meaning for code, meaning in EXIT_CODES.items()}}


def _words() -> dict[str, dict[str, str]]:
    from forensics.report.words import CHANCES, CHANGES, FINDINGS, GRADES, REASONS, STRENGTHS, VERDICTS

    return {
        "Verdicts": VERDICTS,
        "Strengths of facts": STRENGTHS,
        "Reasons for unknown": REASONS,
        "Chances, by what was observed": CHANCES,
        "How far the source is narrowed down": GRADES,
        "Differences between lineages": CHANGES,
        "Findings in sources": FINDINGS,
    }


_TOPICS: dict[str, Callable[[], dict[str, dict[str, str]]]] = {
    "exit-codes": _exit_codes,
    "subjects": lambda: {"": SUBJECTS},
    "words": _words,
}


def _list(heading: str, meanings: dict[str, str]) -> None:
    if heading:
        click.echo(f"{heading}:")
    longest = max(map(len, meanings))
    for word, meaning in meanings.items():
        click.echo(f"{'  ' if heading else ''}{word:<{longest}}  {meaning}")


@click.command(
    "help",
    epilog="""\b
Examples:
  forensics help                 the list of commands
  forensics help blast-radius    one command
  forensics help exit-codes      what the exit codes mean
  forensics help subjects        what can stand for SUBJECT
  forensics help words           verdicts, strengths, reasons and findings in one sentence each""",
)
@click.argument("topic", nargs=-1)
@debug_option
@click.pass_context
def help_command(context: click.Context, topic: tuple[str, ...]) -> None:
    """What a command means, or exit-codes, subjects or words."""
    if len(topic) == 1 and topic[0] in _TOPICS:
        for heading, meanings in _TOPICS[topic[0]]().items():
            _list(heading, meanings)
        return
    parent = context.find_root()
    command: click.Command = parent.command
    for word in topic:
        found = command.get_command(parent, word) if isinstance(command, click.Group) else None
        if found is None:
            raise UsageError(f"no command or topic {' '.join(topic)!r}", hint="forensics --help lists the commands")
        parent, command = click.Context(found, info_name=word, parent=parent), found
    click.echo(command.get_help(parent))
