"""A notebook runs headlessly: its cells succeed, and show what they should."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from environments import ROOT, install, wheel

NOTEBOOK = ROOT / "examples" / "notebook" / "trimaran.ipynb"
RUN = """
import json, sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
print(json.dumps(notebook))"""


@pytest.fixture(scope="module")
def shown() -> list[dict[str, Any]]:
    """What each cell of code shows, by the kind of content."""
    python = install("larger/notebook", wheel(), what_they_need=True)
    done = subprocess.run(
        [str(python), "-c", RUN, str(NOTEBOOK)], capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    cells = [cell for cell in json.loads(done.stdout)["cells"] if cell["cell_type"] == "code"]
    return [cell["outputs"][0]["data"] for cell in cells]


def test_a_module_is_a_table(shown: list[dict[str, Any]]) -> None:
    assert shown[0]["text/plain"] == "<Module 'area'>"
    assert "<td><code>(func (param f64 f64) (result f64))</code></td>" in shown[0]["text/html"]


def test_exports_are_a_table(shown: list[dict[str, Any]]) -> None:
    assert shown[1]["text/html"].startswith("<table><caption>2 exports of an instance in store ")
    assert "<td><code>area</code></td>" in shown[1]["text/html"]


def test_a_frame_gets_a_column(shown: list[dict[str, Any]]) -> None:
    assert [line.split()[-1] for line in shown[2]["text/plain"].splitlines()] == ["area", "3.0", "8.0", "18.0"]


def test_an_object_says_its_type_and_store(shown: list[dict[str, Any]]) -> None:
    assert shown[3]["text/plain"].startswith("<Memory (memory 1) of store ")
    assert shown[4]["text/plain"] == "True"
