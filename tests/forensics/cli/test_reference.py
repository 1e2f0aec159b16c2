"""The help of every command, and the pages made from it."""

import re
from pathlib import Path

import click
import pytest

from forensics.cli import cli
from forensics.cli.group import COMMANDS, SETTINGS
from forensics.cli.reference import reference

DOCS = Path(__file__).parents[3] / "docs"


def commands(group=cli, name="forensics", parent=None):
    context = click.Context(group, info_name=name, parent=parent, **SETTINGS)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        yield f"{context.command_path} {word}", command
        if isinstance(command, click.Group):
            yield from commands(command, word, context)


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL)
def test_every_command_says_what_one_learns_and_gives_examples(path):
    command = ALL[path]
    first = command.help.splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 64
    assert "Examples:\n" in command.epilog
    assert f"  {path}" in command.epilog or path == "forensics mark"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_shows_the_first_line_of_their_help(name):
    assert ALL[f"forensics {name}"].help.splitlines()[0] == COMMANDS[name][1]


@pytest.mark.parametrize("path", ALL)
def test_every_example_can_be_parsed(path):
    for line in re.findall(r"^  forensics (.+)$", ALL[path].epilog or "", re.MULTILINE):
        words = _words(line)
        command, context = cli, click.Context(cli, info_name="forensics", **SETTINGS)
        while isinstance(command, click.Group) and words:
            command = command.get_command(context, words.pop(0))
            assert command is not None, line
        command.make_context("x", words, parent=context)


def _words(line):
    import shlex

    return shlex.split(re.split(r" {2,}| < ", line)[0])


def test_the_reference_page_is_what_the_commands_say():
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == reference(), (
        "run: python -m forensics.cli.reference > docs/cli.md"
    )
