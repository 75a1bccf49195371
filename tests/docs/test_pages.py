"""What the pages say without code: links lead somewhere, `make` targets exist, the decisions are listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages import PAGES, ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
STATUS = re.compile(r"^Status: (accepted|replaced by \[ADR \d+\]\(.+\)), (\d{4}-\d\d-\d\d)\.$")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The names that a page's headings have in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    for found in LINK.finditer(text(page)):
        target = found[1] or found[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


# Whose files a page may name. Decisions speak of their time.
FOLDERS = (
    "core/src/",
    "bindgen/",
    "gate/",
    "bindings/",
    "python/",
    "kotlin/",
    "swift/",
    "tests/",
    "benches/",
    "examples/",
    "tools/",
    "docs/",
)
NAMING = [page for page in PAGES if page.parent.name != "adr"]


@pytest.mark.parametrize("page", NAMING, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_it_names_exist(page: Path) -> None:
    for path in re.findall(r"`([\w.-]+/[\w./-]+)`", text(page)):
        assert not path.startswith(FOLDERS) or (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    told = re.findall(r"(?:^|`)make((?: [a-z-]+\b(?!=))+)", text(page), re.MULTILINE)
    assert {word for words in told for word in words.split()} <= targets


def test_the_list_of_targets_is_whole() -> None:
    """`make` lists what a person calls. The others are steps of those."""
    lines = re.findall(r"^([a-z-]+):(.*)$", text(ROOT / "Makefile"), re.MULTILINE)
    assert {name for name, rest in lines if "## " not in rest} == {"spec", "program", "programs", "debugger"}


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.stem)
def test_a_decision_has_a_number_a_status_and_a_date(decision: Path) -> None:
    lines = text(decision).splitlines()
    assert lines[0].startswith(f"# {int(decision.name[:4])}. ")
    assert STATUS.match(lines[2]), lines[2]
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Context", "## Decision", "## Consequences"]


def test_the_index_lists_every_decision() -> None:
    index = text(ROOT / "docs" / "adr" / "README.md")
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (.+) \| (.+) \|$", index, re.MULTILINE)
    expected: list[tuple[str, str, str, str, str]] = []
    for decision in DECISIONS:
        lines = text(decision).splitlines()
        number, _, title = lines[0].removeprefix("# ").partition(". ")
        status = STATUS.match(lines[2])
        assert status
        expected.append((number, title, decision.name, re.sub(r"\[(.+)\]\(.+\)", r"\1", status[1]), status[2]))
    assert rows == expected
