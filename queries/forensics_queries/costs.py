"""What tests cost, in evaluations of a model: to evaluate, to inspect, to train once more."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite, log10

from forensics.errors import UsageError

__all__ = ["Costs"]

#: A person looks through so many bytes for one price; ten times as many cost that price once more.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Costs:
    """What one test of each kind costs; only the ratios matter.

    Attributes:
        evaluate: to evaluate a model that is there: a run on held-out data, the measure of the others.
        inspect: for a person to look through something of up to 1 MB, or of unknown size.
        retrain: to run stages once more without some of their data, and to evaluate what comes of it.
    """

    evaluate: float = 1.0
    inspect: float = 3.0
    retrain: float = 20.0

    def __str__(self) -> str:
        return ",".join(f"{kind}={cost:g}" for kind, cost in asdict(self).items())

    @classmethod
    def read(cls, given: Iterable[str]) -> "Costs":
        """Reads ``evaluate=1``, ``inspect=3,retrain=40``.

        Raises:
            UsageError: it names no kind of test, or no price above 0.
        """
        found = cls()
        kinds = [field.name for field in fields(cls)]
        for text in (part for some in given for part in some.split(",") if part):
            kind, _, price = (part.strip() for part in text.partition("="))
            try:
                cost = float(price)
            except ValueError:
                cost = 0.0
            if kind not in kinds or not (isfinite(cost) and cost > 0):
                raise UsageError(
                    f"{text} is no cost",
                    hint=f"say what a kind of test costs, above 0: --cost inspect=3; kinds: {', '.join(kinds)}",
                )
            found = replace(found, **{kind: cost})
        return found

    def inspection(self, size: int | None) -> float:
        """What it costs to look through so many bytes; None where it is not known how many."""
        return self.inspect * (1 + max(log10(max(size or 1, 1) / _AT_ONCE), 0.0))
