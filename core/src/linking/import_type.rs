//! Whether an item has the type that a module imports (core specification, section 4.5.2). Wasmtime decides; it names only the
//! first item that has another one.

use wasmtime::{Extern, ExternType, FuncType, StoreContextMut, ValType};

use crate::stores::store::StoreData;

/// Whether an item is of that type, by its present size.
pub(super) fn fits(item: &Extern, wanted: &ExternType, context: &StoreContextMut<'_, StoreData>) -> bool {
    match (item, wanted) {
        (Extern::Func(func), ExternType::Func(wanted)) => func.ty(context).matches(wanted),
        (Extern::Global(global), ExternType::Global(wanted)) => {
            let found = global.ty(context);
            let is_constant = found.mutability() == wasmtime::Mutability::Const;
            found.mutability() == wanted.mutability()
                && (is_constant && found.content().matches(wanted.content())
                    || ValType::eq(found.content(), wanted.content()))
        }
        (Extern::Table(table), ExternType::Table(wanted)) => {
            let found = table.ty(context);
            found.is_64() == wanted.is_64()
                && wasmtime::RefType::eq(found.element(), wanted.element())
                && within((table.size(context), found.maximum()), (wanted.minimum(), wanted.maximum()))
        }
        (Extern::Memory(memory), ExternType::Memory(wanted)) => {
            memory_fits(&memory.ty(context), memory.size(context), wanted)
        }
        (Extern::SharedMemory(memory), ExternType::Memory(wanted)) => memory_fits(&memory.ty(), memory.size(), wanted),
        (Extern::Tag(tag), ExternType::Tag(wanted)) => FuncType::eq(tag.ty(context).ty(), wanted.ty()),
        _ => false,
    }
}

fn memory_fits(found: &wasmtime::MemoryType, size: u64, wanted: &wasmtime::MemoryType) -> bool {
    found.is_64() == wanted.is_64()
        && found.is_shared() == wanted.is_shared()
        && found.page_size_log2() == wanted.page_size_log2()
        && within((size, found.maximum()), (wanted.minimum(), wanted.maximum()))
}

/// Whether a size and a maximum are within the limits that are wanted.
fn within((size, maximum): (u64, Option<u64>), (least, most): (u64, Option<u64>)) -> bool {
    size >= least && most.is_none_or(|most| maximum.is_some_and(|maximum| maximum <= most))
}
