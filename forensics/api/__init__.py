"""Python's way in: a case whose questions are methods, named as the commands are.

``import forensics; case = forensics.open("case.duckdb")``. A question with a command of its own is added here, in
``forensics.api.questions`` or, if it writes into the case, in ``forensics.api.changes``.
"""

from pathlib import Path

from forensics.api.changes import Changes
from forensics.api.questions import Questions
from forensics.api.result import Result
from forensics.api.samples import build_sample
from forensics.case import Case, case_path
from forensics.evidence.keys import make_keys

__all__ = ["OpenCase", "Result", "build_sample", "make_keys", "open_case"]


class OpenCase(Questions, Changes):
    """A case, asked and written by methods that have the names and arguments of the commands.

    Its file is open only while a question is answered, so that others may read and write it in between.
    """


def open_case(path: str | Path | None = None, *, new: bool = False) -> OpenCase:
    """Opens a case.

    Args:
        path: the file; else ``FORENSICS_CASE``, else ``./case.duckdb``.
        new: there may be none yet: the first ``ingest`` makes it.

    Raises:
        CaseError: there is none, another process writes it, or it is damaged, no case at all, or of a newer schema.
    """
    found = case_path(None if path is None else str(path))
    if not (new and not found.exists()):
        Case.open(found).close()
    return OpenCase(found)
