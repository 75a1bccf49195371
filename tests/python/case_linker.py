"""The steps of shared cases about linkers."""

from __future__ import annotations

from bodies import body
from case import Kept
from case_core import CoreCase, func_type
from step import Step
from trimaran import Instance, InstancePre, Linker, Module, Store


class LinkerCase(CoreCase):
    """A case with linkers."""

    def _linker(self, step: Step) -> Linker:
        return self._get(step, "linker", Linker)

    def _in_store(self, step: Step) -> tuple[Linker, Store]:
        return self._linker(step), self._store(step)

    def _op_linker(self, step: Step) -> Kept:
        return Kept(Linker(self._engine(step)))

    def _op_allow_shadowing(self, step: Step) -> None:
        self._linker(step).allow_shadowing = step.value("allow")

    def _op_define(self, step: Step) -> None:
        linker, store = self._in_store(step)
        linker.define(store, step.text("from"), step.text("name"), self._import(step.text("item")))

    def _op_define_func(self, step: Step) -> None:
        name, ty = step.text("name"), func_type(step)
        made = body(self, name, step.value("body"))
        self._linker(step).define_func(step.text("from"), name, ty, made, access_caller=True)

    def _op_define_instance(self, step: Step) -> None:
        linker, store = self._in_store(step)
        linker.define_instance(store, step.text("from"), self._get(step, "instance", Instance))

    def _op_define_module(self, step: Step) -> None:
        linker, store = self._in_store(step)
        linker.define_module(store, step.text("from"), self._get(step, "module", Module))

    def _op_define_wasi(self, step: Step) -> None:
        self._linker(step).define_wasi()

    def _op_unknown_imports_as_traps(self, step: Step) -> None:
        self._linker(step).define_unknown_imports_as_traps(self._module(step))

    def _op_unknown_imports_as_default_values(self, step: Step) -> None:
        linker, store = self._in_store(step)
        linker.define_unknown_imports_as_default_values(store, self._module(step))

    def _op_linker_get(self, step: Step) -> Kept:
        linker, store = self._in_store(step)
        return Kept(linker.get(store, step.text("from"), step.text("name")))

    def _op_get_default(self, step: Step) -> Kept:
        linker, store = self._in_store(step)
        return Kept(linker.get_default(store, step.text("from")))

    def _op_link(self, step: Step) -> Kept:
        linker, store = self._in_store(step)
        return Kept(linker.instantiate(store, self._module(step)))

    def _op_instantiate_pre(self, step: Step) -> Kept:
        return Kept(self._linker(step).instantiate_pre(self._module(step)))

    def _op_instantiate(self, step: Step) -> Kept:
        return Kept(self._get(step, "pre", InstancePre).instantiate(self._store(step)))
