"""What connectors yield: immutable records, each with the document that says so.

Records name each other by *keys*, plain strings, and know no database. Edges point from cause to effect.
"""

from forensics.model.checkout import Stated
from forensics.model.facts import (
    Batch,
    Context,
    Deployment,
    Details,
    Event,
    Measurement,
    Membership,
    Property,
    Reference,
)
from forensics.model.history import Change, Commit, Ref, Release, StageMove
from forensics.model.keys import Origin, actor_key, commit_key, content_key, external_key, version_key
from forensics.model.kinds import (
    ArtifactKind,
    EdgeKind,
    FindingKind,
    GapKind,
    NodeKind,
    ReferenceKind,
    RefKind,
    Strength,
)
from forensics.model.lineage import Edge, Execution, Listing, Role, SameBytes, Version
from forensics.model.reading import Acquired, Finding, Gap, Presence, Source, Wanted
from forensics.model.stored import Rehashed, Stored

__all__ = [
    "Acquired",
    "ArtifactKind",
    "Batch",
    "Change",
    "Commit",
    "Context",
    "Deployment",
    "Details",
    "Edge",
    "EdgeKind",
    "Event",
    "Execution",
    "Finding",
    "FindingKind",
    "Gap",
    "GapKind",
    "Listing",
    "Measurement",
    "Membership",
    "NodeKind",
    "Origin",
    "Presence",
    "Property",
    "Record",
    "Ref",
    "RefKind",
    "Reference",
    "ReferenceKind",
    "Rehashed",
    "Release",
    "Role",
    "SameBytes",
    "Source",
    "StageMove",
    "Stated",
    "Stored",
    "Strength",
    "Version",
    "Wanted",
    "actor_key",
    "commit_key",
    "content_key",
    "external_key",
    "version_key",
]

Record = (
    Acquired
    | Batch
    | Change
    | Commit
    | Context
    | Deployment
    | Details
    | Edge
    | Event
    | Execution
    | Finding
    | Gap
    | Listing
    | Measurement
    | Membership
    | Property
    | Ref
    | Reference
    | Release
    | Role
    | SameBytes
    | StageMove
    | Version
)
