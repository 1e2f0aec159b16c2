"""ML Metadata stores in MySQL and MariaDB, where Kubeflow Pipelines keeps its own."""

import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.case.sql import statements
from forensics.errors import SourceError

from .address import PASSWORD_VARIABLE, Address
from .snapshot import Snapshot, layout_of, unpacked, with_version

if TYPE_CHECKING:
    import pyarrow as pa
    import pymysql

__all__ = ["MysqlSnapshot"]

_ROWS = 20_000  # of a batch
_NO_SUCH_VARIABLE = 1193
_HINTS = {
    1044: "GRANT SELECT ON {database}.* TO the account",
    1045: "is the password right ({variable}), and may the account come from this host?",
    1049: "Kubeflow Pipelines calls it metadb; SHOW DATABASES lists what the account may see",
    1130: "may the account come from this host?",
    1142: "GRANT SELECT ON {database}.* TO the account",
    1143: "GRANT SELECT ON {database}.* TO the account",
    2003: "is the server up, and can its port be reached from here?",
    2005: "is the name of the host right?",
    2006: "is the server still up? run the command again",
    2013: "is the server still up? ?timeout=SECONDS at the end of the address allows more time",
    1969: "?timeout=SECONDS at the end of the address allows more time",
    3024: "?timeout=SECONDS at the end of the address allows more time",
}


class _NoClearPassword:
    """Refuses to hand the password itself to a server that has not proved who it is."""

    def __init__(self, connection: object) -> None:
        del connection

    def authenticate(self, packet: object) -> object:
        import pymysql

        del packet
        raise pymysql.err.OperationalError(2059, "the server asks for the password in clear text")


class MysqlSnapshot(Snapshot):
    """One consistent snapshot of a MySQL or MariaDB database."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._connection = _connected(address)
        self._last: dict[str, int] = {}
        self._sql = statements("forensics_connectors.mlmd", "mysql.sql")
        try:
            self._begin()
            self._look()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the transaction and the connection."""
        import pymysql

        with suppress(pymysql.err.Error, OSError):
            self._connection.close()

    def _begin(self) -> None:
        self.version = _plain(self._ask(self._sql["version"])[0][0])
        if "mariadb" in self.version.lower():
            self._ask(self._sql["limit_mariadb"], {"seconds": self.address.timeout})
        else:
            for name in ("limit_mysql", "fresh_statistics"):  # older servers know neither
                self._ask(self._sql[name], {"milliseconds": int(self.address.timeout * 1000)}, optional=True)
        self._ask(self._sql["isolation"])
        self._ask(self._sql["start"])

    def _look(self) -> None:
        found = [(_plain(table), _plain(column)) for table, column in self._ask(self._sql["columns"])]
        layout = layout_of(found)
        versions: list[Any] = []
        for name, table_type, engine, following in (map(_plain, row) for row in self._ask(self._sql["tables"])):
            if name not in layout.names.values() and name.lower() != "mlmdenv":
                continue
            if table_type != "BASE TABLE":
                raise self.address.error(
                    f"{name} in {self.address.named} is a {table_type.lower()}, no table",
                    "name the database that holds the tables themselves",
                )
            if name.lower() == "mlmdenv":
                versions = [row[0] for row in self._ask(f"SELECT schema_version FROM {self.quoted(name)}")]  # noqa: S608
                continue
            table = next(table for table, spelled in layout.names.items() if spelled == name)
            if engine != "InnoDB":
                self.note(
                    table, "", f"kept by {engine}, which has no snapshots: rows written meanwhile may be mixed in"
                )
            if following:
                self._last[table] = int(following) - 1
        self.layout = with_version(layout, versions)

    def expression(self, column: str, kind: str) -> str:
        """The column as it is: the driver makes the values."""
        del kind
        return self.quoted(column)

    def quoted(self, table: str) -> str:
        """A name in backticks."""
        return "`" + table.replace("`", "``") + "`"

    def batches(self, sql: str, schema: "pa.Schema") -> "Iterator[pa.RecordBatch]":
        """Runs a query and yields its rows as they come."""
        import pyarrow as pa
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                while rows := cursor.fetchmany(_ROWS):
                    columns = zip(*rows, strict=True)
                    arrays = [pa.array(values, field.type) for field, values in zip(schema, columns, strict=True)]
                    yield pa.record_batch(arrays, schema=schema)
        except (pymysql.err.Error, OSError) as error:
            raise _refused(error, self.address) from None

    def text(self, table: str, name: str, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        """Text as its writer meant it.

        The official client says nothing of its encoding when it connects, so the server takes its UTF-8 for latin1, and
        turns it back when that client reads. We see it as it is kept.
        """
        import pyarrow as pa

        found = super().text(table, name, column)
        meant = {
            text: _ungarbled(text) for text in found.unique().to_pylist() if text is not None and not text.isascii()
        }
        garbled = sum(text != right for text, right in meant.items())
        if not garbled:
            return found
        self.note(table, name, f"{garbled:,} texts are kept as latin1 that was UTF-8; read as what was written")
        return pa.chunked_array([pa.array([meant.get(text, text) for text in found.to_pylist()], pa.string())])

    def proto(self, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        """ML Metadata keeps messages as base64 in MySQL."""
        return unpacked(column)

    def checksum(self, table: str, columns: list[str]) -> tuple[object, ...]:
        """The number of rows, and the sums of two halves of a hash of each."""
        each = ", ".join(f"COALESCE(SHA2({self.quoted(column)}, 256), '-')" for column in columns)
        sums = ", ".join(f"SUM(CAST(CONV(SUBSTR(h, {start}, 15), 16, 10) AS UNSIGNED))" for start in (1, 16))
        rows = f"SELECT SHA2(CONCAT_WS('|', {each}), 256) AS h FROM {self.quoted(self.layout.names[table])}"  # noqa: S608
        found = self._ask(f"SELECT COUNT(*), {sums} FROM ({rows}) AS hashed")  # noqa: S608 - names come quoted
        return tuple(map(_plain, found[0]))

    def sequences(self) -> dict[str, int]:
        """The last value of each AUTO_INCREMENT. InnoDB skips some itself, so a gap proves little."""
        return dict(self._last)

    def _ask(self, sql: str, given: dict[str, object] | None = None, *, optional: bool = False) -> list[Any]:
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, given)
                return list(cursor.fetchall())
        except (pymysql.err.Error, OSError) as error:
            if optional and error.args and error.args[0] == _NO_SUCH_VARIABLE:
                return []
            raise _refused(error, self.address) from None


def _connected(address: Address) -> "pymysql.connections.Connection[Any]":
    try:
        import pymysql
        from pymysql.cursors import SSCursor
    except ImportError:
        raise address.error(
            "the driver for MySQL is not installed",
            "pip install 'lineage-forensics[servers]', or pip install 'pymysql[rsa]'",
        ) from None

    user, password = _from_option_file(address)
    verified = address.sslmode.startswith("verify-")
    try:
        return pymysql.connect(
            host=address.host or None,
            port=address.port,
            unix_socket=address.socket or None,
            user=user or None,
            password=password.encode(),
            database=address.database,
            charset="utf8mb4",
            use_unicode=False,
            conv=_converters(),
            cursorclass=SSCursor,
            connect_timeout=max(1, round(address.connect_timeout)),
            read_timeout=address.timeout,
            write_timeout=address.timeout,
            local_infile=False,
            autocommit=False,
            ssl=_tls(address) if address.sslmode not in ("disable", "prefer") else None,
            ssl_disabled=address.sslmode == "disable" or None,
            auth_plugin_map={} if verified else {"mysql_clear_password": _NoClearPassword},
        )
    except (pymysql.err.Error, OSError, RuntimeError, ValueError) as error:
        raise _refused(error, address) from None


def _from_option_file(address: Address) -> tuple[str, str]:
    """The user and the password, the latter from ``~/.my.cnf`` where nothing else states one for that user."""
    from pymysql.optionfile import Parser

    user, password = address.user, address.password
    path = Path("~/.my.cnf").expanduser()
    if not password and path.is_file():
        options = Parser()
        with suppress(Exception):  # whatever is wrong with the file, the server will ask for the password
            options.read(path)
            if not user or options.get("client", "user") == user:
                user = user or str(options.get("client", "user"))
                password = str(options.get("client", "password"))
    return user, password


def _converters() -> dict[Any, Any]:
    """How values come: numbers as such, all else as bytes."""
    from pymysql.constants import FIELD_TYPE as KIND
    from pymysql.converters import encoders

    whole = dict.fromkeys((KIND.TINY, KIND.SHORT, KIND.LONG, KIND.LONGLONG, KIND.INT24, KIND.YEAR), int)
    return {**encoders, **whole, KIND.FLOAT: float, KIND.DOUBLE: float}


def _tls(address: Address) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=address.sslrootcert or None)
    if address.sslmode != "verify-full":
        context.check_hostname = False
    if address.sslmode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _ungarbled(text: str) -> str:
    """Undoes the reading of UTF-8 as latin1, where that yields text."""
    try:
        return b"".join(map(_latin1, text)).decode("utf-8")
    except UnicodeError:
        return text


def _latin1(letter: str) -> bytes:
    """What MySQL calls latin1: cp1252, and the control characters where that has holes."""
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def _refused(error: Exception, address: Address) -> SourceError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = str(error.args[-1] if error.args else error).split("\n", 1)[0][:300]
    if isinstance(error, TimeoutError) or "timed out" in said:
        said, code = f"no answer within {address.timeout:g} s", code or 2013
    hint = _HINTS.get(code, "").format(database=address.database, variable=PASSWORD_VARIABLE)
    return address.error(f"the database at {address.place} cannot be read: {said}", hint)
