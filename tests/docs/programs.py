"""Programs made of the blocks of the pages, written into `target/docs-programs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pages import ALL, ROOT, Block

PROGRAMS = ROOT / "target" / "docs-programs"
# The comment behind a line that prints, by language.
PRINTS = {
    "python": r"^ *print\(.*\)  # (.+)$",
    "kotlin": r"^ *println\(.*\) +// (.+)$",
    "java": r"^ *System\.out\.println\(.*\); +// (.+)$",
    "swift": r"^.*\bprint\(.*\)(?: \})? +// (.+)$",
}
ENDINGS = {"python": "py", "kotlin": "kt", "java": "java", "swift": "swift"}
IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
MAIN = {"kotlin": r"^fun main\(", "java": r"\bstatic void main\("}


@dataclass(frozen=True)
class Program:
    """A block, and those that continue it."""

    name: str
    blocks: tuple[Block, ...]

    @property
    def language(self) -> str:
        return self.blocks[0].language

    @property
    def expected(self) -> list[str]:
        """The lines that it says it prints."""
        text = "".join(block.text for block in self.blocks)
        return re.findall(PRINTS[self.language], text, re.MULTILINE)

    @property
    def file(self) -> Path:
        """Where its source is written."""
        folder = PROGRAMS / self.language
        return {
            "python": folder / f"{self.name}.py",
            "kotlin": folder / self.name / "Main.kt",
            "java": folder / self.name / "Main.java",
            "swift": folder / self.name / "main.swift",
        }[self.language]

    @property
    def source(self) -> str:
        texts = [block.text for block in self.blocks]
        if self.language == "python":
            return "\n".join(texts)
        imports = dict.fromkeys(line for text in texts for line in IMPORT.findall(text))
        bodies = [IMPORT.sub("", text) for text in texts]
        opening = {"kotlin": "run {\n", "java": "{\n", "swift": "do {\n"}[self.language]
        body = opening.join(bodies) + "}\n" * (len(bodies) - 1)
        if self.language == "swift":
            return "".join(imports) + body
        if not re.search(MAIN[self.language], body, re.MULTILINE):
            body = {
                "kotlin": f"fun main() {{\n{body}}}\n",
                "java": f"class Main {{\npublic static void main(String[] words) throws Exception {{\n{body}}}\n}}\n",
            }[self.language]
        package = {"kotlin": f"package {self.name}\n", "java": f"package {self.name};\n"}[self.language]
        return package + "".join(imports) + body

    def write(self) -> Path:
        """Writes its source, and leaves the file alone where it is the same: then nothing is built again."""
        file, source = self.file, self.source
        if not file.exists() or file.read_text(encoding="utf-8") != source:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, encoding="utf-8")
        return file


def programs() -> list[Program]:
    chains: list[list[Block]] = []
    last: dict[tuple[Path, str], list[Block]] = {}
    for block in ALL:
        if not block.runs:
            continue
        key = (block.page, block.language)
        if block.mark("continues") is not None:
            assert key in last, f"{block.place} continues nothing"
            last[key].append(block)
            continue
        last[key] = [block]
        chains.append(last[key])
    names: dict[str, int] = {}
    found: list[Program] = []
    for chain in chains:
        words = chain[0].page.relative_to(ROOT).with_suffix("").as_posix().lower()
        slug = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
        names[slug] = names.get(slug, 0) + 1
        found.append(Program(f"page_{slug}_{names[slug]}", tuple(chain)))
    return found


ALL_PROGRAMS = programs()


def of(language: str) -> list[Program]:
    return [program for program in ALL_PROGRAMS if program.language == language]
