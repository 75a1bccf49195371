"""Modules that nobody would write: `functions-100000.wasm` is made here, and lies in target/hostile/modules."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import component_files

HERE = Path(__file__).resolve().parent
MADE = HERE.parent.parent / "target" / "hostile" / "modules"

HEADER = b"\0asm\x01\0\0\0"
I32, I64, FUNCREF = 0x7F, 0x7E, 0x70
TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA = range(1, 12)
END, ZERO, DROP = b"\x0b", b"\x41\0", b"\x1a"
MOST = 0xFFFF_FFFF


def leb(number: int) -> bytes:
    """An unsigned number in LEB128."""
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def vector(items: Sequence[bytes]) -> bytes:
    return leb(len(items)) + b"".join(items)


def sized(content: bytes) -> bytes:
    return leb(len(content)) + content


def name(text: str) -> bytes:
    return sized(text.encode())


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + sized(content)


def sections(number: int, items: Sequence[bytes]) -> bytes:
    return section(number, vector(items))


def kind(params: Sequence[int] = (), results: Sequence[int] = ()) -> bytes:
    return b"\x60" + sized(bytes(params)) + sized(bytes(results))


def body(code: bytes, local: bytes = b"\0") -> bytes:
    return sized(local + code + END)


def module(*parts: bytes) -> bytes:
    return HEADER + b"".join(parts)


def one(code: bytes, params: Sequence[int] = (), results: Sequence[int] = (), local: bytes = b"\0") -> bytes:
    """A module with one function, which it exports as `run`."""
    return module(
        sections(TYPE, [kind(params, results)]),
        sections(FUNCTION, [leb(0)]),
        sections(EXPORT, [name("run") + b"\0\0"]),
        sections(CODE, [body(code, local)]),
    )


def functions(count: int) -> bytes:
    return module(
        sections(TYPE, [kind()]),
        sections(FUNCTION, [leb(0)] * count),
        sections(EXPORT, [name("run") + b"\0\0"]),
        sections(CODE, [body(b"")] * count),
    )


def exports(count: int) -> bytes:
    return module(
        sections(TYPE, [kind()]),
        sections(FUNCTION, [leb(0)]),
        sections(EXPORT, [name(f"run{place or ''}") + b"\0\0" for place in range(count)]),
        sections(CODE, [body(b"")]),
    )


def imports(count: int) -> bytes:
    return module(
        sections(TYPE, [kind()]), sections(IMPORT, [name("m") + name(f"f{place}") + b"\0\0" for place in range(count)])
    )


def many_globals(count: int) -> bytes:
    return module(sections(GLOBAL, [bytes([I32, 0]) + ZERO + END] * count))


def many_locals(count: int) -> bytes:
    """All of them live: each is set, and read at the end."""
    sets = b"".join(b"\x41\x01\x21" + leb(place) for place in range(min(count, 1000)))
    return one(sets, local=vector([leb(count) + bytes([I32])]))


def runs_of_locals(count: int) -> bytes:
    return one(b"", local=vector([leb(1) + bytes([I32])] * count))


def blocks(count: int) -> bytes:
    return one(b"\x02\x40" * count + END * count)


def loops(count: int) -> bytes:
    return one(b"\x03\x40" * count + END * count)


def ifs(count: int) -> bytes:
    return one((ZERO + b"\x04\x40") * count + END * count)


def branch_table(count: int) -> bytes:
    return one(b"\x02\x40" + ZERO + b"\x0e" + vector([leb(0)] * count) + leb(0) + END)


def wide_branch_tables(count: int) -> bytes:
    """A table of 1,000 targets in each of many blocks."""
    inner = b"\x02\x40" + ZERO + b"\x0e" + vector([leb(0)] * 1000) + leb(0) + END
    return one(inner * count)


def adds(count: int) -> bytes:
    return one(ZERO + b"\x41\x01\x6a" * count, results=[I32])


def deep(count: int) -> bytes:
    """As many values on the stack at once."""
    return one(ZERO * count + b"\x6a" * (count - 1), results=[I32])


def calls(count: int) -> bytes:
    return one(b"\x20\0\x10\0" * count, params=[I32], local=b"\0")


def params(count: int) -> bytes:
    return one(b"", params=[I32] * count)


def results(count: int) -> bytes:
    return one(ZERO * count, results=[I32] * count)


def types(count: int) -> bytes:
    return module(sections(TYPE, [kind()] * count))


def group(count: int) -> bytes:
    """Types that are recursive together: each refers to the next."""
    struct = [
        b"\x5f\x01\x63" + leb((place + 1) % count if (place + 1) % count < 64 else 0) + b"\0" for place in range(count)
    ]
    return module(section(TYPE, leb(1) + b"\x4e" + vector(struct)))


def tower(count: int) -> bytes:
    """Types that are each a subtype of the one before."""
    first = b"\x50\0\x5f\0"
    return module(sections(TYPE, [first] + [b"\x50\x01" + leb(place) + b"\x5f\0" for place in range(count)]))


def segments(count: int) -> bytes:
    return module(sections(MEMORY, [b"\0\x01"]), sections(DATA, [b"\0" + ZERO + END + sized(b"x")] * count))


def elements(count: int) -> bytes:
    return module(
        sections(TYPE, [kind()]),
        sections(FUNCTION, [leb(0)]),
        sections(TABLE, [b"\x70\0" + leb(count)]),
        sections(ELEMENT, [b"\0" + ZERO + END + vector([leb(0)] * count)]),
        sections(CODE, [body(b"")]),
    )


def tables(count: int) -> bytes:
    return module(sections(TABLE, [b"\x70\0\x01"] * count))


def memories(count: int) -> bytes:
    return module(sections(MEMORY, [b"\0\x01"] * count))


def custom(count: int) -> bytes:
    return module(section(0, name("x")) * count)


def long_name(count: int) -> bytes:
    return module(
        sections(TYPE, [kind()]),
        sections(FUNCTION, [leb(0)]),
        sections(EXPORT, [name("x" * count) + b"\0\0"]),
        sections(CODE, [body(b"")]),
    )


def memory(pages: int) -> bytes:
    return module(sections(MEMORY, [b"\0" + leb(pages)]), sections(EXPORT, [name("memory") + b"\x02\0"]))


def memory64(pages: int) -> bytes:
    return module(sections(MEMORY, [b"\x04" + leb(pages)]), sections(EXPORT, [name("memory") + b"\x02\0"]))


def table(size: int) -> bytes:
    return module(sections(TABLE, [b"\x70\0" + leb(size)]), sections(EXPORT, [name("table") + b"\x01\0"]))


def zeros(count: int) -> bytes:
    return module(b"\0" * count)


def overlong(count: int) -> bytes:
    """A number that does not end."""
    return module(bytes([TYPE]) + b"\x80" * count)


def flipped(text: int) -> bytes:
    return bytes((text * 2654435761 + place * 40503) >> 8 & 0xFF for place in range(1000))


# Lengths that say more than there is. The number is that of a section, or of what is counted.
def long_section(number: int) -> bytes:
    return module(bytes([number]) + leb(MOST))


def long_vector(number: int) -> bytes:
    return module(section(number, leb(MOST)))


def long_vector_of_some(number: int) -> bytes:
    return module(section(number, leb(1_000_000) + b"\0" * 64))


def long_locals(count: int) -> bytes:
    return one(b"", local=vector([leb(MOST) + bytes([I32])] * count))


def long_body(_count: int) -> bytes:
    return module(sections(TYPE, [kind()]), sections(FUNCTION, [leb(0)]), section(CODE, leb(1) + leb(MOST)))


def long_data(_count: int) -> bytes:
    return module(sections(MEMORY, [b"\0\x01"]), section(DATA, leb(1) + b"\0" + ZERO + END + leb(MOST)))


def long_text(_count: int) -> bytes:
    return module(section(EXPORT, leb(1) + leb(MOST)))


def parentheses(count: int) -> bytes:
    return b"(" * count


def text_blocks(count: int) -> bytes:
    return b"(module (func " + b"(block " * count + b")" * count + b"))"


def text_string(count: int) -> bytes:
    return b'(module (memory 1) (data (i32.const 0) "' + b"\\41" * count


def comment(count: int) -> bytes:
    return b"(;" * count


def nested_text(count: int) -> bytes:
    return b"(component " * count + b")" * count


def mangled(levels: int) -> bytes:
    """A function that traps, whose name in C++ is ten times as long with each level."""
    word = "_Z1fPFviiiiiiiiiiE" + "".join(f"PFv{f'S{last}_' * 10}E" for last in "02468ACEGIKM"[:levels])
    names = section(0, name("name") + section(1, vector([leb(0) + name(word)])))
    return one(b"\0") + names


def wide_struct(imports: int) -> bytes:
    """Functions of a thousand parameters, each a struct of ten thousand fields."""
    struct = b"\x5f" + vector([bytes([I64, 1])] * 9999)
    func = b"\x60" + vector([b"\x63\0"] * 1000) + b"\0"
    items = [name("m") + name(f"f{place}") + b"\0\x01" for place in range(imports)]
    return module(
        sections(TYPE, [struct, func]),
        sections(IMPORT, items),
        sections(FUNCTION, [leb(1)]),
        sections(EXPORT, [name("run") + b"\0" + leb(imports)]),
        sections(CODE, [body(b"")]),
    )


def waiting(types_: int) -> bytes:
    """It has so many types, and waits."""
    return module(
        sections(TYPE, [kind()] * types_),
        sections(FUNCTION, [leb(0)]),
        sections(MEMORY, [b"\x03\x01\x01"]),
        sections(EXPORT, [name("run") + b"\0\0"]),
        sections(CODE, [body(ZERO + ZERO + b"\x42\x7f\xfe\x01\x02\0" + DROP)]),
    )


KINDS: dict[str, Callable[[int], bytes]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        functions, exports, imports, many_globals, many_locals, runs_of_locals, blocks, loops, ifs, branch_table,
        wide_branch_tables, adds, deep, calls, params, results, types, group, tower, segments, elements, tables,
        memories, custom, long_name, memory, memory64, table, zeros, overlong, flipped, long_section, long_vector,
        long_vector_of_some, long_locals, long_body, long_data, long_text, parentheses, text_blocks, text_string,
        comment, nested_text, mangled, wide_struct, waiting, *component_files.MADE,
    )
}  # fmt: skip


def module_path(word: str) -> Path:
    """Where the module of that name is: a guest of this folder, or one that is made now."""
    guest = HERE / "guests" / word
    if guest.exists():
        return guest
    path = MADE / word
    if not path.exists():
        what, _, number = word.rpartition(".")[0].rpartition("-")
        made = KINDS[what](int(number))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another one may make it at the same time.
        fresh = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
        fresh.write_bytes(made)
        fresh.rename(path)
    return path
