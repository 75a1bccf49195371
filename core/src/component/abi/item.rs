//! Elements of streams, and values of futures, of any type: a type of ours that wasmtime copies between guests and the host.
//!
//! Wasmtime wants one type for the elements of a stream, whose size it knows. Ours has none, so that wasmtime gives the address where all
//! of them are, and how many: they are lowered and lifted by the plan of the type that the guest has for them.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
use wasmtime::component::{ComponentType, Lift, Lower, ReadBuffer, Source, WriteBuffer};
use wasmtime::{AsContextMut, Result, ValRaw, bail};

use crate::WasmtimeError;
use crate::component::abi::plan::{NO_SIZE, Plan, Row};
use crate::component::abi::stream::{BESIDE, Given, Handle, Output, Reader, Taken, Values, Written, refused};
use crate::component::abi::{handles, lift, lower, rows};
use crate::traps::carried::HostError;

/// What a language has given for a stream or a future, until the guest has it.
pub(crate) struct Chunk {
    written: Written,
    /// Where what is left begins.
    at: AtomicUsize,
}

impl Chunk {
    /// The value of a future.
    pub(crate) fn of_value(written: Written) -> Arc<Self> {
        Arc::new(Self { written, at: AtomicUsize::new(0) })
    }

    /// Elements of a stream, which are written as a list, and how many they are.
    pub(crate) fn of_list(mut written: Written) -> Result<(Arc<Self>, usize)> {
        let (first, _) = written.bytes.split_first_chunk().ok_or_else(|| refused("a list has no count"))?;
        let (count, mut at) = (u32::from_le_bytes(*first), 4);
        if count & BESIDE != 0 {
            // Numbers, which all stand there.
            written.bytes = written.beside.pop().ok_or_else(|| refused("a list is not where it should be"))?;
            at = 0;
        }
        Ok((Arc::new(Self { written, at: AtomicUsize::new(at) }), (count & !BESIDE) as usize))
    }

    /// The bytes of the elements that are left, where those are bytes.
    pub(crate) fn rest(&self) -> &[u8] {
        self.written.bytes.get(self.at.load(Ordering::Relaxed)..).unwrap_or_default()
    }

    /// So many bytes have gone.
    pub(crate) fn skip(&self, count: usize) {
        self.at.fetch_add(count, Ordering::Relaxed);
    }

    /// Has `work` read what is left. Whatever it reads has gone.
    fn read(&self, work: impl FnOnce(&mut Reader<'_>) -> Result<()>) -> Result<()> {
        let rest = self.rest();
        let beside: Vec<&[u8]> = self.written.beside.iter().map(Vec::as_slice).collect();
        let (handles, hosts) = (&*self.written.handles, self.written.hosts.as_deref().unwrap_or_default());
        let mut from = Reader::new(Values { bytes: rest, beside: &beside, arrays: None, handles, hosts });
        work(&mut from)?;
        self.skip(rest.len() - from.rest());
        Ok(())
    }

    /// So many elements for a host that reads the stream itself.
    fn give(&self, element: &Plan, count: usize, to: &mut Given) -> Result<()> {
        let rest = self.rest();
        self.read(|from| (0..count).try_for_each(|_| handles::skip_value(from, element)))?;
        to.put(rest.get(..rest.len() - self.rest().len()).unwrap_or_default())?;
        to.beside.clone_from(&self.written.beside);
        let handles = if to.handles.is_empty() { &*self.written.handles } else { &[] };
        for handle in handles {
            to.handles.push(match handle {
                Handle::Any(resource) => Taken::Resource(*resource, true),
                Handle::End(end) => Taken::End(end.clone()),
                Handle::Host(..) => return Err(own_resources()),
            });
        }
        Ok(())
    }
}

#[cold]
fn own_resources() -> wasmtime::Error {
    let reason = "a stream of the host's resources that the host itself gave cannot be read by the host";
    HostError(WasmtimeError::Unsupported { reason: reason.to_owned() }).into()
}

/// An element of a chunk, or its value. They go in their order. One that came out of a guest has no chunk.
#[derive(Clone)]
pub(crate) struct Item(pub(crate) Option<Arc<Chunk>>);

// SAFETY: nothing is lowered to slots or lifted from them.
unsafe impl ComponentType for Item {
    type Lower = [ValRaw; 0];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: there are no slots. Memory is written by the plan of the type that wasmtime gives, where that has been checked to be there.
unsafe impl Lower for Item {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        Err(refused("an element of a stream has no slots"))
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, at: usize) -> Result<()> {
        Self::linear_store_list_to_memory(cx, ty, at, std::slice::from_ref(self))
    }

    fn linear_store_list_to_memory<T>(
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        at: usize,
        items: &[Self],
    ) -> Result<()> {
        let Some(Self(Some(chunk))) = items.first() else { return Ok(()) };
        let row = rows::of_one_borrowed(cx.types, ty);
        let Some(plan) = one(&row) else { return Err(refused("an element of a stream has no type")) };
        chunk.read(|from| lower::elements(cx, from, plan, (at, items.len())))
    }
}

// SAFETY: there are no slots. Memory is read by the plan of the type that wasmtime gives, which checks where it is.
unsafe impl Lift for Item {
    fn linear_lift_from_flat(_: &mut LiftContext<'_>, _: InterfaceType, _: &Self::Lower) -> Result<Self> {
        Err(refused("an element of a stream has no slots"))
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        // Of no bytes, as the type has no size, but where the first element is: a part of the guest's memory.
        let at = bytes.as_ptr().addr().checked_sub(cx.memory().as_ptr().addr());
        let at = at.ok_or_else(|| refused("wasmtime gave elements outside of the guest's memory"))?;
        // SAFETY: where it is not null, `take` has put it there, on this thread, and has not returned: `Before` takes it away first.
        let Some(taking) = (unsafe { TAKING.get().cast::<Taking<'_>>().as_mut() }) else {
            bail!("wasmtime lifts elements that nobody takes");
        };
        taking.next(cx, ty, at)?;
        Ok(Self(None))
    }
}

fn one(row: &Row) -> Option<&Plan> {
    row.fields.first().map(|field| &*field.plan)
}

/// The elements that this thread lifts: as wasmtime knows no size of them, it gives the same address for each.
struct Taking<'a> {
    count: usize,
    done: usize,
    row: Option<Rc<Row>>,
    to: &'a mut Given,
}

thread_local! {
    static TAKING: Cell<*mut ()> = const { Cell::new(ptr::null_mut()) };
}

/// What the thread took before.
struct Before(*mut ());

impl Drop for Before {
    fn drop(&mut self) {
        TAKING.set(self.0);
    }
}

impl Taking<'_> {
    fn next(&mut self, cx: &mut LiftContext<'_>, ty: InterfaceType, at: usize) -> Result<()> {
        let row = self.row.get_or_insert_with(|| rows::of_one(cx.types, ty));
        let Some(plan) = one(row) else { return Err(refused("an element of a stream has no type")) };
        let (index, mut to) = (self.done, Output { given: &mut *self.to, arrays: None });
        self.done += 1;
        if !plan.kind.is_number() {
            let at = index.checked_mul(plan.size).and_then(|offset| at.checked_add(offset));
            return lift::one(cx, &mut to, plan, at.unwrap_or(usize::MAX));
        }
        // All at once.
        if index == 0 {
            let bytes = lift::numbers(cx, plan, at, self.count)?;
            to.put(bytes)?;
        }
        Ok(())
    }
}

/// How many bytes of elements are taken at once: as many as there are then, and the one that came last.
const PART: usize = 1 << 20;

/// Takes so many elements at most, and adds a list of them. `element` is what they are to who reads them.
pub(crate) fn take_list(
    mut store: impl AsContextMut,
    from: &mut Source<'_, Item>,
    element: &Plan,
    count: usize,
    to: &mut Given,
) -> Result<()> {
    to.put_number(0)?;
    let mut done = 0;
    while done < count && to.bytes.len() + to.beside.iter().map(Vec::len).sum::<usize>() < PART {
        let some = if element.kind.is_number() { count.min(PART / element.size.max(1)) - done } else { 1 };
        take(&mut store, from, element, (done, some), to)?;
        done += some;
    }
    if let Some(first) = to.bytes.first_chunk_mut() {
        *first = u32::try_from(done)?.to_le_bytes();
    }
    Ok(())
}

/// Takes so many elements behind those that were taken before, and adds their bytes.
pub(crate) fn take(
    store: impl AsContextMut,
    from: &mut Source<'_, Item>,
    element: &Plan,
    (before, count): (usize, usize),
    to: &mut Given,
) -> Result<()> {
    let mut buffer = Buffer { room: count, chunk: None };
    let mut taking = Taking { count, done: before, row: None, to };
    let outer = Before(TAKING.replace(ptr::from_mut(&mut taking).cast()));
    from.read(store, &mut buffer)?;
    drop(outer);
    buffer.chunk.map_or(Ok(()), |chunk| chunk.give(element, count, taking.to))
}

/// Counts elements. What they are goes past it.
struct Buffer {
    room: usize,
    /// What the host gave, where it reads its own stream.
    chunk: Option<Arc<Chunk>>,
}

impl ReadBuffer<Item> for Buffer {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        self.room -= items.into_iter().count();
    }

    fn remaining_capacity(&self) -> usize {
        self.room
    }

    fn move_from(&mut self, input: &mut dyn WriteBuffer<Item>, count: usize) {
        self.chunk = input.remaining().first().and_then(|item| item.0.clone());
        input.skip(count);
        self.room -= count;
    }
}
