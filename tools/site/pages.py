#!/usr/bin/env python3
"""Writes the pages of the site out of those of the repository: `pages.py FOLDER`.

A page of the repository reads well where it lies. Here its links lead to the site's own pages, or to the repository for
a file that is no page, and what it shows in several languages, one below the other, becomes tabs.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/trimaran/trimaran/blob/main"
# Where a page stands that is not below `docs`.
PLACES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "python/README.md": "python.md",
    "kotlin/README.md": "kotlin.md",
    "swift/README.md": "swift.md",
}
LINK = re.compile(r"(\]\(|<img src=\")([^)\s\"]+)")
LANGUAGES = ("Python", "Kotlin", "Java", "Swift")
# The name of a language or a sentence that begins with it, marks of the tests, and a block.
BLOCK = re.compile(
    rf"^(?P<name>{'|'.join(LANGUAGES)})(?P<rest>[^\n]*)\n\n"
    r"(?:<!-- [^\n]* -->\n)*```(?P<language>\w+)\n(?P<code>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)
REFERENCE = """# API reference

| language | reference | package |
|---|---|---|
| Python | [trimaran](api/python/index.html) | [how to use it](python.md) |
| Kotlin and Java | [dev.trimaran](api/kotlin/index.html) | [how to use it](kotlin.md) |
| Swift | [Trimaran](api/swift/documentation/trimaran/index.html) | [how to use it](swift.md) |
| Rust, the core | [trimaran](api/core/trimaran/index.html) | [architecture](architecture.md) |

[Every class and method in four columns](parity.md) says what a thing is called in the other languages.
"""


def pages() -> dict[Path, Path]:
    """Each page of the repository, and its place on the site."""
    found = {ROOT / source: Path(place) for source, place in PLACES.items()}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        found[page] = page.relative_to(ROOT / "docs")
    return found


def write(folder: Path) -> None:
    places = pages()
    for page, place in places.items():
        text = tabs(page.read_text(encoding="utf-8"))
        text = LINK.sub(lambda link, page=page, place=place: link[1] + led(link[2], page, place, places), text)
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")
    (folder / "reference.md").write_text(REFERENCE)
    for picture in (ROOT / "docs").glob("*.svg"):
        shutil.copy(picture, folder)


def led(link: str, page: Path, place: Path, places: dict[Path, Path]) -> str:
    """Where a link of a page leads on the site."""
    path, hash_sign, anchor = link.partition("#")
    if not path or re.match(r"[a-z]+:", link):
        return link
    target = (page.parent / path).resolve()
    if target.suffix == ".svg":
        return target.name if place.parent == Path() else "../" * len(place.parent.parts) + target.name
    if (inside := places.get(target)) is None:
        return f"{REPOSITORY}/{target.relative_to(ROOT).as_posix()}{hash_sign}{anchor}"
    up = "../" * len(place.parent.parts)
    return f"{up}{inside.as_posix()}{hash_sign}{anchor}"


def tabs(text: str) -> str:
    """Turns blocks that follow each other, each below the name of its language, into tabs."""
    out, at = "", 0
    blocks = list(BLOCK.finditer(text))
    for number, block in enumerate(blocks):
        if block.start() < at:
            continue
        run = [block]
        for following in blocks[number + 1 :]:
            if text[run[-1].end() : following.start()].strip():
                break
            run.append(following)
        if len(run) < 2 or len({one["name"] for one in run}) < len(run):
            continue
        out += text[at : run[0].start()] + "".join(map(tab, run))
        at = run[-1].end()
    return out + text[at:]


def tab(block: re.Match[str]) -> str:
    """A tab. What the line says besides the language stands above the block."""
    said = block["rest"].strip(" ,:")
    body = f"{said[:1].upper()}{said[1:]}:\n\n" if said else ""
    body += f"```{block['language']}\n{block['code']}```\n"
    return (
        f'=== "{block["name"]}"\n\n' + "".join(f"    {line}\n" if line else "\n" for line in body.splitlines()) + "\n"
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]))
