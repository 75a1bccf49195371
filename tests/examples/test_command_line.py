"""The command line is the same in Python, Kotlin and Swift: what it prints, and the status that it ends with."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path
from typing import TypeAlias

import pytest
from command_lines import run

WASI = "tests/modules/wasi.wat"


LOOP = '(module (memory 1) (func (export "spin") (loop (br 0))) (func (export "_start") unreachable))'


@pytest.fixture
def loop(place: Path) -> str:
    file = place / "loop.wat"
    file.write_text(LOOP)
    return str(file)


def test_help(language: str) -> None:
    status, text, problem = run(language, "--help")
    assert (status, problem) == (0, "")
    assert "Usage: trimaran COMMAND" in text
    for command in ("run", "inspect", "explore", "wat2wasm"):
        assert command in text
        assert f"Usage: trimaran {command} [OPTIONS] FILE" in run(language, command, "--help")[1]
    assert "Usage: trimaran bindgen [OPTIONS] [LANGUAGE] FILE" in run(language, "bindgen", "--help")[1]
    options = run(language, "run", "--help")[1]
    named = ("--dir", "--env", "--fuel", "--timeout", "--invoke", "--profile", "--debug-info")
    assert all(option in options for option in named)


def test_version(language: str) -> None:
    status, text, _ = run(language, "--version")
    assert status == 0
    assert text.startswith("trimaran ")


def test_a_program_and_its_arguments(language: str) -> None:
    assert run(language, "run", WASI, "one", "--two") == (0, "wasi.wat\none\n--two\n", "")


def test_a_function_by_name(language: str) -> None:
    assert run(language, "run", "--invoke", "cat", WASI, "1", stdin="hello") == (0, "hello5\n", "")


def test_the_environment(language: str) -> None:
    done = run(
        language,
        "run",
        "--env",
        "A=1",
        "--env",
        "TRIMARAN_SHARED",
        "--invoke",
        "env",
        WASI,
        env={"TRIMARAN_SHARED": "x y"},
    )
    assert done == (0, "A=1\nTRIMARAN_SHARED=x y\n0\n", "")


def test_a_directory(language: str, place: Path) -> None:
    assert run(language, "run", "--dir", f"{place}::/", "--invoke", "make_file", WASI) == (0, "0\n", "")
    assert (place / "note.txt").read_text() == "note"
    read_only = ("run", "--dir-read-only", f"{place}::/", "--invoke")
    assert run(language, *read_only, "show_file", WASI) == (0, "note0\n", "")
    assert run(language, *read_only, "make_file", WASI) == (0, "63\n", "")


def test_an_exit_status(language: str) -> None:
    assert run(language, "run", "--invoke", "exit", WASI, "9") == (9, "", "")


def test_a_trap(language: str, loop: str) -> None:
    status, text, problem = run(language, "run", loop)
    assert (status, text) == (134, "")
    assert "unreachable" in problem
    assert "in function `_start` at offset 0x" in problem


def test_fuel(language: str, loop: str) -> None:
    calls = "wasm backtrace:\n    0:     0x30 - <unknown>!spin\n"
    expected = (134, "", f"trimaran: the guest has used its 1000 units of fuel\n{calls}")
    assert run(language, "run", "--fuel", "1000", "--invoke", "spin", loop) == expected


def test_a_timeout(language: str, loop: str) -> None:
    calls = "wasm backtrace:\n    0:     0x30 - <unknown>!spin\n"
    expected = (134, "", f"trimaran: the guest was stopped after 0.2 s\n{calls}")
    assert run(language, "run", "--timeout", "0.2", "--invoke", "spin", loop) == expected


def test_a_cache(language: str, place: Path) -> None:
    folder = place / "cache"
    for _ in range(2):
        assert run(language, "run", f"--cache={folder}", WASI)[0] == run(language, "run", WASI)[0]
    assert any((folder / "modules").rglob("*"))


def test_a_core_dump(language: str, loop: str, place: Path) -> None:
    dump = place / "core.wasm"
    status, _, problem = run(language, "run", "--core-dump", str(dump), loop)
    assert (status, "unreachable" in problem) == (134, True)
    assert b"corestack" in dump.read_bytes()
    # A guest that ends well has none.
    other = place / "other.wasm"
    assert run(language, "run", "--core-dump", str(other), WASI)[0] == 0 or not other.exists()
    # A file that cannot be written is said, and so is what the guest did.
    status, _, problem = run(language, "run", "--core-dump", str(place), loop)
    assert (status, "unreachable" in problem, str(place) in problem) == (134, True, True)


def test_a_profile(language: str, place: Path) -> None:
    guest, file = place / "busy.wat", place / "profile.json"
    guest.write_text('(module (func $spin (loop (br 0))) (func $main (export "_start") (call $spin)))')
    status, _, problem = run(language, "run", "--timeout", "0.2", "--profile", str(file), str(guest))
    assert (status, "stopped after 0.2 s" in problem) == (134, True)
    thread = json.loads(file.read_text())["threads"][0]
    assert [thread["stringArray"][name] for name in thread["funcTable"]["name"]] == ["main", "spin"]
    assert thread["samples"]["length"] > 10
    # A program that ends well has one too, and a file that cannot be written is said.
    file.unlink()
    assert run(language, "run", "--profile", str(file), WASI)[0] == 0
    assert json.loads(file.read_text())["threads"]
    status, _, problem = run(language, "run", "--profile", str(place), WASI)
    assert status == 1 and str(place) in problem


def test_inspect(language: str) -> None:
    status, text, problem = run(language, "inspect", WASI)
    assert (status, problem) == (0, "")
    rows = [line.split() for line in text.splitlines()]
    assert ["wasi_snapshot_preview1", "proc_exit", "(func", "(param", "i32))"] in rows
    assert ["clock", "(func", "(param", "i32)", "(result", "i64))"] in rows
    assert ["0", "defined", "(memory", "2)", "131072", "bytes", "at", "first"] in rows
    assert ["name", "337", "bytes"] in rows


CODE = "tests/modules/code.wat"

# A function on the page of `explore`: its title, its lines with their places, and its instructions with address, place and bytes.
Function: TypeAlias = tuple[str, list[tuple[int, str]], list[tuple[int, int, str, str]]]


def test_inspect_shows_machine_code(language: str) -> None:
    status, text, problem = run(language, "inspect", "--code", CODE)
    assert (status, problem) == (0, "")
    lines = text.splitlines()
    assert lines[0].startswith(f"{CODE}: 3 functions, ") and lines[0].endswith(" bytes of machine code")
    titles = [line.split(":")[0] for line in lines if line.startswith("function ")]
    assert titles == ["function 1, add", "function 2, sum", r"function 3, </script><b>\u{1b}"]
    # Each line of the text stands above what was made of it, and a jump names the address that it goes to.
    addresses = {line.split()[0] for line in lines if line.startswith("  0x")}
    assert any(line.startswith("  ;; 0x") and line.endswith(": i32.add") for line in lines)
    if platform.machine() in {"x86_64", "AMD64"}:
        code = [line for line in lines if not line.startswith("  ;;")]
        jumps = [line.split()[-1] for line in code if " jnz " in line or " call " in line]
        # A function of the host is called by a register.
        targets = [target for target in jumps if target.startswith("0x")]
        assert targets and {f"0x{int(target, 16):06x}" for target in targets} <= addresses
        assert any(line.endswith(" ret") for line in lines)


def functions(page: str) -> list[Function]:
    """What a page of `explore` has, as its script reads it."""
    texts = re.findall(r'<script id="functions" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(texts[0])


def test_explore(language: str, place: Path) -> None:
    page = place / "code.html"
    assert run(language, "explore", CODE, "-o", str(page)) == (0, "", "")
    text = page.read_text(encoding="utf-8")
    found = functions(text)
    title, lines, code = found[1]
    assert title == "function 2, sum"
    assert [line.strip() for _, line in lines][-2:] == ["call $add", "end"]
    # Machine code names places of the text.
    places = {where for where, _ in lines}
    assert {where for _, where, _, _ in code} - {-1} <= places
    assert sum(len(made) // 2 for _, _, made, _ in code) > 20
    # A name that ends a script, and one that a terminal would follow, is text.
    assert found[2][0] == r"function 3, </script><b>\u{1b}"
    assert text.count("</script>") == 2 and "<b>" not in text
    assert "default-src 'none'" in text
    # Beside the module, and not over it.
    copy = place / "copy.wat"
    copy.write_bytes(Path(CODE).read_bytes())
    assert run(language, "explore", str(copy)) == (0, "", "")
    assert functions(copy.with_suffix(".html").read_text(encoding="utf-8")) == found
    status, _, problem = run(language, "explore", str(copy), "-o", str(copy))
    assert status == 2 and "overwritten" in problem


def test_explore_shows_a_component(language: str) -> None:
    status, text, problem = run(language, "explore", VALUES, "-o", "-")
    assert (status, problem) == (0, "")
    assert "export add: func(a: u32, b: u32) -&#62; u32;" in text
    title, lines, code = functions(text)[0]
    assert title.startswith("module 0, function ")
    assert lines and code and {where for _, where, _, _ in code} & {where for where, _ in lines}


def test_types_and_names_of_any_length_have_short_lines(language: str, place: Path) -> None:
    file = place / "wide.wat"
    params = "i32 " * 900
    blocks = "block (type $wide) " * 20 + "unreachable " + "end " * 20
    name = "n" * 90_000
    file.write_text(
        f"(module (type $wide (func (param {params}))) (func ${name} (call ${name}) (call ${name}))"
        f"(func unreachable {blocks}))"
    )
    status, text, problem = run(language, "inspect", "--code", str(file))
    assert (status, problem) == (0, "")
    assert max(map(len, text.splitlines())) < 400
    assert any(": call $nnn" in line and line.endswith("…") for line in text.splitlines())


def test_wat2wasm(language: str, loop: str) -> None:
    binary = Path(loop).with_suffix(".wasm")
    assert run(language, "wat2wasm", loop) == (0, "", "")
    assert binary.read_bytes().startswith(b"\0asm")
    other = binary.with_name("other.wasm")
    assert run(language, "wat2wasm", loop, "-o", str(other)) == (0, "", "")
    assert other.read_bytes() == binary.read_bytes()
    status, _, problem = run(language, "wat2wasm", str(binary))
    assert status == 2
    assert "overwritten" in problem


@pytest.mark.parametrize(
    ("arguments", "status", "part"),
    [
        ((), 2, "a command is missing"),
        (("walk",), 2, "`walk` is no command"),
        (("run",), 2, "the file is missing"),
        (("run", "--walk", WASI), 2, "walk"),
        (("run", "--fuel", "much", WASI), 2, "--fuel"),
        (("run", "--timeout", "-1", WASI), 2, "--timeout"),
        (("run", "there/is/no/such.wasm"), 1, "there/is/no/such.wasm"),
        (("run", "--dir", "there/is/no/such", WASI), 1, "there/is/no/such"),
        (("run", "--invoke", "walk", WASI), 2, "`walk` is not exported; --invoke one of: "),
        (("run", "--invoke", "exit", WASI), 2, "expected 1 argument"),
        (("run", "--invoke", "exit", WASI, "x"), 2, "`x` is no i32"),
        (("run", "--env", "THERE_IS_NONE", WASI), 2, "THERE_IS_NONE"),
        (("inspect", "README.md"), 1, "("),
        (("inspect", WASI, WASI), 2, "too much"),
    ],
)
def test_a_wrong_call(language: str, arguments: tuple[str, ...], status: int, part: str) -> None:
    found, text, problem = run(language, *arguments)
    assert (found, text) == (status, "")
    assert problem.startswith("trimaran: ")
    assert part in problem


VALUES = "tests/modules/component_values.wat"
COMPONENT = "tests/modules/component_wasi.wat"


def test_run_calls_a_function_of_a_component(language: str) -> None:
    assert run(language, "run", "--invoke", "add(1, 2)", VALUES) == (0, "3\n", "")
    person = '{first-name: "Ann", tags: ["x", "\\u{e9}\\n"]}'
    shown = '{first-name: "Ann", tags: ["x", "é\\n"]}\n'
    assert run(language, "run", "--invoke", f"echo({person})", VALUES) == (0, shown, "")
    status, text, problem = run(language, "run", "--invoke", "add(1, x)", VALUES)
    assert (status, text) == (2, "")
    assert (
        "--invoke add(1, x): argument `b`: expected a u32, found `x`; `add` is func(a: u32, b: u32) -> u32" in problem
    )
    status, _, problem = run(language, "run", "--invoke", "go()", VALUES)
    assert status == 2
    assert "there is no export `go`" in problem and "add: func(a: u32, b: u32) -> u32" in problem
    assert "exports no `wasi:cli/run`" in run(language, "run", VALUES)[2]
    assert "in parentheses" in run(language, "run", "--invoke", "add", VALUES, "1", "2")[2]


def test_run_gives_a_component_wasi(language: str) -> None:
    assert run(language, "run", "--invoke", 'print("hello\\n")', COMPONENT) == (0, "hello\n", "")
    assert run(language, "run", "--invoke", "leave(err)", COMPONENT)[0] == 1
    assert run(language, "run", "--env", "A=1", "--invoke", "environment()", COMPONENT)[1] == '[("A", "1")]\n'
    status, _, problem = run(language, "run", "--timeout", "0.2", "--invoke", "sleep(100000000000)", COMPONENT)
    assert status == 134
    assert "the guest was stopped after 0.2 s" in problem


def test_inspect_shows_the_world_of_a_component(language: str) -> None:
    status, text, problem = run(language, "inspect", VALUES)
    assert (status, problem) == (0, "")
    assert "  export record person { first-name: string, tags: list<string> }\n" in text
    assert "  export add: func(a: u32, b: u32) -> u32;\n" in text
    assert (
        "  import wasi:cli/exit@0.2.0: interface {\n    exit: func(status: result);\n  }\n"
        in run(language, "inspect", COMPONENT)[1]
    )


def test_a_world_of_any_size_is_shown_in_a_mebibyte(language: str, place: Path) -> None:
    fields = " ".join(f'(field "{letter * 90}" u8)' for letter in "abcdefghij")
    types = (
        f'(type $t{place} (record {fields} (field "n{place}" u8))) (export "r{place}" (type $t{place}))'
        for place in range(1500)
    )
    file = place / "wide.wat"
    file.write_text(f"(component {' '.join(types)})", encoding="utf-8")
    status, text, problem = run(language, "inspect", str(file))
    assert (status, problem) == (0, "")
    assert len(text) < (1 << 20) + 200 and text.endswith("  // and more\n}\n")


def test_a_compiled_component_is_for_programs(language: str, place: Path) -> None:
    file = place / "packed"
    file.write_bytes(b"trimaran component 0.1.0")
    for command in ("run", "inspect"):
        status, text, problem = run(language, command, str(file))
        assert (status, text) == (1, "")
        assert (
            "this is a packed component, which only a program can load: give the file that it was compiled from"
            in problem
        )
