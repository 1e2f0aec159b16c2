"""Dataclasses whose freezing costs nothing: the type checker sees to it, and nothing else does.

A frozen dataclass of the standard library sets each field through ``object.__setattr__``, and so takes five times as
long to make as a plain one. An ingest makes hundreds of thousands.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(*, frozen=False, **given):
        """As ``dataclasses.dataclass``, compared and hashed as one that is frozen, without its guard at run time."""
        return dataclasses.dataclass(unsafe_hash=frozen, **given)


__all__ = ["dataclass"]
