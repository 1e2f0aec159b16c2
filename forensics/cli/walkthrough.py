"""``demo``: a sample incident, built and walked through."""

from pathlib import Path

import click

from forensics.cli.options import debug_option

__all__ = ["demo_command"]


@click.command(
    "demo",
    epilog="""\b
Examples:
  forensics demo                     in a temporary folder, removed at the end
  forensics demo --keep incident     keep the repository and the case, to go on by yourself
  forensics demo --incident supply-chain
                                     two repositories and an ML Metadata store""",
)
@click.option(
    "--incident",
    type=click.Choice(["fraud", "supply-chain"]),
    default="fraud",
    show_default=True,
    help="Which one: a poisoned vendor file, or a component that was swapped upstream.",
)
@click.option("--keep", metavar="DIR", type=click.Path(path_type=Path), help="Build in DIR and leave it there.")
@debug_option
@click.pass_context
def demo_command(context: click.Context, incident: str, keep: Path | None) -> None:
    """A sample incident, built and investigated step by step.

    Builds real DVC repositories in which something bad slipped in, and asks the three questions: where it came from,
    what it touches, what to go back to. Takes about a minute and needs no network.
    """
    from forensics.cli.demo import run_demo

    context.exit(run_demo(keep, incident=incident))
