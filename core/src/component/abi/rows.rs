//! The plans of host functions, found again by their types: a lift is told the type, and nothing of the function that it is for.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use wasmtime::component::__internal::wasmtime_environ::component::{ComponentTypes, TypeTupleIndex};

use crate::component::abi::plan::Row;

/// How many plans a thread keeps.
const KEPT: usize = 64;

/// A plan, its types' address, and which of the types it is for. The plan's `Weak` keeps others off that address.
type Entry = (usize, TypeTupleIndex, Rc<Row>);

thread_local! {
    static ROWS: RefCell<[Option<Entry>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// The plan of a tuple of these types, made at most once for each thread as long as the thread needs few.
pub(super) fn of(types: &Arc<ComponentTypes>, index: TypeTupleIndex) -> Rc<Row> {
    let address = Arc::as_ptr(types).addr();
    find(address, index).unwrap_or_else(|| {
        let row = Rc::new(Row::new(types, index));
        let entry = (address, index, Rc::clone(&row));
        ROWS.with_borrow_mut(|rows| rows.get_mut(place(address, index)).map(|place| place.replace(entry)));
        row
    })
}

/// The same for types that are only borrowed.
pub(super) fn of_borrowed(types: &ComponentTypes, index: TypeTupleIndex) -> Rc<Row> {
    find(std::ptr::from_ref(types).addr(), index).unwrap_or_else(|| Rc::new(Row::unowned(types, index)))
}

fn find(address: usize, index: TypeTupleIndex) -> Option<Rc<Row>> {
    ROWS.with_borrow(|rows| match rows.get(place(address, index)) {
        Some(Some((other, of, row))) if *other == address && *of == index => Some(Rc::clone(row)),
        _ => None,
    })
}

fn place(address: usize, index: TypeTupleIndex) -> usize {
    ((address >> 5) ^ index.as_u32() as usize) % KEPT
}
