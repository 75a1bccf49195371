//! Which modules are copies for snapshots, and what of. Nobody is told of the exports that they have besides.

use std::sync::{Arc, Weak};

use crate::snapshots::hidden::Hidden;
use crate::snapshots::original::Original;
use crate::traps::notes::Notes;

#[derive(Clone)]
struct Known {
    hidden: Hidden,
    original: Weak<Original>,
}

static COPIES: Notes<Known> = Notes::none();

/// Notes of a new module whether it is a copy, and what of. That is known for as long as somebody keeps it.
pub(crate) fn note(module: &wasmtime::Module, original: Option<&Arc<Original>>) {
    let known =
        original.map(|original| Known { hidden: original.hidden().clone(), original: Arc::downgrade(original) });
    COPIES.set(module.image_range().start.addr(), known);
}

/// What that module is a copy of, if it is one and somebody still keeps it.
pub(crate) fn original(module: &wasmtime::Module) -> Option<Arc<Original>> {
    COPIES.get(module.image_range().start.addr())?.original.upgrade()
}

/// Whether that module exports `name` for snapshots alone.
pub(crate) fn is_hidden(module: &wasmtime::Module, name: &str) -> bool {
    // Nearly all names are told by this, without a look at what is known.
    Hidden::may_have(name) && of(module).is_some_and(|hidden| hidden.has(name))
}

/// Whether that module has exports that nobody is told of.
pub(crate) fn is_copy(module: &wasmtime::Module) -> bool {
    of(module).is_some()
}

/// What a module exports, without what nobody is told of. That stands behind everything else.
pub(crate) fn exports(module: &wasmtime::Module) -> impl Iterator<Item = wasmtime::ExportType<'_>> {
    let hidden = of(module);
    module.exports().take_while(move |export| hidden.as_ref().is_none_or(|hidden| !hidden.has(export.name())))
}

fn of(module: &wasmtime::Module) -> Option<Hidden> {
    COPIES.get(module.image_range().start.addr()).map(|known| known.hidden)
}
