"""Addresses of servers that hold an ML Metadata store: ``mysql://reader@host:3306/metadb``."""

import os
import re
from dataclasses import field
from urllib.parse import parse_qsl, unquote, urlsplit

from forensics.errors import SourceError
from forensics.secrets import without_secrets
from forensics.values import dataclass

__all__ = ["PASSWORD_VARIABLE", "Address"]

#: The environment variable that holds the password, so that it need not stand in a command.
PASSWORD_VARIABLE = "FORENSICS_MLMD_PASSWORD"  # noqa: S105 - a name, not a password

_BACKENDS = {
    "mysql": ("mysql", 3306),
    "mariadb": ("mysql", 3306),
    "postgresql": ("postgresql", 5432),
    "postgres": ("postgresql", 5432),
    "grpc": ("grpc", 8080),
    "grpcs": ("grpc", 8080),
}
_SCHEME = re.compile(r"([a-z]+)://", re.IGNORECASE)
_OPTIONS = frozenset({"schema", "socket", "sslmode", "sslrootcert", "timeout"})
_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
_FORM = "write mysql://USER@HOST:PORT/DATABASE, postgresql://USER@HOST:PORT/DATABASE or grpc://HOST:PORT"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to be let in.

    Attributes:
        locator: the address without password and without what does not tell one store from another.
        backend: ``mysql``, ``postgresql`` or ``grpc``.
        user, password: empty where the address and the environment state none; the library's own files may do so then.
        database: empty for gRPC.
        schema: the PostgreSQL schema that holds the tables; empty to look for it.
        socket: a Unix socket (MySQL) or the folder of one (PostgreSQL), instead of host and port.
        sslmode: one of libpq's words from ``disable`` to ``verify-full``.
        sslrootcert: a file with the certificates of the authorities to trust; empty for the system's own.
        timeout: seconds that any single answer may take.
    """

    locator: str
    backend: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    schema: str = ""
    socket: str = ""
    sslmode: str = "prefer"
    sslrootcert: str = ""
    timeout: float = 600.0

    @classmethod
    def parse(cls, locator: str) -> "Address | None":
        """Reads an address.

        Returns:
            The address, or None for what is no address of such a server.

        Raises:
            SourceError: it is one, but malformed.
        """
        match = _SCHEME.match(locator)
        scheme = match[1].lower() if match else ""
        if scheme not in _BACKENDS:
            return None
        backend, usual_port = _BACKENDS[scheme]
        try:
            parts = urlsplit(locator)
            host, port = parts.hostname or "", parts.port or usual_port
        except ValueError:
            raise _malformed(locator, "no host and port can be made out") from None
        options = dict(parse_qsl(parts.query))
        database = unquote(parts.path.strip("/"))
        if "@" in parts.path + parts.query + parts.fragment:
            raise _malformed(locator, "an @ stands behind the host")
        _check(locator, backend, host, database, options)
        return cls(
            locator=_shown(scheme, unquote(parts.username or ""), host, parts.port, database, options),
            backend=backend,
            host=host,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or "") or os.environ.get(PASSWORD_VARIABLE, ""),
            database=database,
            schema=options.get("schema", ""),
            socket=options.get("socket", ""),
            sslmode=options.get("sslmode", "require" if scheme == "grpcs" else "prefer"),
            sslrootcert=options.get("sslrootcert", ""),
            timeout=float(options.get("timeout", "600")),
        )

    @property
    def connect_timeout(self) -> float:
        """Seconds to wait until the server has let us in."""
        return min(10.0, self.timeout)

    @property
    def place(self) -> str:
        """Host and port, or the socket, for messages."""
        return self.socket or f"{self.host}:{self.port}"

    @property
    def named(self) -> str:
        """The database, for messages."""
        return f"database {self.database} at {self.place}"

    def error(self, message: str, hint: str = "") -> SourceError:
        """An error about this server, from which the password is cut wherever it stands."""
        if self.password:
            message, hint = (text.replace(self.password, "***") for text in (message, hint))
        return SourceError(message, hint=hint, locator=self.locator)


def _check(locator: str, backend: str, host: str, database: str, options: dict[str, str]) -> None:
    if set(options) - _OPTIONS:
        raise _malformed(locator, f"options are {', '.join(sorted(_OPTIONS))}")
    if not host and "socket" not in options:
        raise _malformed(locator, "the host is missing")
    if backend == "grpc" and database:
        raise _malformed(locator, "a gRPC server has no database name")
    if backend == "grpc" and urlsplit(locator).username is not None:
        raise _malformed(locator, "a gRPC server is asked without an account")
    if backend != "grpc" and (not database or "/" in database):
        raise _malformed(locator, "the name of the database is missing" if not database else "more than one database")
    if options.get("sslmode", "prefer") not in _MODES:
        raise _malformed(locator, f"sslmode is none of {', '.join(_MODES)}")
    if re.fullmatch(r"\d{1,6}(\.\d+)?", options.get("timeout", "1")) is None or float(options.get("timeout", "1")) <= 0:
        raise _malformed(locator, "timeout is no number of seconds")


def _shown(scheme: str, user: str, host: str, port: int | None, database: str, options: dict[str, str]) -> str:
    where = f"[{host}]" if ":" in host else host
    shown = f"{scheme}://{f'{user}@' if user else ''}{where}{f':{port}' if port else ''}"
    shown += f"/{database}" if database else ""
    kept = [f"{name}={options[name]}" for name in ("schema", "socket") if options.get(name)]
    return f"{shown}?{'&'.join(kept)}" if kept else shown


def _malformed(locator: str, what: str) -> SourceError:
    shown = without_secrets(locator)
    hint = f"{_FORM}; give the password in {PASSWORD_VARIABLE}, or percent-encode / : @ ? # in it"
    return SourceError(f"not the address of a server: {shown}: {what}", hint=hint, locator=shown)
