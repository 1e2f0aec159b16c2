"""``observe``: a symptom, an inspection, or the series of a metric."""

import click

from forensics.cli.options import Shared, asking
from forensics.cli.output import emit

__all__ = ["observe_command"]


@click.command(
    "observe",
    epilog="""\b
Examples:
  forensics observe fraud@v1.4.0 bad --by ana --why "misses card-not-present fraud"
  forensics observe fraud@v1.1.0 fraud@v1.2.0 good --reliability 0.9
  forensics observe md5:1a2b3c4d bad              these bytes are known to be bad
  forensics observe data/raw@HEAD clean           somebody looked into it and found nothing
  forensics observe --metrics auc                 the series of a metric that the case holds
  forensics observe list
  forensics observe withdraw 2 --why "measured on the wrong holdout"

An observation is a symptom: it makes nothing affected, as a mark does. suspects, next-test and rollback
weigh it.""",
)
@click.argument("words", nargs=-1, metavar="[SUBJECT... bad|good|clean] | list | withdraw N")
@click.option(
    "--by", "--author", "by", metavar="WHO", default="", help="Who observed it; else the user of this machine."
)
@click.option("--why", "--reason", "why", metavar="TEXT", default="", help="What was seen; why it is withdrawn.")
@click.option(
    "--reliability", type=float, metavar="P", help="How probably it is right, as 0.9; left open where nobody says."
)
@click.option("--metrics", multiple=True, metavar="NAME", help="Take the series of this metric for evidence.")
@click.option("--higher-is-better", "better", flag_value="higher", help="Of metrics whose name does not tell.")
@click.option("--lower-is-better", "better", flag_value="lower", help="Of metrics whose name does not tell.")
@asking()
def observe_command(
    shared: Shared,
    words: tuple[str, ...],
    by: str,
    why: str,
    reliability: float | None,
    metrics: tuple[str, ...],
    better: str | None,
) -> None:
    """Records a symptom: this version misbehaves, that one is fine.

    A SUBJECT is one version of a model, best named by its release; for bad also bytes, by digest or file; for clean
    any version, file or run. Kept as what it means now, with who says so; withdrawn, never erased.
    """
    case = shared.opened()
    answer = case.observe(*words, by=by, why=why, reliability=reliability, metrics=metrics, better=better).answer
    emit(answer, shared)
