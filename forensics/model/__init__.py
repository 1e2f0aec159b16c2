"""What connectors yield: immutable records, each with the document that says so.

Records name each other by *keys*, plain strings, and know no database. Edges point from cause to effect.
"""

from forensics.model.history import Change, Commit, Ref, Release, StageMove
from forensics.model.keys import Origin, actor_key, commit_key, content_key, external_key, version_key
from forensics.model.kinds import ArtifactKind, EdgeKind, FindingKind, GapKind, NodeKind, RefKind, Strength
from forensics.model.lineage import Edge, Execution, Listing, Role, SameBytes, Version
from forensics.model.reading import Acquired, Finding, Gap, Presence, Source

__all__ = [
    "Acquired",
    "ArtifactKind",
    "Change",
    "Commit",
    "Edge",
    "EdgeKind",
    "Execution",
    "Finding",
    "FindingKind",
    "Gap",
    "GapKind",
    "Listing",
    "NodeKind",
    "Origin",
    "Presence",
    "Record",
    "Ref",
    "RefKind",
    "Release",
    "Role",
    "SameBytes",
    "Source",
    "StageMove",
    "Strength",
    "Version",
    "actor_key",
    "commit_key",
    "content_key",
    "external_key",
    "version_key",
]

Record = (
    Acquired
    | Change
    | Commit
    | Edge
    | Execution
    | Finding
    | Gap
    | Listing
    | Ref
    | Release
    | Role
    | SameBytes
    | StageMove
    | Version
)
