"""A headless Chromium, driven over a pipe by its own protocol (https://chromedevtools.github.io/devtools-protocol)."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

__all__ = ["CHROMIUM", "Page", "opened"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-extensions", "--no-first-run", "--remote-debugging-pipe", "about:blank",
)  # fmt: skip

#: The protocol is spoken over descriptors 3 and 4; both are copied away first, so that neither overwrites the other.
_START = """
import fcntl, os, sys
high = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 20) for number in sys.argv[1:3]]
os.dup2(high[0], 3)
os.dup2(high[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Page:
    """One page in a browser.

    Attributes:
        logged: what the page wrote to the console, and what it was forbidden to do.
        asked: addresses that it asked for.
    """

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._rest = b""
        self._number = 0
        self._session = ""
        self.logged: list[str] = []
        self.asked: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def show(self, path: Path, *, width: int = 1300, height: int = 900, dark: bool = False) -> Self:
        """Loads a local file."""
        self.logged.clear()
        self.asked.clear()
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._call("Page.navigate", url=path.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass
        return self

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, selector: str) -> None:
        """Clicks in the middle of an element."""
        quoted = json.dumps(selector)
        x, y = self.ask(
            f"(() => {{ const e = document.querySelector({quoted});"
            " e.scrollIntoView({block: 'center', inline: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Presses a key, such as ``Escape``."""
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key)

    def photograph(self, path: Path) -> None:
        """Writes what is in view as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def print(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self._call("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._requests, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                found: dict[str, Any] = answer["result"]
                return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._answers, 1 << 16)
            assert read, "the browser went away"
            self._rest += read
        whole, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(whole)
        match message.get("method"):
            case "Log.entryAdded":
                self.logged.append(message["params"]["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Page.javascriptDialogOpening":
                self.logged.append(json.dumps(message["params"]))
            case "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])
        return message


@contextmanager
def opened(profile: Path) -> Iterator[Page]:
    """A page in a browser of its own, which ends with it.

    Args:
        profile: a new folder for what the browser keeps.
    """
    assert CHROMIUM is not None
    theirs, requests = os.pipe()
    answers, written = os.pipe()

    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(theirs), str(written), CHROMIUM, f"--user-data-dir={profile}", *_FLAGS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs, written),
        start_new_session=True,
    )
    os.close(theirs)
    os.close(written)
    try:
        yield Page(requests, answers)
    finally:
        os.close(requests)
        os.close(answers)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
