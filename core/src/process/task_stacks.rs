//! The stacks that wasmtime makes for guests that may wait: one for a call, and one for each task that such a call begins in a component.
//! A guest begins tasks without asking, so they are counted where wasmtime makes their stacks.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::{Result, StackCreator, StackMemory, bail};
use wasmtime_internal_fiber::FiberStack;

use crate::WasmtimeError;
use crate::process::mappings::GuestStack;

/// How many stacks the guests of a store may have at once.
const MOST: usize = 1_000;

thread_local! {
    /// How many stacks the guests have whose store this thread polls.
    static COUNT: RefCell<Option<Arc<AtomicUsize>>> = const { RefCell::new(None) };
}

/// Does work that polls guests: their stacks are counted there.
pub(crate) fn counted<R>(count: &Arc<AtomicUsize>, work: impl FnOnce() -> R) -> R {
    /// What was counted there before.
    struct Before(Option<Arc<AtomicUsize>>);
    impl Drop for Before {
        fn drop(&mut self) {
            let before = self.0.take();
            // Nobody else borrows it: this module alone does, and calls nothing meanwhile.
            COUNT.with_borrow_mut(|count| *count = before);
        }
    }
    let _before = Before(COUNT.with_borrow_mut(|now| now.replace(Arc::clone(count))));
    work()
}

/// Makes stacks as wasmtime does, and refuses them where there would be too many.
pub(crate) struct Stacks {
    /// What a refusal is to wasmtime.
    pub(crate) refusal: fn(WasmtimeError) -> wasmtime::Error,
}

// SAFETY: the stacks are those that wasmtime makes where it has no creator: whole pages, with a guard page below them.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, zeroed: bool) -> Result<Box<dyn StackMemory>> {
        let counted = (OfStore::new().map_err(self.refusal)?, GuestStack::new().map_err(self.refusal)?);
        let memory = FiberStack::new(size, zeroed)?;
        let (Some(top), Some(range), Some(guard)) = (memory.top(), memory.range(), memory.guard_range()) else {
            bail!("wasmtime does not say where its stack is");
        };
        Ok(Box::new(Stack {
            top: Address(top),
            range,
            guard: Address(guard.start)..Address(guard.end),
            _memory: memory,
            _counted: counted,
        }))
    }
}

/// An address, which nobody here reads at.
struct Address(*mut u8);

// SAFETY: an address alone is given from one thread to another.
unsafe impl Send for Address {}

// SAFETY: an address alone is shared between threads: nobody here reads or writes at it.
unsafe impl Sync for Address {}

struct Stack {
    top: Address,
    range: Range<usize>,
    guard: Range<Address>,
    _memory: FiberStack,
    /// Behind the memory, which goes first.
    _counted: (OfStore, GuestStack),
}

// SAFETY: as of `Stacks`. What it gives is that of wasmtime's own stack, which is there as long as this is.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        self.top.0
    }

    fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.guard.start.0..self.guard.end.0
    }
}

/// A stack counts for its store until this is dropped.
struct OfStore(Option<Arc<AtomicUsize>>);

impl OfStore {
    fn new() -> crate::Result<Self> {
        let count = COUNT.with_borrow(Clone::clone);
        let stack = Self(count);
        let others = stack.0.as_ref().map_or(0, |count| count.fetch_add(1, Ordering::Relaxed));
        if others < MOST { Ok(stack) } else { Err(too_many()) }
    }
}

impl Drop for OfStore {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cold]
fn too_many() -> WasmtimeError {
    WasmtimeError::limit(format!(
        "{MOST} tasks of the store's guests have a stack each, as they wait in the middle of their code, and a store has no more: let \
         fewer wait at once"
    ))
}
