"""Texts that several layouts are put together from."""

from shlex import quote
from typing import Any

from forensics.answer import Thing
from forensics.report.layout import VERBATIM, Detail

__all__ = [
    "commit_oid",
    "counted",
    "inspecting",
    "labelled",
    "observing",
    "of_whole",
    "one_line",
    "percent",
    "said_by",
    "stated_by",
]


def counted(counts: dict[str, int], otherwise: str, many: str = "") -> str:
    """Counts in words: ``3 models, 1 dataset``; those of zero are left out."""
    return ", ".join(f"{n:,} {kind}{many if n > 1 else ''}" for kind, n in counts.items() if n) or otherwise


def percent(p: float) -> str:
    """A probability for people: never 0 % or 100 % unless it is."""
    return "< 1 %" if 0 < p < 0.005 else "> 99 %" if 0.995 < p < 1 else f"{p * 100:.0f} %"


def one_line(message: str) -> str:
    """A commit message with its lines run together: nothing of it is hidden below."""
    return " ".join(message.split())


def said_by(name: str, mail: str) -> str:
    """Who is claimed to have done it: ``Ann <ann@example.com>``."""
    return f"{name} <{mail}>" if name and mail else name or mail


def commit_oid(thing: Thing | None) -> str:
    """The id of a commit; empty where there is none."""
    return thing.digest.removeprefix("git:") if thing else ""


def labelled(**texts: str) -> tuple[Detail, ...]:
    """Details with their labels, those without a text left out."""
    return tuple((f"{label.replace('_', ' ')}:", text) for label, text in texts.items() if text)


def observing(row: Any) -> Detail:
    """The command that takes what an evaluation found of a version: by its own subject, since a tag may release two."""
    return VERBATIM, f"forensics observe {quote(row.thing.subject)} bad    # or: good"


def inspecting(row: Any) -> Detail:
    """The command that takes what an inspection found. Of bytes it can be said as well that they are bad."""
    remark = "or: bad" if row.thing.kind == "content" else "nothing was found"
    return VERBATIM, f"forensics observe {quote(row.thing.subject)} clean    # {remark}"


def stated_by(fact: Any) -> str:
    """The document that states a fact, and where in it."""
    where = f"{fact.document} ({fact.document_locus})" if fact.document_locus else fact.document
    at = f"commit {fact.document_commit}" if fact.document_commit else ""
    return " at ".join(part for part in (where, at) if part)


def of_whole(count: int, whole: int | None) -> str:
    """``3 of 70``; ``3`` where the whole is not known."""
    return f"{count:,}" if whole is None else f"{count:,} of {whole:,}"
