//! The plans of host functions, found again by their types: a lift is told the type, and nothing of the function that it is for.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use wasmtime::component::__internal::InterfaceType;
use wasmtime::component::__internal::wasmtime_environ::component::{ComponentTypes, TypeTupleIndex};

use crate::component::abi::plan::Row;

/// How many plans a thread keeps.
const KEPT: usize = 64;

/// A plan, its types' address, and which of the types it is for. The plan's `Weak` keeps others off that address.
type Entry = (usize, Of, Rc<Row>);

/// What a plan is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// The parameters or the results of a function.
    Tuple(TypeTupleIndex),
    /// An element of a stream, or the value of a future.
    One(InterfaceType),
}

thread_local! {
    static ROWS: RefCell<[Option<Entry>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// The plan of a tuple of these types, made at most once for each thread as long as the thread needs few.
pub(super) fn of(types: &Arc<ComponentTypes>, index: TypeTupleIndex) -> Rc<Row> {
    kept(types, Of::Tuple(index), || Row::new(types, index))
}

/// The same for types that are only borrowed.
pub(super) fn of_borrowed(types: &ComponentTypes, index: TypeTupleIndex) -> Rc<Row> {
    let address = std::ptr::from_ref(types).addr();
    find(address, Of::Tuple(index)).unwrap_or_else(|| Rc::new(Row::unowned(types, index)))
}

/// The plan of an element of a stream, or of the value of a future.
pub(super) fn of_one(types: &Arc<ComponentTypes>, ty: InterfaceType) -> Rc<Row> {
    kept(types, Of::One(ty), || Row::alone(types, &ty, Arc::downgrade(types)))
}

/// The same for types that are only borrowed.
pub(super) fn of_one_borrowed(types: &ComponentTypes, ty: InterfaceType) -> Rc<Row> {
    let address = std::ptr::from_ref(types).addr();
    find(address, Of::One(ty)).unwrap_or_else(|| Rc::new(Row::alone(types, &ty, Weak::new())))
}

fn kept(types: &Arc<ComponentTypes>, of: Of, make: impl FnOnce() -> Row) -> Rc<Row> {
    let address = Arc::as_ptr(types).addr();
    find(address, of).unwrap_or_else(|| {
        let row = Rc::new(make());
        let entry = (address, of, Rc::clone(&row));
        ROWS.with_borrow_mut(|rows| rows.get_mut(place(address, of)).map(|place| place.replace(entry)));
        row
    })
}

fn find(address: usize, of: Of) -> Option<Rc<Row>> {
    ROWS.with_borrow(|rows| match rows.get(place(address, of)) {
        Some(Some((other, known, row))) if *other == address && *known == of => Some(Rc::clone(row)),
        _ => None,
    })
}

fn place(address: usize, of: Of) -> usize {
    let number = match of {
        Of::Tuple(index) => index.as_u32() as usize,
        Of::One(InterfaceType::Record(index)) => index.as_u32() as usize + 7,
        Of::One(InterfaceType::Variant(index)) => index.as_u32() as usize + 11,
        Of::One(_) => 13,
    };
    ((address >> 5) ^ number) % KEPT
}
