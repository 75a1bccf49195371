"""The comparison of documents by `tools/parity`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))

from documents import of_kotlin, of_module, of_swift
from facts import drifted

CORE = {"config.stack": "The stack, in bytes: at most 1 GiB. Fails with `Limit` past it."}
VARIANTS = frozenset(["limit", "type"])


def problems(text: str) -> list[str]:
    return list(drifted(CORE, {"python": {"config.stack": text}}, VARIANTS))


def test_the_same_facts_in_other_words() -> None:
    assert problems("At most 1 GiB of stack, counted in bytes; `LimitError` is raised for more.") == []
    assert problems("``WasmtimeError/limit`` past at most 1 GiB, in bytes") == []
    assert problems("") == []


def test_what_is_lacking_or_another_figure() -> None:
    assert problems("The stack, in bytes.") == ["config.stack: python does not say 1 GiB, `at most`, limit"]
    assert problems("In bytes, at most 1 GiB, by 16 MiB; `LimitError`") == ["config.stack: only python says 16 MiB"]


def test_documents_are_found_where_each_language_has_them() -> None:
    module = ast.parse('class A:\n    x: int\n    """One."""\n\n    def y(self):\n        """Two."""\n')
    assert dict(of_module(module)) == {"A": "", "A.x": "One.", "A.y": "Two."}
    kotlin = "/**\n * A.\n *\n * @property x One.\n */\npublic class A(val x: Int) {\n"
    kotlin += "    /** Two. */\n    public fun y() {}\n}\n"
    kotlin += "/** Three. */\n@JvmStatic\n@Throws(A::class)\npublic fun z() {}\n/** Four. */\nprivate fun u() {}\n"
    kotlin += "/** Five. */\npublic fun v() {}\n"
    found = [(path, text.strip()) for path, text in of_kotlin(kotlin)]
    assert found == [("A", "A."), ("A.x", "One."), ("A.y", "Two."), ("A.z", "Three."), ("A.v", "Five.")]
    swift = "/// A.\npublic struct A {\n  /// One.\n  public var x: Int\n"
    swift += "  /// Two.\n  @inlinable\n  public func y() {}\n}\n"
    assert list(of_swift(swift)) == [("A", "A."), ("A.x", "One."), ("A.y", "Two.")]
