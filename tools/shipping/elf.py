"""What an ELF file says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.sections import SymbolTableSection

MAGIC = b"\x7fELF"


@dataclass(frozen=True)
class Elf:
    machine: str
    # The libraries that it names, and the name that it has itself.
    needed: tuple[str, ...]
    soname: str | None
    # The functions and variables that others find in it.
    exported: tuple[str, ...]
    # The versions that it needs of others' symbols, such as GLIBC_2.17.
    versions: tuple[str, ...]
    # The alignment of each segment that is loaded.
    alignments: tuple[int, ...]
    # Whether the stack may hold code, and whether there are relocations in code.
    has_executable_stack: bool
    has_text_relocations: bool
    # The functions and variables that only debuggers and profilers see.
    symbols: tuple[str, ...]

    def newest(self, family: str) -> tuple[int, ...]:
        """The newest version that it needs of a family such as `GLIBC`."""
        numbers = [name.removeprefix(f"{family}_") for name in self.versions if name.startswith(f"{family}_")]
        found = [tuple(int(part) for part in number.split(".")) for number in numbers if number[:1].isdigit()]
        return max(found, default=(0,))


def read(file: Path) -> Elf:
    with file.open("rb") as stream:
        elf = ELFFile(stream)
        needed: list[str] = []
        soname, text = None, False
        for section in elf.iter_sections():
            if isinstance(section, DynamicSection):
                for tag in section.iter_tags():
                    if tag.entry.d_tag == "DT_NEEDED":
                        needed.append(str(vars(tag)["needed"]))
                    elif tag.entry.d_tag == "DT_SONAME":
                        soname = str(vars(tag)["soname"])
                    elif tag.entry.d_tag == "DT_TEXTREL":
                        text = True
        stacks = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_GNU_STACK"]
        return Elf(
            machine=str(elf["e_machine"]),
            needed=tuple(needed),
            soname=soname,
            exported=tuple(sorted(_exported(elf))),
            versions=tuple(sorted(_versions(elf))),
            alignments=tuple(int(s["p_align"]) for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"),
            has_executable_stack=not stacks or bool(stacks[0]["p_flags"] & 1),
            has_text_relocations=text,
            symbols=tuple(sorted(_symbols(elf))),
        )


def _exported(elf: ELFFile) -> Iterator[str]:
    section = elf.get_section_by_name(".dynsym")
    if isinstance(section, SymbolTableSection):
        for symbol in section.iter_symbols():
            info = symbol["st_info"]
            if symbol["st_shndx"] != "SHN_UNDEF" and info["bind"] != "STB_LOCAL" and info["type"] != "STT_SECTION":
                yield str(symbol.name)


def _symbols(elf: ELFFile) -> Iterator[str]:
    section = elf.get_section_by_name(".symtab")
    if isinstance(section, SymbolTableSection):
        yield from (str(symbol.name) for symbol in section.iter_symbols() if symbol.name)


def _versions(elf: ELFFile) -> Iterator[str]:
    section = elf.get_section_by_name(".gnu.version_r")
    if isinstance(section, GNUVerNeedSection):
        for _, auxiliaries in section.iter_versions():
            for auxiliary in auxiliaries:
                yield str(auxiliary.name)
