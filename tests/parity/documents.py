"""The documents of the core and of the packages, by what each is about, as they stand in the sources.

A path is as in `surface.key`. The core's are those that the generator writes beside Kotlin's private classes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from surface import SPACE, key, spaced

ROOT = Path(__file__).resolve().parent.parent.parent

# The public classes of Kotlin: those that are written by hand, and those that the generator writes.
KOTLIN = ROOT / "kotlin/src/main/kotlin/dev/trimaran", ROOT / "target/generated/kotlin/dev/trimaran"
KOTLIN_COMPONENT = KOTLIN[0] / "component"

Documents = dict[str, str]
# Paths, and what is said of each.
Found = Iterator[tuple[str, str]]


def core() -> Documents:
    files = sources("kt", ROOT / "target/generated/kotlin/dev/trimaran/internal/ffi")
    return joined((spaced(path), text) for file in files for path, text in of_kotlin(file))


def python() -> Documents:
    folder = ROOT / "python/trimaran"
    return of_package(
        lambda text: of_module(ast.parse(text)), sources("py", folder), sources("py", folder / "component")
    )


def kotlin() -> Documents:
    return of_package(of_kotlin, sources("kt", *KOTLIN), sources("kt", KOTLIN_COMPONENT))


def swift() -> Documents:
    folder = ROOT / "swift/Sources"
    files = [*sources("swift", folder / "Trimaran"), (ROOT / "target/generated/swift/Settings.swift").read_text()]
    return of_package(of_swift, files, sources("swift", folder / "TrimaranComponent"))


def of_package(read: Callable[[str], Found], files: list[str], components: list[str]) -> Documents:
    """What the sources of a package say, and those of its components."""
    found = (line for file in files for line in read(file))
    return joined(chain(found, ((SPACE + path, text) for file in components for path, text in read(file))))


def sources(suffix: str, *folders: Path) -> list[str]:
    return [file.read_text() for folder in folders for file in sorted(folder.glob(f"*.{suffix}"))]


def joined(found: Found) -> Documents:
    """All that is said of the same thing: overloads are one."""
    documents: Documents = {}
    for path, text in found:
        documents[key(path)] = " ".join([documents.get(key(path), ""), " ".join(text.split())]).strip()
    return documents


def of_module(module: ast.Module) -> Found:
    """The documents of Python's classes: each member's, and the text behind each attribute."""
    for owner in module.body:
        if not isinstance(owner, ast.ClassDef):
            continue
        yield owner.name, ast.get_docstring(owner) or ""
        for member, after in zip(owner.body, [*owner.body[1:], None], strict=True):
            if isinstance(member, ast.FunctionDef):
                yield f"{owner.name}.{member.name.replace('__init__', 'new')}", ast.get_docstring(member) or ""
            elif isinstance(member, (ast.Assign, ast.AnnAssign)):
                target = member.targets[0] if isinstance(member, ast.Assign) else member.target
                match target, after:
                    case ast.Name(id=name), ast.Expr(value=ast.Constant(value=str(text))):
                        yield f"{owner.name}.{name}", text


CLASS = re.compile(r"^\s*(?:(?:public|internal|sealed|data|open|abstract|value) )*(?:class|object|interface) (\w+)")
EXTENSION = re.compile(r"\bfun (?:<[^(]*?> )?(\w+)\.(\w+)\(")
MEMBER = re.compile(r"\b(?:fun (?:<[^(]*?> )?|va[lr] )(\w+)|\b(constructor)\b")
PROPERTY = re.compile(r"@property (\w+) ((?:(?!@property ).)*)", re.DOTALL)


def of_kotlin(text: str) -> Found:
    """The documents of Kotlin: `@property` of a class is its member's."""
    owner = ""
    for match in re.finditer(r"/\*\*(.*?)\*/\s*((?:@[^\n]*\n\s*)*)([^\n]*)", text, re.DOTALL):
        said = re.sub(r"^\s*\* ?", "", match[1], flags=re.MULTILINE)
        line = match[3]
        if line.startswith("private "):
            continue
        if found := CLASS.match(line):
            owner = found[1]
            first = said.partition("@property ")[0]
            yield owner, first
            yield from ((f"{owner}.{name}", document) for name, document in PROPERTY.findall(said))
        elif found := EXTENSION.search(line):
            yield f"{found[1]}.{found[2]}", said
        elif found := MEMBER.search(line):
            yield f"{owner}.{found[1] or 'new'}", said


TYPE = re.compile(r"(?:  public |(?:(?:public|package|final) )*)(?:struct|class|enum|protocol|extension) (\w+)")
DECLARED = re.compile(r"\b(?:func|var|let|case) `?(\w+)|\b(init)\b|\b(subscript)\b")


def of_swift(text: str) -> Found:
    """The documents of Swift."""
    owner = ""
    said: list[str] = []
    for line in text.splitlines():
        if found := TYPE.match(line):
            owner = found[1]
            if said:
                yield owner, "\n".join(said)
            said = []
        elif found := re.match(r"\s*/// ?(.*)", line):
            # A link to one of several overloads ends in a hash.
            said.append(re.sub(r"-[0-9a-z]{5}``", "``", found[1]))
        elif said and not line.strip().startswith("@"):
            if "public" in line and (found := DECLARED.search(line)):
                yield f"{owner}.{found[1] or ('new' if found[2] else 'get')}", "\n".join(said)
            said = []
