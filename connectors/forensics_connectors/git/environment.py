"""How git is run: only plumbing, in an environment of our own, through GitPython.

Nothing of the caller's environment reaches git: ``GIT_DIR``, ``GIT_OBJECT_DIRECTORY`` and the like would redirect it,
and GitPython hands on all of ``os.environ``. So each child is started by ``env -i``.
"""

import os
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from forensics.errors import SourceError

__all__ = ["ENVIRONMENT", "Child", "Runner"]

#: The whole environment of every git child, save ``GIT_DIR``.
ENVIRONMENT: dict[str, str] = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "SSH_ASKPASS": "/bin/false",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "/bin/false",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_LITERAL_PATHSPECS": "1",
}


#: Kibibytes of memory of its own that a git child may take. git holds the whole difference of two trees in memory, and
#: a few kilobytes of trees can name billions of files.
_MEMORY = 1 << 20
#: Bytes that may wait in a pipe: as much as the system allows any user.
_PIPE = 1 << 20
_LIMITED = ("/bin/sh", "-c", 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"', "sh")


class Child:
    """A running git process, its standard error drained so that it can never block.

    Attributes:
        stdin, stdout: pipes of bytes; ``stdin`` is None where a file was given.
    """

    def __init__(self, process: Any) -> None:
        self._process = process
        self.stdin: IO[bytes] | None = process.stdin
        self.stdout: IO[bytes] = process.stdout
        self._errors: deque[bytes] = deque(maxlen=20)
        self._drain = threading.Thread(target=self._read_errors, args=(process.stderr,), daemon=True)
        self._drain.start()

    def _read_errors(self, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(500):
                self._errors.append(line)

    def errors(self) -> str:
        """The last lines that git wrote to standard error; call it after ``wait``."""
        self._drain.join()
        return b"".join(self._errors).decode("utf-8", "backslashreplace").strip()

    def wait(self) -> int:
        """Waits for the end and returns the exit code."""
        if self.stdin is not None and not self.stdin.closed:
            with suppress(BrokenPipeError):
                self.stdin.close()
        self.stdout.close()
        return int(self._process.proc.wait())

    def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        if self._process.proc.poll() is None:
            self._process.proc.terminate()
        self.wait()
        self._drain.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Runner:
    """Starts git on one git directory.

    Raises:
        SourceError: there is no git program.
    """

    def __init__(self, git_dir: Path) -> None:
        program = shutil.which("git")
        cleaner = shutil.which("env", path="/usr/bin:/bin")
        hint = "install git 2.38 or newer and put it on the PATH"
        if program is None or not Path(program).is_absolute() or cleaner is None:
            raise SourceError("the git program was not found", hint=hint)
        settings = {**ENVIRONMENT, "GIT_DIR": str(git_dir)}
        self._command = [cleaner, "-i", *(f"{name}={value}" for name, value in settings.items()), program]
        try:
            from git.cmd import Git
        except ImportError as error:
            raise SourceError("GitPython cannot be loaded", hint=hint) from error
        self._git = Git(str(git_dir))
        version = _version(program, self)
        if version < _OLDEST:
            raise SourceError(f"git {'.'.join(map(str, version))} is too old", hint=hint)

    def start(self, *arguments: str, stdin: bytes | IO[bytes] | None = b"") -> Child:
        """Starts ``git ARGUMENTS``.

        Args:
            *arguments: the command and its arguments.
            stdin: what it reads: bytes, an open file, or None for a pipe to write to.
        """
        if isinstance(stdin, bytes):
            with _memory_file(stdin) as file:
                return self._spawn(arguments, file)
        return self._spawn(arguments, subprocess.PIPE if stdin is None else stdin)

    def _spawn(self, arguments: tuple[str, ...], stdin: int | IO[bytes]) -> Child:
        *cleaner, program = self._command
        command = [*cleaner, *_LIMITED, str(_MEMORY), program, "--no-pager", "--no-replace-objects", *arguments]
        process = self._git.execute(command, istream=cast("Any", stdin), as_process=True, shell=False)
        child = Child(process)
        _widen(child.stdout)
        return child

    def run(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
        """Runs ``git ARGUMENTS`` to its end and returns what it wrote.

        Args:
            *arguments: the command and its arguments.
            stdin: what it reads.
            check: raise if it fails; else return what it wrote until then.

        Raises:
            SourceError: git failed, and ``check`` is set.
        """
        with self.start(*arguments, stdin=stdin) as child:
            output = child.stdout.read()
            code = child.wait()
            if code and check:
                raise SourceError(f"git {arguments[0]} failed: {child.errors() or f'exit code {code}'}")
        return output

    def stream(self, *arguments: str, stdin: bytes = b"", chunk: int = 1 << 18) -> Iterator[bytes]:
        """Runs ``git ARGUMENTS`` and yields what it writes in chunks, until it ends, well or not."""
        with self.start(*arguments, stdin=stdin) as child:
            while data := child.stdout.read(chunk):
                yield data


def _widen(pipe: IO[bytes]) -> None:
    """Lets git write further ahead of its reader, where pipes can be made larger."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


_OLDEST = (2, 38)
_versions: dict[str, tuple[int, ...]] = {}


def _version(program: str, runner: Runner) -> tuple[int, ...]:
    if program not in _versions:
        numbers = runner.run("version").decode("ascii", "replace").split()[2].split(".")
        _versions[program] = tuple(int(number) for number in numbers[:2] if number.isdigit())
    return _versions[program]


def _memory_file(data: bytes) -> IO[bytes]:
    import tempfile

    file = tempfile.TemporaryFile(prefix="forensics-")  # noqa: SIM115 -- the caller closes it
    file.write(data)
    file.flush()
    file.seek(0, os.SEEK_SET)
    return file
