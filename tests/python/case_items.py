"""The steps of shared cases about globals, tables, tags and references."""

from __future__ import annotations

from typing import Any

from case import Case, Kept, val_type
from case_memory import limits
from step import Json, Problem, Step
from trimaran import (
    Func,
    FuncType,
    Global,
    GlobalType,
    HeapType,
    Reference,
    RefType,
    Store,
    Table,
    TableType,
    Tag,
    TagType,
)


class ItemCase(Case):
    """A case with globals, tables, tags and references."""

    def _global(self, step: Step) -> tuple[Store, Global]:
        return self._store(step), self._get(step, "global", Global)

    def _op_global(self, step: Step) -> Kept:
        ty = GlobalType(val_type(step.text("type")), step.value("mutable"))
        return Kept(Global(self._store(step), ty, self.fitting(step.value("value"), ty.content)))

    def _op_global_get(self, step: Step) -> Json:
        store, item = self._global(step)
        return self._shown(item.get(store), store)

    def _op_global_set(self, step: Step) -> None:
        store, item = self._global(step)
        item.set_value(store, self.fitting(step.value("value"), item.type(store).content))

    def _table(self, step: Step) -> tuple[Store, Table]:
        return self._store(step), self._get(step, "table", Table)

    def _op_table(self, step: Step) -> Kept:
        ty = TableType(val_type(step.text("type")), limits(step))
        return Kept(Table(self._store(step), ty, self.val(step.value("init"))))

    def _op_table_get(self, step: Step) -> Json:
        store, table = self._table(step)
        element: Any = table.get(store, step.int("index"))
        return self._shown_reference(element, "func" in str(table.type(store).element), store)

    def _op_table_set(self, step: Step) -> None:
        store, table = self._table(step)
        table.set(store, step.int("index"), self.val(step.value("value")))

    def _op_table_size(self, step: Step) -> int:
        store, table = self._table(step)
        return table.size(store)

    def _op_table_grow(self, step: Step) -> int:
        store, table = self._table(step)
        return table.grow(store, step.int("delta"), self.val(step.value("init")))

    def _op_table_fill(self, step: Step) -> None:
        store, table = self._table(step)
        table.fill(store, step.int("index"), self.val(step.value("value")), step.int("length"))

    def _op_table_copy(self, step: Step) -> None:
        store, table = self._table(step)
        source, start = self._get(step, "source", Table), step.int("source_index")
        table.copy(store, step.int("index"), source, start, step.int("length"))

    def _op_tag(self, step: Step) -> Kept:
        ty = TagType(FuncType(map(val_type, step.value("params")), []))
        return Kept(Tag(self._store(step), ty))

    def _op_tag_type(self, step: Step) -> str:
        return str(self._get(step, "tag", Tag).type(self._store(step)))

    def _op_keep(self, step: Step) -> Kept:
        store, func = self._store(step), self._get(step, "func", Func)
        results = func.call(store, [self.val(value) for value in step.value("args")])
        kept = results[0].value if len(results) == 1 else None
        if not isinstance(kept, (Func, Reference)):
            raise Problem(f"it gave {results}: expected a reference or a function")
        return Kept(kept)

    def _op_i31(self, step: Step) -> Kept:
        return Kept(Reference.of_i31(self._store(step), step.int("value")))

    def _reference(self, step: Step) -> tuple[Store, Reference]:
        return self._store(step), self._get(step, "reference", Reference)

    def _op_ref_i31(self, step: Step) -> int | None:
        store, reference = self._reference(step)
        return reference.i31(store)

    def _op_ref_type(self, step: Step) -> str:
        store, reference = self._reference(step)
        return str(reference.type(store))

    def _op_ref_matches(self, step: Step) -> bool:
        store, reference = self._reference(step)
        return reference.matches(store, RefType(True, HeapType(step.text("type"))))

    def _op_ref_fields(self, step: Step) -> list[Json]:
        store, reference = self._reference(step)
        start, length = step.optional("start") or 0, step.optional("length")
        stop = None if length is None else start + length
        return [self._shown(field, store) for field in reference.fields(store, start, stop)]

    def _op_ref_field_count(self, step: Step) -> int:
        store, reference = self._reference(step)
        return reference.field_count(store)

    def _op_ref_same(self, step: Step) -> bool:
        store, reference = self._reference(step)
        return reference.same(store, self._get(step, "other", Reference))

    def _op_ref_tag_type(self, step: Step) -> str | None:
        store, reference = self._reference(step)
        tag = reference.tag(store)
        return None if tag is None else str(tag.type(store))
