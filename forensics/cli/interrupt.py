"""Ctrl-C that is obeyed even while a library is busy.

DuckDB looks for signals only between its tasks, and one task can take minutes. The interpreter writes a byte to a pipe
the moment a signal comes in, so a second thread can end the process when the first has not ended by itself. A case is
left as it was: what was not committed is not in it.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["obeyed"]

_GRACE = 2.0  # seconds in which a command may end by itself


@contextmanager
def obeyed(say: Callable[[], int]) -> Iterator[None]:
    """Ends the process soon after Ctrl-C, whatever the main thread does.

    Args:
        say: tells the user, and returns the exit code.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    ended = threading.Event()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reader, ended, say), daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(writer)


def _watch(reader: int, ended: threading.Event, say: Callable[[], int]) -> None:
    while number := os.read(reader, 1):
        if number[0] == signal.SIGINT and not ended.wait(_GRACE):
            os._exit(say())
    os.close(reader)
