"""The pages of the project and their code blocks. `README.md` says what the marks mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = [
    "*.md",
    ".github/*.md",
    "docs/**/*.md",
    "python/README.md",
    "kotlin/README.md",
    "swift/README.md",
    "tests/*/README.md",
]
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))
# The languages whose blocks run.
LANGUAGES = ("python", "kotlin", "java", "swift")


@dataclass(frozen=True)
class Mark:
    """A comment above a block: its word, and what stands behind the word."""

    word: str
    argument: str


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str
    marks: tuple[Mark, ...]

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def mark(self, word: str) -> str | None:
        """What stands behind the word of a mark, or None where the block has no such mark."""
        return next((mark.argument for mark in self.marks if mark.word == word), None)

    @property
    def runs(self) -> bool:
        """Whether a program is made of it here."""
        return self.language in LANGUAGES and self.mark("not run") is None and self.mark("is") is None


# A mark's word, and whether it needs something behind it.
WORDS = {"continues": False, "is": True, "not run": True}
MARK = re.compile(r"^\s*<!-- (not run|continues|is)\b:?\s*(.*?)\s*-->$")
FENCE = re.compile(r"^(\s*)```(\S*)$")


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page. A block inside a list is indented, and comes without that."""
    lines = page.read_text(encoding="utf-8").splitlines()
    marks: list[Mark] = []
    opened: re.Match[str] | None = None
    start = 0
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if opened is not None:
            if fence and not fence[2]:
                indent = len(opened[1])
                text = "".join(f"{inner[indent:]}\n" for inner in lines[start : number - 1])
                yield Block(page, start, opened[2], text, tuple(marks))
                opened, marks = None, []
        elif fence:
            opened, start = fence, number
        elif mark := MARK.match(line):
            marks.append(Mark(mark[1], mark[2]))
        elif line.strip():
            # A mark belongs to the block right below it.
            marks = []


ALL = [block for page in PAGES for block in blocks(page)]
