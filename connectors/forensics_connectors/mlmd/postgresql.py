"""ML Metadata stores in PostgreSQL."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar, cast

from forensics.case.sql import statements
from forensics.errors import SourceError

from .address import PASSWORD_VARIABLE, Address
from .snapshot import Snapshot, layout_of, with_version
from .tables import NAMES

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PostgresqlSnapshot"]

_Result = TypeVar("_Result")

_GRACE = 5.0  # seconds that the server has to say itself that it took too long
_TIME = "?timeout=SECONDS at the end of the address allows more time"
_TABLES = ("r", "p")
_CASTS = {"int64": "int8", "int32": "int4", "float64": "float8", "bool_": "bool::int4", "binary": "bytea"}
# What the server or the library may say in English, and the mend: no code comes with a refusal to connect.
_HINTS = (
    (r"password authentication failed|no password supplied", "is the password right ({variable} or ~/.pgpass)?"),
    (r"no pg_hba\.conf entry|role .* does not exist", "may the account come from this host?"),
    (r"database .* does not exist", "is the name of the database right?"),
    (r"permission denied", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO the account, and USAGE on the schema"),
    (r"row-level security", "use an account that may see all rows (BYPASSRLS)"),
    (r"could not translate host name", "is the name of the host right?"),
    (r"Connection refused|No such file|No route", "is the server up, and can its port be reached from here?"),
    (r"statement timeout|timeout expired|57014", _TIME),
    (r"authentication method requirement", "sslmode=verify-full allows it, to a server that proves who it is"),
)


class PostgresqlSnapshot(Snapshot):
    """One repeatable-read transaction on a PostgreSQL database, read through ADBC."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._sql = statements("forensics_connectors.mlmd", "postgresql.sql")
        self._stuck = False
        self._connection = self._connected()
        try:
            self.version, self._encoding = (str(value) for value in self._ask(self._sql["version"])[0])
            self._look()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the transaction and the connection; one that does not answer is left to the end of the process."""
        if not self._stuck:
            with suppress(Exception):
                self._connection.rollback()
            with suppress(Exception):
                self._connection.close()

    def _connected(self) -> Any:
        try:
            from adbc_driver_manager import Error
            from adbc_driver_postgresql import dbapi
        except ImportError:
            hint = "pip install 'lineage-forensics[servers]', or pip install adbc-driver-postgresql"
            raise self.address.error("the driver for PostgreSQL is not installed", hint) from None
        self._error: type[Exception] = Error
        return self._patiently(lambda: dbapi.connect(_conninfo(self.address)), self.address.connect_timeout)

    def _look(self) -> None:
        wanted = [*(name.lower() for name in NAMES.values()), "mlmdenv"]
        found = self._ask(self._sql["columns"], ["{" + ",".join(wanted) + "}"])
        schemas = sorted({schema for schema, table, _, _ in found if table.lower() in ("artifact", "execution")})
        if self.address.schema:
            schemas = [self.address.schema]
        elif len(schemas) > 1:
            raise self.address.error(
                f"{self.address.named} has several such stores, in {', '.join(schemas)}",
                "say which one: ?schema=NAME at the end of the address",
            )
        self._schema = schemas[0] if schemas else "public"
        rows = [(table, column, kind) for schema, table, column, kind in found if schema == self._schema]
        for table, _, kind in rows:
            if kind not in _TABLES:
                raise self.address.error(
                    f"{table} in {self.address.named} is a view or foreign, no table",
                    "name the database and ?schema= that hold the tables themselves",
                )
        layout = layout_of([(table, column) for table, column, _ in rows])
        self.layout = with_version(layout, self._schema_versions(rows) if layout.has_version_table else [])

    def _schema_versions(self, rows: list[tuple[str, str, str]]) -> list[Any]:
        table = next(table for table, _, _ in rows if table.lower() == "mlmdenv")
        return [row[0] for row in self._ask(f"SELECT schema_version::int8 FROM {self.quoted(table)}")]  # noqa: S608

    def expression(self, column: str, kind: str) -> str:
        """The column with its type; text as bytes in UTF-8, or as they are where the database knows no encoding."""
        name = _identifier(column)
        if kind == "string":
            encoding = "SQL_ASCII" if self._encoding == "SQL_ASCII" else "UTF8"
            return f"pg_catalog.convert_to({name}::text, '{encoding}')"
        return f"{name}::{_CASTS[kind]}"

    def quoted(self, table: str) -> str:
        """Schema and table in double quotes."""
        return f"{_identifier(self._schema)}.{_identifier(table)}"

    def batches(self, sql: str, schema: "pa.Schema") -> "Iterator[pa.RecordBatch]":
        """Runs a query and yields its rows as they come."""
        import pyarrow as pa

        with self._asked(sql) as cursor:
            reader = self._patiently(cursor.fetch_record_batch)
            while (batch := self._patiently(lambda: next(reader, None))) is not None:
                arrays = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
                yield pa.record_batch(arrays, schema=schema)

    def checksum(self, table: str, columns: list[str]) -> tuple[object, ...]:
        """The number of rows, and the sums of two halves of a hash of each."""
        each = ", ".join(map(_identifier, columns))
        sums = ", ".join(f"sum(('x' || pg_catalog.substr(h, {start}, 15))::bit(60)::int8)::text" for start in (1, 16))
        rows = f"SELECT pg_catalog.md5(ROW({each})::text) AS h FROM {self.quoted(self.layout.names[table])}"  # noqa: S608
        return tuple(self._ask(f"SELECT count(*), {sums} FROM ({rows}) hashed")[0])  # noqa: S608 - names come quoted

    def sequences(self) -> dict[str, int]:
        """The last value of each sequence. PostgreSQL skips some on rollback, so a gap proves little."""
        last = dict(self._ask(self._sql["sequences"], [self._schema]))
        return {table: last[name] for table, name in self.layout.names.items() if last.get(name) is not None}

    def _ask(self, sql: str, given: list[str] | None = None) -> list[tuple[Any, ...]]:
        with self._asked(sql, given) as cursor:
            rows: list[tuple[Any, ...]] = self._patiently(cursor.fetchall)
            return rows

    @contextmanager
    def _asked(self, sql: str, given: list[str] | None = None) -> Iterator[Any]:
        cursor = self._connection.cursor()
        try:
            self._patiently(lambda: cursor.execute(sql, given))
            yield cursor
        finally:
            if not self._stuck:
                cursor.close()

    def _patiently(self, work: Callable[[], _Result], seconds: float | None = None) -> _Result:
        """Calls the library, which itself waits for ever for a server that falls silent.

        Raises:
            SourceError: the call failed, or took longer than the server may take.
        """
        done: SimpleQueue[tuple[_Result | None, BaseException | None]] = SimpleQueue()

        def call() -> None:
            try:
                done.put((work(), None))
            except BaseException as error:  # it is raised where it is waited for
                done.put((None, error))

        Thread(target=call, daemon=True).start()
        limit = self.address.timeout if seconds is None else seconds
        try:
            result, error = done.get(timeout=limit + _GRACE)
        except Empty:
            self._stuck = True
            raise self.address.error(
                f"the database at {self.address.place} fell silent for {limit:g} s", _TIME
            ) from None
        except BaseException:
            self._stuck = True  # interrupted: the library is still at work
            raise
        if isinstance(error, self._error):
            raise _refused(error, self.address) from None
        if error is not None:
            raise error
        return cast("_Result", result)


def _conninfo(address: Address) -> str:
    milliseconds = max(1, int(address.timeout * 1000))
    settings = {
        "default_transaction_isolation": "repeatable\\ read",
        "default_transaction_read_only": "on",
        "statement_timeout": str(milliseconds),
        "client_encoding": "UTF8",
        "row_security": "off",  # fail rather than leave out rows
        "synchronize_seqscans": "off",  # rows in the order in which they lie, for the steps of event paths
        "search_path": "pg_catalog",
    }
    given = {
        "host": address.socket or address.host,
        "port": str(address.port),
        "user": address.user,
        "password": address.password,
        "dbname": address.database,
        "sslmode": address.sslmode,
        "sslrootcert": address.sslrootcert,
        "connect_timeout": str(max(2, round(address.connect_timeout))),
        "application_name": "lineage-forensics",
        "require_auth": "" if address.sslmode.startswith("verify-") else "!password",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
    words = ((name, value.replace("\\", "\\\\").replace("'", "\\'")) for name, value in given.items() if value)
    return " ".join(f"{name}='{value}'" for name, value in words)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _refused(error: Exception, address: Address) -> SourceError:
    said = str(error).split("Query was:", 1)[0]
    said = re.sub(r"\A.*?(?:FATAL|ERROR|failed to connect|Failed to connect): +", "", said, flags=re.DOTALL)
    said = " ".join(said.split())[:300]
    hint = next(
        (hint for pattern, hint in _HINTS if re.search(pattern, f"{error} {getattr(error, 'sqlstate', '')}")), ""
    )
    return address.error(
        f"the database at {address.place} cannot be read: {said}", hint.format(variable=PASSWORD_VARIABLE)
    )
