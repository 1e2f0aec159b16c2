"""The command ``forensics``: it parses, calls the library once, and shows the answer."""

from forensics.cli.entry import main
from forensics.cli.group import cli

__all__ = ["cli", "main"]
