"""Where the bytes of a version are, among all the places that its source was read from."""

import os.path
from collections.abc import Callable

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import Presence
from forensics_queries.statement import rows

__all__ = ["Look", "whereabouts"]

#: Says whether the bytes of a digest are there, given the locator of the repository. The command line passes what
#: the connectors know; without it nothing is looked for.
Look = Callable[[str, Digest], Presence]

#: Best first. A corrupt copy goes before none at all, since it is to be told.
_STATES = ("present", "listed", "corrupt", "missing")


def whereabouts(case: Case, version: int, digest: Digest, look: Look | None) -> tuple[str, Presence]:
    """Looks for the bytes of a version in every clone that was read, newest reading first.

    Args:
        case: the case.
        version: a version of an artifact of some source.
        digest: its digest.
        look: finds bytes.

    Returns:
        The locator of the first repository where the bytes are proved, else of the one that has the next best, and
        what was found there. Without ``look``, and where no repository is left, the newest.
    """
    every = [row[1] for row in rows(case, "rollback.locators", versions=[version])]
    # Unlike Path.exists, this says no of a place that may not be looked at.
    there = [locator for locator in every if os.path.exists(locator)] or every[:1]  # noqa: PTH110
    if look is None:
        return there[0], Presence("not looked for")
    found: dict[str, tuple[str, Presence]] = {}
    for locator in there:
        presence = look(locator, digest)
        found.setdefault(presence.state, (locator, presence))
        if presence.state == "present":
            break
    return next(found[state] for state in _STATES if state in found)
