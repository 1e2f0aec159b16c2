"""What it tells to look into one thing, beside what it tells to evaluate a model."""

from math import log2

from forensics.localization.evidence import INSPECTED

__all__ = ["FALSE_FINDING", "informed"]

#: P(an inspection finds something | there is nothing).
FALSE_FINDING = 0.01


def informed(p: float, found: float = 1 - INSPECTED, mistaken: float = FALSE_FINDING) -> float:
    """The expected information of asking whether something is bad, in bits.

    Args:
        p: P(it is bad).
        found: P(it is found bad | it is).
        mistaken: P(it is found bad | it is not).
    """
    seen = mistaken + (found - mistaken) * p
    return max(_entropy(seen) - p * _entropy(found) - (1 - p) * _entropy(mistaken), 0.0)


def _entropy(p: float) -> float:
    return -sum(q * log2(q) for q in (p, 1 - p) if q > 0)
