"""The report as files of an evidence bag."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from forensics.answer import Answer
from forensics.case import Case
from forensics.report.incident.assembly import incident
from forensics.report.incident.formats import MOST, render
from forensics.report.incident.sections import Section
from forensics.report.page import Page
from forensics_queries.whereabouts import Look

__all__ = ["pages"]

#: Ending of a file: the format of the report in it.
_FORMS = {"html": "html", "md": "markdown"}


def pages(
    case: Case, *, look: Look | None = None, argv: Iterable[str] = ()
) -> dict[str, Callable[[Callable[[Any], Any] | None], bytes]]:
    """The files of the report, each made when it is wanted; the questions are asked once.

    Args:
        case: the case; where it is open for writing, the questions that feed the report are journalled.
        look: finds bytes, for what to go back to.
        argv: the command, for the journal.

    Returns:
        By name of the file a function that writes it. It takes what turns people in a value into pseudonyms, or None.
    """

    @cache
    def asked() -> Answer[Section]:
        return incident(case, look=look, argv=argv)

    def page(form: str, redacted: Callable[[Any], Any] | None) -> bytes:
        report = redacted(asked()) if redacted else asked()
        return render(report, form, Page(case=case.path.name, limit=MOST)).encode()

    return {f"report.{ending}": partial(page, form) for ending, form in _FORMS.items()}
