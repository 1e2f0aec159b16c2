"""The notebooks run from a clean kernel, and show what is checked in.

After a change of what they show: ``pytest tests/notebooks --rewrite``, and look at them.
"""

import json
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: Bytes: a notebook is read in a review.
LARGEST = 400_000
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_a_notebook_runs_from_a_clean_kernel_and_shows_what_is_checked_in(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name in ("TMPDIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("FORENSICS_CASE", str(tmp_path / "of-somebody-else.duckdb"))
    kept = nbformat.read(path, as_version=4)
    fresh = deepcopy(kept)
    for cell in code(fresh):
        cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(fresh, timeout=300, record_timing=False, coalesce_streams=True, resources=resources).execute()
    fresh.metadata = kept.metadata
    if request.config.getoption("rewrite"):
        nbformat.write(fresh, path)
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs(fresh))
    nbformat.validate(fresh)
    for was, now in zip(code(kept), code(fresh), strict=True):
        if not request.config.getoption("rewrite"):
            assert plain(now.outputs) == plain(was.outputs), now.source


@each_notebook
def test_a_notebook_is_small_and_names_no_place_of_this_machine_and_no_time_of_its_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    assert not [word for word in ("/tmp/", "/home/", "/root/", str(FOLDER.parent), "/var/folders") if word in text]
    assert nbformat.read(path, as_version=4).cells[0].source.startswith("# ")


@each_notebook
def test_as_html_it_keeps_tables_and_pictures_and_asks_for_nothing_outside(path: Path) -> None:
    exporter = HTMLExporter(template_name="lab", mathjax_url="", require_js_url="", mermaid_js_url="")
    body, _ = exporter.from_filename(str(path))
    page = Fetched(body)
    assert not [address for address in page.addresses if not address.startswith(("#", "data:"))]
    shown = "".join(str(output) for output in outputs(nbformat.read(path, as_version=4)))
    assert page.counts["svg"] + page.counts["img"] >= shown.count("<svg")
    assert page.counts["table"] == shown.count("<table")


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in code(notebook) for output in cell.outputs]


def plain(shown: Any) -> Any:
    """Without the classes of the kernel's client."""
    return json.loads(json.dumps(shown))


class Fetched(HTMLParser):
    """What a page would ask for when it is opened, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.counts = {"svg": 0, "img": 0, "table": 0}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.counts:
            self.counts[tag] += 1
        wanted = {"src", "srcset", "data", "xlink:href", *(("href",) if tag in {"link", "image", "use"} else ())}
        self.addresses += [value for name, value in attrs if name in wanted and value]
