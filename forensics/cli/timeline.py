"""``timeline``: all that happened, in one order."""

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit

__all__ = ["timeline_command"]


@click.command(
    "timeline",
    epilog="""\b
Examples:
  forensics timeline
  forensics timeline --since 2026-03-01 --until 2026-04-01
  forensics timeline --format timesketch --output timeline.csv    for an import into Timesketch

Claimed times are of whoever wrote the commit, the tag or the row, and can be forged; what came before what, ancestry
says (forensics path, forensics log). Recorded times are of the machine of this case.""",
)
@click.option("--since", metavar="TIME", help="Leave out what is earlier (2026-03-01T08:00:00Z).")
@click.option("--until", metavar="TIME", help="Leave out what is then or later.")
@asking("timesketch")
def timeline_command(shared: Shared, since: str | None, until: str | None) -> None:
    """All that has a time, in one order.

    Commits, runs, registrations, releases, stage moves, deployments, readings, marks and observations.
    """
    emit(shared.opened().timeline(since=since, until=until).answer, shared)
