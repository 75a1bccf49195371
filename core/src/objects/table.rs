//! Tables: references that a guest and its host share.

use std::sync::{Arc, OnceLock};

use wasmtime::{AsContextMut, RootScope, StoreContextMut};

use crate::errors::chain::chain;
use crate::errors::counted::count;
use crate::errors::numbers::natural;
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::types::slot::ValKind;
use crate::values::convert::ArgPosition;
use crate::{Result, Store, TableType, Val, WasmtimeError};

/// A table. It belongs to one store. Indices and sizes are in elements.
#[derive(uniffi::Object)]
pub struct Table {
    owner: StoreId,
    pub(crate) inner: wasmtime::Table,
    pub(crate) kind: OnceLock<ValKind>,
}

of_store!(Table);

#[uniffi::export]
#[cfg_attr(false, brief)]
impl Table {
    /// Makes a table in `store`, with `init` in each element.
    ///
    /// Fails with `Type` where `init` is of another type, with `Range` where the limits are impossible, and with `Limit`
    /// where there is no room.
    #[uniffi::constructor]
    #[cfg_attr(false, long)]
    pub fn new(store: &Store, ty: TableType, init: Val) -> Result<Arc<Self>> {
        let raw = ty.to_wasmtime()?;
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            let mut context = scope.as_context_mut();
            let init = element(&init, &raw, store, &mut context)?;
            let made = wasmtime::Table::new(&mut context, raw, init);
            let made = made.map_err(|error| {
                let error = context.data().limiter.too_large(&error).unwrap_or(error);
                WasmtimeError::limit(format!("cannot make {ty}: {}", chain(&error)))
            })?;
            Ok(Self::from_wasmtime(store, made))
        })
    }

    /// The table's type. Its limits are those that it was made with.
    pub fn r#type(&self, store: &Store) -> Result<TableType> {
        let table = self.inner(store)?;
        store.enter(|context| Ok(TableType::from_wasmtime(&table.ty(&context))))
    }

    /// The size now.
    pub fn size(&self, store: &Store) -> Result<u64> {
        let table = self.inner(store)?;
        store.enter(|context| Ok(table.size(&context)))
    }

    /// The element at `index`. Fails with `Range` past the end.
    #[cfg_attr(false, worded)]
    pub fn get(&self, store: &Store, index: i64) -> Result<Val> {
        self.visit(store, |table, context| {
            let place = place(table, context, index)?;
            let Some(found) = table.get(&mut *context, place) else { return Err(outside(table, context, index)) };
            Val::from_wasmtime(&found.into(), store, context)
        })
    }

    /// Changes the element at `index`. Fails with `Range` past the end, and with `Type` for a value of another type.
    #[cfg_attr(false, worded)]
    pub fn set(&self, store: &Store, index: i64, value: Val) -> Result<()> {
        self.visit(store, |table, context| {
            let place = place(table, context, index)?;
            let value = element(&value, &table.ty(&*context), store, context)?;
            table.set(&mut *context, place, value).map_err(|_| outside(table, context, index))
        })
    }

    /// Grows the table by `delta` elements, 0 or more, of `init`, and returns its size before. Fails with `Limit` past the
    /// maximum of its type or of its store; then nothing has changed.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, called(delta = "the number of elements to grow by"))]
    pub fn grow(&self, store: &Store, delta: i64, init: Val) -> Result<u64> {
        let delta = natural(delta, "the number of elements to grow by")?;
        self.visit(store, |table, context| {
            let (size, ty) = (table.size(&*context), table.ty(&*context));
            let init = element(&init, &ty, store, context)?;
            table.grow(&mut *context, delta, init).map_err(|error| {
                let (elements, highest) = (count(delta, "element"), size.checked_add(delta));
                let max = ty.maximum().filter(|max| highest.is_none_or(|highest| highest > *max));
                let why = max.map(|max| format!("its maximum is {max}"));
                let why = why.or(context.data().limiter.forbids_table(highest)).unwrap_or_else(|| chain(&error));
                WasmtimeError::limit(format!("cannot grow the table by {elements}: it has {size}, and {why}"))
            })
        })
    }

    /// Sets `length` elements from `index` on to `value`. Fails with `Range` where they reach past the end; then nothing
    /// has changed.
    #[cfg_attr(false, worded)]
    pub fn fill(&self, store: &Store, index: i64, value: Val, length: i64) -> Result<()> {
        self.visit(store, |table, context| {
            let (start, count) = range(table, context, index, length)?;
            let value = element(&value, &table.ty(&*context), store, context)?;
            table.fill(&mut *context, start, value, count).map_err(|error| WasmtimeError::range(chain(&error)))
        })
    }

    /// Copies `length` elements from `source_index` of `source`, which may be this very table, to `index`. The two ranges
    /// may overlap. Fails with `Range` where one reaches past the end, and with `Type` where the elements are of another
    /// type; then nothing has changed.
    #[cfg_attr(false, called(source_index = "the index in the source"))]
    pub fn copy(&self, store: &Store, index: i64, source: &Table, source_index: i64, length: i64) -> Result<()> {
        let from = source.inner(store)?;
        self.visit(store, |table, context| {
            let (start, count) = range(table, context, index, length)?;
            let (source_start, _) = range(&from, context, source_index, length)?;
            let copied = wasmtime::Table::copy(&mut *context, table, start, &from, source_start, count);
            copied.map_err(|error| WasmtimeError::wrong_type(chain(&error)))
        })
    }
}

impl Table {
    pub(crate) fn from_wasmtime(store: &Store, inner: wasmtime::Table) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), inner, kind: OnceLock::new() })
    }

    pub(crate) fn inner(&self, store: &Store) -> Result<wasmtime::Table> {
        store.check_owner(self.owner, "table")?;
        Ok(self.inner)
    }

    fn visit<R>(
        &self,
        store: &Store,
        work: impl FnOnce(&wasmtime::Table, &mut StoreContextMut<'_, StoreData>) -> Result<R>,
    ) -> Result<R> {
        let table = self.inner(store)?;
        store.enter(|context| {
            let mut scope = RootScope::new(context);
            work(&table, &mut scope.as_context_mut())
        })
    }
}

/// A value as an element of such a table.
fn element(
    value: &Val,
    ty: &wasmtime::TableType,
    store: &Store,
    context: &mut StoreContextMut<'_, StoreData>,
) -> Result<wasmtime::Ref> {
    let wanted = wasmtime::ValType::Ref(ty.element().clone());
    let value = value.to_wasmtime(&wanted, store, context, ArgPosition::only("the element"))?;
    let unexpected = || WasmtimeError::wrong_type("the element is no reference");
    value.ref_().ok_or_else(unexpected)
}

pub(crate) fn outside(table: &wasmtime::Table, context: &StoreContextMut<'_, StoreData>, index: i64) -> WasmtimeError {
    let size = table.size(context);
    WasmtimeError::range(format!("the index is {index}: the table has {size} elements, counted from 0"))
}

/// An index that is inside.
fn place(table: &wasmtime::Table, context: &StoreContextMut<'_, StoreData>, index: i64) -> Result<u64> {
    let found = u64::try_from(index).ok().filter(|index| *index < table.size(context));
    found.ok_or_else(|| outside(table, context, index))
}

/// A range that is inside: where it begins and how long it is.
fn range(
    table: &wasmtime::Table,
    context: &StoreContextMut<'_, StoreData>,
    index: i64,
    length: i64,
) -> Result<(u64, u64)> {
    let (start, count) = (natural(index, "the index")?, natural(length, "the number of elements")?);
    let size = table.size(context);
    if start.checked_add(count).is_none_or(|end| end > size) {
        let reason = format!("{count} elements from {start} on are not in the table: it has {size}");
        return Err(WasmtimeError::range(reason));
    }
    Ok((start, count))
}
