"""``help``: a command's help, or a topic."""

import click

from forensics.cli.options import debug_option
from forensics.errors import UsageError

__all__ = ["EXIT_CODES", "help_command"]

#: What each exit code means, for ``help exit-codes`` and the documentation.
EXIT_CODES: dict[int, str] = {
    0: "answered, whatever the answer is",
    1: "a gate tripped",
    2: "it could not be asked: wrong usage, an unreadable source, or an unusable case",
    3: "answered, but something that could not be read admits the subject, so the list may be short (1 comes before 3)",
    130: "interrupted (Ctrl-C); what was not finished is not in the case",
    141: "whoever read the output closed it",
}


@click.command(
    "help",
    epilog="""\b
Examples:
  forensics help                 the list of commands
  forensics help blast-radius    one command
  forensics help exit-codes      what the exit codes mean""",
)
@click.argument("topic", nargs=-1)
@debug_option
@click.pass_context
def help_command(context: click.Context, topic: tuple[str, ...]) -> None:
    """What a command, or the topic exit-codes, means."""
    if topic == ("exit-codes",):
        for code, meaning in EXIT_CODES.items():
            click.echo(f"{code:>3}  {meaning}")
        return
    parent = context.find_root()
    command: click.Command = parent.command
    for word in topic:
        found = command.get_command(parent, word) if isinstance(command, click.Group) else None
        if found is None:
            raise UsageError(f"no command or topic {' '.join(topic)!r}", hint="forensics --help lists the commands")
        parent, command = click.Context(found, info_name=word, parent=parent), found
    click.echo(command.get_help(parent))
