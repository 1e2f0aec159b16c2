"""Writes docs/cli.md from the commands' own help: ``python -m forensics.cli.reference > docs/cli.md``."""

import sys
from collections.abc import Iterator

import click

from forensics.cli.group import SETTINGS, cli

__all__ = ["reference"]

_WIDTH = 100


def reference() -> str:
    """The whole reference as Markdown."""
    parts = [
        "# Command line\n",
        "Made by `python -m forensics.cli.reference > docs/cli.md` from the commands' own help; do not edit.",
        "Exit codes: [exit-codes.md](exit-codes.md).\n",
    ]
    root = click.Context(cli, info_name="forensics", terminal_width=_WIDTH, **SETTINGS)
    for path, command, context in _commands(cli, root):
        parts.append(f"## {path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts)


def _commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                inner = click.Context(found, info_name=name, parent=context)
                yield from _commands(found, inner)


if __name__ == "__main__":
    sys.stdout.write(reference())
