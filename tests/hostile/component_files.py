"""Components that nobody would write, in the text format, each of a number."""

from __future__ import annotations


def component(*fields: str) -> bytes:
    """A component, in the text format."""
    return f"(component {' '.join(fields)})".encode()


def deep_type(levels: int) -> bytes:
    """An option of an option, and so on."""
    types = [f"(type $t{level} (option {f'$t{level - 1}' if level else 'u8'}))" for level in range(levels)]
    return component(*types, f'(import "f" (func (param "x" $t{levels - 1})))')


def doubled_type(levels: int) -> bytes:
    """A tuple of two tuples, and so on: its tree has two to the power of so many leaves."""
    types = [f"(type $t{level} (tuple {f'$t{level - 1} ' * 2 if level else 'u8 u8'}))" for level in range(levels)]
    return component(*types, f"(type $l (list $t{levels - 1}))", '(import "f" (func (param "x" $l)))')


def wide_record(count: int) -> bytes:
    """A function that takes a record of so many fields."""
    fields = "".join(f'(field "f{place}" u8)' for place in range(count))
    return component(
        f"(type $r' (record {fields}))", """(import "r" (type $r (eq $r')))""", '(import "f" (func (param "x" $r)))'
    )


def component_imports(count: int) -> bytes:
    return component(*(f'(import "f{place}" (func (param "x" u8)))' for place in range(count)))


def component_exports(count: int) -> bytes:
    """One function, under so many names."""
    lifted = '(core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f")))'
    return component(lifted, *(f'(export "f{place}" (func $f))' for place in range(count)))


def component_import_of(count: int) -> bytes:
    """An import of an instance that has so many functions."""
    functions = "".join(f'(export "f{place}" (func))' for place in range(count))
    return component(f'(import "i" (instance {functions}))')


def component_inner_exports(count: int) -> bytes:
    """A component in a component, which exports one function under so many names."""
    return component(component_exports(count).decode())


def component_modules(count: int) -> bytes:
    """So many modules, and an instance of each."""
    return component(*(f"(core module $m{place}) (core instance (instantiate $m{place}))" for place in range(count)))


def component_instances(levels: int) -> bytes:
    """A component that instantiates another one twice, and so on."""
    inner = "(component $c0 (core module $m) (core instance (instantiate $m)))"
    rest = [
        f"(component $c{level} (alias outer 1 $c{level - 1} (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))"
        for level in range(1, levels)
    ]
    return component(inner, *rest, f"(instance (instantiate $c{levels - 1}))")


def component_name(length: int) -> bytes:
    """An import of a name of so many bytes."""
    return component(f'(import "{"a" * length}" (func))')


def component_nested(levels: int) -> bytes:
    """A component in a component, and so on."""
    return b"(component " * levels + b")" * levels


def component_values(count: int) -> bytes:
    """A function with so many parameters."""
    params = "".join(f'(param "p{place}" u8)' for place in range(count))
    return component(f'(import "f" (func {params}))')


MADE = (
    deep_type, doubled_type, wide_record, component_imports, component_exports, component_import_of,
    component_inner_exports,
    component_modules, component_instances, component_name, component_nested, component_values,
)  # fmt: skip
