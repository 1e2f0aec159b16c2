"""ML Metadata's own gRPC service, for stores whose database cannot be reached.

The service shows less than the database: no ids of events, groups' members only group by group, nothing of what was
deleted, and no snapshot.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.errors import SourceError

from .address import Address
from .structs import PREFIX
from .tables import COLUMNS, Store, Tables, arrow_schema

if TYPE_CHECKING:
    import grpc

__all__ = ["read_service", "survey_service"]

_PAGE = 100  # the most that the service gives at once
_IDS = 200  # of one question for events
_LARGEST_ANSWER = 512 << 20  # bytes; the library's own limit of 4 MB is too small for real stores
_LARGEST = 4 << 30  # bytes of one reading
_KINDS = ("execution", "artifact", "context")  # by number: ``type_kind``
_HINTS = {
    "UNAVAILABLE": "is the server up, and can its port be reached from here? grpcs:// speaks TLS",
    "DEADLINE_EXCEEDED": "?timeout=SECONDS at the end of the address allows more time",
    "UNAUTHENTICATED": "read the database behind it directly: mysql://, postgresql:// or the SQLite file",
    "PERMISSION_DENIED": "read the database behind it directly: mysql://, postgresql:// or the SQLite file",
    "UNIMPLEMENTED": "is this the gRPC port of an ML Metadata store (Kubeflow Pipelines: 8080)?",
}
_DIRECT = "read the database behind it directly: mysql://, postgresql:// or the SQLite file"


def survey_service(address: Address, count: int) -> Tables:
    """Reads the first rows of types, artifacts, executions and contexts, as many of each.

    Raises:
        SourceError: the server is down, slow, refuses us, or is none of ML Metadata.
    """
    with _Service(address) as service:
        rows = _Rows()
        for kind in _KINDS:
            rows.add_types(kind, service.types(kind))
            for item in islice(service.listed(f"Get{kind.capitalize()}s", f"{kind}s"), count):
                rows.add_thing(kind, item)
        tables = rows.tables()
        return {table: tables[table] if table in ("type", *_KINDS) else tables[table].slice(0, 0) for table in tables}


def read_service(address: Address) -> Store:
    """Reads all that the service shows.

    Raises:
        SourceError: the server is down, slow, refuses us, or is none of ML Metadata.
    """
    with _Service(address) as service:
        rows = _Rows()
        for kind in _KINDS:
            rows.add_types(kind, service.types(kind))
        for kind in _KINDS:
            for item in service.listed(f"Get{kind.capitalize()}s", f"{kind}s"):
                rows.add_thing(kind, item)
        rows.add_events(service.events(rows.ids("artifact"), rows.ids("execution")))
        for context in rows.ids("context"):
            executions = service.listed("GetExecutionsByContext", "executions", context_id=context)
            artifacts = service.listed("GetArtifactsByContext", "artifacts", context_id=context)
            parents = service.ask("GetParentContextsByContext", context_id=context).contexts
            rows.add_members("association", context, executions)
            rows.add_members("attribution", context, artifacts)
            rows.found["parent_context"] += [(context, parent.id) for parent in parents]
        details: dict[str, object] = {"bytes": service.nbytes, "state": ""}
        return Store(rows.tables(), "grpc", None, {}, (), details)


class _Service:
    """The calls of the service, each with a deadline, and limits on what they bring."""

    def __init__(self, address: Address) -> None:
        try:
            import grpc
            from ml_metadata.proto import metadata_store_service_pb2, metadata_store_service_pb2_grpc
        except ImportError:
            hint = f"{_DIRECT}; or use Python 3.11 with: pip install 'ml-metadata>=1.15,<1.18'"
            raise address.error(
                "reading over gRPC needs the ml-metadata client, which is not installed", hint
            ) from None
        self.address = address
        self.nbytes = 0
        self._errors = grpc.RpcError
        self._messages: Any = metadata_store_service_pb2
        self._channel = _channel(address)
        stub: Any = metadata_store_service_pb2_grpc.MetadataStoreServiceStub
        self._stub = stub(self._channel)

    def __enter__(self) -> "_Service":
        return self

    def __exit__(self, *error: object) -> None:
        self._channel.close()

    def ask(self, method: str, **given: object) -> Any:
        """Calls a method; the first call finds out whether anybody is there."""
        call: Callable[..., Any] = getattr(self._stub, method)
        seconds = self.address.timeout if self.nbytes else self.address.connect_timeout
        try:
            answer = call(getattr(self._messages, f"{method}Request")(**given), timeout=seconds)
        except self._errors as error:
            raise _refused(error, self.address, method) from None
        self.nbytes += answer.ByteSize() + 1
        if self.nbytes > _LARGEST:
            raise self.address.error(f"more than {_LARGEST >> 30} GiB at {self.address.place}", _DIRECT)
        return answer

    def types(self, kind: str) -> Any:
        """All types of artifacts, executions or contexts."""
        return getattr(self.ask(f"Get{kind.capitalize()}Types"), f"{kind}_types")

    def listed(self, method: str, field: str, **given: object) -> Iterator[Any]:
        """Yields what a method lists page by page, by id."""
        options: dict[str, object] = {"max_result_size": _PAGE, "order_by_field": {"field": "ID", "is_asc": True}}
        while True:
            page = self.ask(method, options=options, **given)
            yield from getattr(page, field)
            if not page.next_page_token:
                return
            if not getattr(page, field) or page.next_page_token == options.get("next_page_token"):
                raise self.address.error(
                    f"the service at {self.address.place} gives pages without end ({method})", _DIRECT
                )
            options["next_page_token"] = page.next_page_token

    def events(self, artifacts: list[int], executions: list[int]) -> Iterator[Any]:
        """Yields the events of artifacts and of executions, most of them twice."""
        for method, name, ids in (
            ("GetEventsByArtifactIDs", "artifact_ids", artifacts),
            ("GetEventsByExecutionIDs", "execution_ids", executions),
        ):
            for start in range(0, len(ids), _IDS):
                yield from self.ask(method, **{name: ids[start : start + _IDS]}).events


class _Rows:
    """The rows of the tables, made from messages."""

    def __init__(self) -> None:
        self.found: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}

    def ids(self, kind: str) -> list[int]:
        return [row[0] for row in self.found[kind] if isinstance(row[0], int)]

    def add_types(self, kind: str, types: Iterable[Any]) -> None:
        for each in types:
            texts = (_given(each, name) for name in ("description", "external_id"))
            row = (each.id, each.name, _given(each, "version"), _KINDS.index(kind), *texts)
            self.found["type"].append(row)
            self.found["type_property"] += [(each.id, name, value) for name, value in sorted(each.properties.items())]

    def add_thing(self, kind: str, item: Any) -> None:
        self.found[kind].append(tuple(_given(item, column) for column in COLUMNS[kind]))
        for custom, properties in ((False, item.properties), (True, item.custom_properties)):
            for name in sorted(properties):
                self.found[f"{kind}_property"].append((item.id, name, custom, *_values(properties[name])))

    def add_events(self, events: Iterable[Any]) -> None:
        by_key = {(event.artifact_id, event.execution_id, event.type): event for event in events}
        # Events come without their ids: numbered by time, an older one keeps its number when others are added.
        ordered = sorted(by_key.items(), key=lambda pair: (pair[1].milliseconds_since_epoch, pair[0]))
        for number, ((artifact, execution, kind), event) in enumerate(ordered, 1):
            self.found["event"].append((number, artifact, execution, kind, _given(event, "milliseconds_since_epoch")))
            for step in event.path.steps:
                is_index = step.WhichOneof("value") == "index"
                place = (step.index, None) if is_index else (None, step.key)
                self.found["event_path"].append((number, is_index, *place, len(self.found["event_path"])))

    def add_members(self, table: str, context: int, members: Iterable[Any]) -> None:
        for member in members:
            self.found[table].append((len(self.found[table]) + 1, context, member.id))

    def tables(self) -> Tables:
        import pyarrow as pa

        made = {}
        for table, rows in self.found.items():
            schema = arrow_schema(table)
            columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            made[table] = pa.Table.from_arrays(arrays, schema=schema)
        return made


def _given(message: Any, field: str) -> object:
    return getattr(message, field) if message.HasField(field) else None


def _values(value: Any) -> tuple[object, ...]:
    """The value columns of a property: whole number, fraction, text, bytes, message, truth."""
    kind = value.WhichOneof("value")
    content = getattr(value, kind) if kind else None
    if kind == "struct_value":
        kind, content = "string_value", PREFIX + base64.b64encode(value.struct_value.SerializeToString()).decode()
    elif kind == "proto_value":
        content = value.proto_value.SerializeToString()
    names = ("int_value", "double_value", "string_value", "byte_value", "proto_value", "bool_value")
    return tuple(content if kind == name else None for name in names)


def _channel(address: Address) -> "grpc.Channel":
    import grpc

    options = [("grpc.max_receive_message_length", _LARGEST_ANSWER), ("grpc.enable_http_proxy", 0)]
    target = f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"
    if not address.locator.startswith("grpcs:"):
        return grpc.insecure_channel(target, options=options)
    try:
        roots = Path(address.sslrootcert).read_bytes() if address.sslrootcert else None
    except OSError as error:
        raise address.error(f"{address.sslrootcert}: {error.strerror}", "sslrootcert names a file in PEM") from None
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options=options)


def _refused(error: Any, address: Address, method: str) -> SourceError:
    code = error.code().name
    said = " ".join(str(error.details() or "").split())[:300]
    return address.error(
        f"the service at {address.place} cannot be read: {code.lower().replace('_', ' ')} ({method}): {said}",
        _HINTS.get(code, _DIRECT),
    )
