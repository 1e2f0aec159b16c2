"""The list of commands, each imported only when it is used, so that ``--help`` answers at once."""

from importlib import import_module
from typing import Any, NoReturn

import click

from forensics import __version__

__all__ = ["COMMANDS", "cli"]

#: Name of a command: its module in this package, and what one learns from it (the first line of its help).
COMMANDS: dict[str, tuple[str, str]] = {
    "ingest": ("sources", "Reads sources into the case."),
    "sources": ("sources", "What was read, when, how far, and what could not be read."),
    "find": ("questions", "What in the case matches a text or a subject."),
    "show": ("questions", "All that is known of one thing, each fact with its origin."),
    "log": ("questions", "The versions of an artifact, and who introduced each."),
    "blame": ("questions", "Who introduced these bytes, when, and with what message."),
    "trace": ("questions", "All that a version was made from, each with its shortest path."),
    "path": ("questions", "Why one thing influences another: the shortest chain."),
    "diff": ("questions", "How the lineages of two versions differ, and by whose doing."),
    "observe": ("observing", "Records a symptom: this version misbehaves, that one is fine."),
    "suspects": ("localizing", "Where it most likely came from, with the change behind each."),
    "next-test": ("localizing", "Which version to evaluate next, and what each outcome leaves."),
    "blast-radius": ("incident", "Everything that a bad subject affects, live models first."),
    "rollback": ("incident", "The newest clean version to go back to, and how."),
    "what-if": ("remedies", "The verdicts, were something clean, bad or never there."),
    "rebuild": ("remedies", "The fewest stages to run again so that models are clean."),
    "releases": ("incident", "What is in use where, since when, and its verdict."),
    "report": ("report", "The incident as a document, for those who were not there."),
    "mark": ("marks", "What an investigator states of a subject."),
    "timeline": ("timeline", "All that has a time, in one order."),
    "fsck": ("fsck", "Whether stored bytes are what the record says."),
    "gate": ("gate", "Whether a pipeline may go on: exit code 1 if affected."),
    "journal": ("evidence", "What was done with the case: by whom, when, with which command."),
    "keygen": ("evidence", "A key pair to seal evidence with (Ed25519)."),
    "export": ("evidence", "The evidence of the case as a bag that others can check."),
    "verify": ("evidence", "Whether a bag, or the journal of a case, is as it was made."),
    "sql": ("sql", "The answer of a read-only SQL statement on the case."),
    "demo": ("walkthrough", "A sample incident, built and investigated step by step."),
    "help": ("help", "What a command means, or exit-codes, subjects or words."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports a module when one of them is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of an investigation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"forensics.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_") + "_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command, or says which one may have been meant."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            self._unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def _unknown(self, ctx: click.Context, name: str) -> NoReturn:
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "forensics --help lists the commands"
        raise click.UsageError(f"no command {name!r}; {hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_line) for name, (_, first_line) in COMMANDS.items()])


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"forensics {__version__}")
        ctx.exit()


def _case(ctx: click.Context, _parameter: click.Parameter, path: str | None) -> None:
    # Commands take the option too, and theirs counts: options.py falls back on this one.
    ctx.obj = path


SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    cls=LazyGroup,
    context_settings=SETTINGS,
    epilog="""\b
Examples:
  forensics demo                                  build a sample incident and walk through it
  forensics ingest path/to/repo                   read every commit of every ref into ./case.duckdb
  forensics blame data/transactions.csv@HEAD      who introduced these bytes
  forensics blast-radius data/transactions.csv    every affected version, and why
  forensics rollback models/fraud.json            newest clean version, digest, restore commands

Options such as --format follow the command; --case may stand before it or after it.
Results go to stdout, everything else to stderr; forensics help subjects and
forensics help words explain what stands in questions and answers, forensics help exit-codes the exit codes.""",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.option("--case", metavar="PATH", expose_value=False, callback=_case, help="The case file, for any command.")
def cli() -> None:
    """Finds where poisoned training data came from, what it touches, and what to go back to."""
