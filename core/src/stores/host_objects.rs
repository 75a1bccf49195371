//! The objects of the host that guests of components have handles of, and what the host does with one that a guest lets go of.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::process::stack;
use crate::stores::root::HostObject;
use crate::{Result, WasmtimeError};

/// What the host does with an object that a guest owned, once for each time that it was given away.
pub trait HostDrop: Any + Send + Sync {
    /// Runs it in the call of the guest that drops the object. What it fails with comes out of the outer call, after the guest has unwound.
    fn dropped(&self, object: &HostObject) -> Result<()>;

    /// Runs it where no guest can drop the object any more: the store is closed or gone. It tells somebody itself what it fails with.
    fn left(&self, object: &HostObject);
}

/// A type of resources of the host's.
#[derive(Clone)]
pub struct HostResource {
    /// Its number.
    pub number: u32,
    /// What the host does with an object that a guest owned, if anything.
    pub drop: Option<Arc<dyn HostDrop>>,
}

impl HostResource {
    /// The one of that number, with nothing to be done.
    pub const fn plain(number: u32) -> Self {
        Self { number, drop: None }
    }
}

impl Debug for HostResource {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "HostResource({})", self.number)
    }
}

/// Whether a guest owns an object, and what the host does with it then. The object and its handle on the way into a guest share one.
#[derive(Clone, Default)]
pub struct Ownership(Option<Arc<OnceLock<Arc<dyn HostDrop>>>>);

impl Ownership {
    /// A guest has a handle of its own now, of that type.
    pub(crate) fn begin(&self, ty: &HostResource) {
        if let Some((owned, drop)) = self.0.as_ref().zip(ty.drop.as_ref()) {
            _ = owned.set(Arc::clone(drop));
        }
    }

    fn drop(&self) -> Option<&Arc<dyn HostDrop>> {
        self.0.as_ref()?.get()
    }
}

impl Debug for Ownership {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.drop().is_some() { "owned" } else { "not owned" })
    }
}

struct Kept {
    object: HostObject,
    ownership: Ownership,
}

/// The objects of the host, by the numbers that guests know them by.
#[derive(Default)]
pub(crate) struct HostObjects(Mutex<Table>);

#[derive(Default)]
struct Table {
    kept: HashMap<u32, Kept>,
    next: u32,
}

impl HostObjects {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an object, and gives its number. `is_watched` says that a guest may come to own it, and that the host may have to do something
    /// with it then. Fails with `Limit` where there are no numbers left.
    pub(crate) fn add(&self, object: HostObject, is_watched: bool) -> Result<(u32, Ownership)> {
        // As many as a table of handles has.
        const MOST: usize = 1 << 28;
        let mut table = self.lock();
        if table.kept.len() >= MOST {
            return Err(WasmtimeError::limit("the store has as many resources of the host as there may be: 2^28"));
        }
        let mut number = table.next;
        while table.kept.contains_key(&number) {
            number = number.wrapping_add(1);
        }
        let ownership = Ownership(is_watched.then(Arc::default));
        table.kept.insert(number, Kept { object, ownership: ownership.clone() });
        table.next = number.wrapping_add(1);
        Ok((number, ownership))
    }

    pub(crate) fn get(&self, number: u32) -> Option<HostObject> {
        self.lock().kept.get(&number).map(|kept| Arc::clone(&kept.object))
    }

    /// Takes an object out, which is the host's again. To drop it may run anything.
    pub(crate) fn remove(&self, number: u32) -> Option<HostObject> {
        self.lock().kept.remove(&number).map(|kept| kept.object)
    }

    /// An object that a guest owns, with what the host does with it, if anything.
    pub(crate) fn owned(&self, number: u32) -> Option<(HostObject, Arc<dyn HostDrop>)> {
        let table = self.lock();
        let Kept { object, ownership } = table.kept.get(&number)?;
        Some((Arc::clone(object), Arc::clone(ownership.drop()?)))
    }

    /// Has the host do what it does with those that guests own: no guest can use any of them any more.
    pub(crate) fn leave(&self) {
        let mut left: Vec<_> = std::mem::take(&mut self.lock().kept).into_iter().collect();
        left.sort_unstable_by_key(|(number, _)| *number);
        let owned = left.iter().filter_map(|(_, kept)| kept.ownership.drop().map(|drop| (drop, &kept.object)));
        let run = || {
            for (drop, object) in owned {
                // The others have their turn whatever becomes of this one.
                _ = catch_unwind(AssertUnwindSafe(|| drop.left(object)));
            }
        };
        stack::on_own_if_any(run);
    }
}
