//! Calls of a component's functions, whatever their types: wasmtime's typed calls, with two types of ours that lower and lift by
//! plans.
//!
//! Wasmtime's own dynamic call goes over `component::Val`, a tree of values, and costs up to 700 times as much as a typed one.

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
use wasmtime::component::types::{self, ComponentFunc};
use wasmtime::component::{ComponentNamedList, ComponentType, Func, Lift, Lower, TypedFunc};
use wasmtime::{AsContextMut, Result, ValRaw, bail};

use crate::component::abi::host::GuestValues;
use crate::component::abi::plan::{MOST, Made, NO_SIZE, Row, parts};
use crate::component::abi::stream::{Given, Handle, Output, Reader, Values, refused};
use crate::component::abi::{handles, lift, lower, plain};
use crate::stores::host_objects::HostResource;

/// A function of a component, with the plans of its parameters and of its results.
#[derive(Debug)]
pub struct Ready {
    func: Func,
    params: Row,
    results: Row,
    is_plain: bool,
    is_async: bool,
}

impl Ready {
    /// Finds out how the function's values lie in its guest.
    pub fn new(store: impl AsContextMut, func: Func) -> Result<Self> {
        let [params, results] = show(&mut Made::default(), || func.typed::<Shown, Shown>(&store).map(drop))?;
        let (is_plain, is_async) = (plain::is_plain(&params, &results), func.ty(&store).async_());
        Ok(Self { func, params, results, is_plain, is_async })
    }

    /// Whether the function is async by its type.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// The parameters.
    pub fn params(&self) -> &Row {
        &self.params
    }

    /// The results: one or none.
    pub fn results(&self) -> &Row {
        &self.results
    }

    /// Whether `call_plain` may call it.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Fails with `Type` where a resource in those values is of another type than the function names. What else does not fit, `call` finds.
    pub(crate) fn check_handles(&self, values: Values<'_>) -> Result<()> {
        handles::check_early(&mut Reader::new(values), &self.params)
    }

    /// The same for the slots of a plain function.
    pub(crate) fn check_plain(&self, slots: &[u64], handles: &[Handle], hosts: &[HostResource]) -> Result<()> {
        handles::check_slots(slots, handles, hosts, &self.params)
    }

    /// Calls a plain function. Gives the slot of its result; 0 where there is none.
    #[inline]
    pub fn call_plain(
        &self,
        store: impl AsContextMut,
        slots: &[u64],
        handles: &[Handle],
        hosts: &[HostResource],
        has_arrived: &AtomicBool,
    ) -> Result<u64> {
        // SAFETY: `plain::Args` and `plain::Outcome` lower and lift by the type that wasmtime gives them, which is the function's,
        // and refuse one that is not plain.
        let typed = unsafe { TypedFunc::<plain::Args<'_>, plain::Outcome>::new_unchecked(self.func) };
        let plain::Outcome(slot) = typed.call(store, plain::Args { slots, handles, hosts, has_arrived })?;
        Ok(slot)
    }

    /// Calls the function. The results are added to `results`.
    pub fn call(&self, store: impl AsContextMut, arguments: Values<'_>, results: &mut Given) -> Result<()> {
        self.call_noting(store, arguments, results, &AtomicBool::new(false))
    }

    /// The same, which notes when the arguments are all in the guest.
    pub fn call_noting(
        &self,
        store: impl AsContextMut,
        arguments: Values<'_>,
        results: &mut Given,
        has_arrived: &AtomicBool,
    ) -> Result<()> {
        // SAFETY: `Args` and `Results` lower and lift any type by its plan, and refuse a plan of other types than those that
        // wasmtime gives them, which are the function's.
        let typed = unsafe { TypedFunc::<Args<'_>, Results>::new_unchecked(self.func) };
        let to = Output { given: results, arrays: arguments.arrays };
        let mut wanted = Wanted { row: &self.results, to };
        let _before = Before(WANTED.replace(ptr::from_mut(&mut wanted).cast()));
        typed.call(store, Args { values: arguments, row: &self.params, has_arrived })?;
        Ok(())
    }
}

// The same on fibers.
impl Ready {
    /// As `call_plain`, in a store whose guests run on fibers.
    pub async fn call_plain_on_fiber(
        &self,
        store: impl AsContextMut<Data: Send>,
        slots: &[u64],
        handles: &[Handle],
        hosts: &[HostResource],
        has_arrived: &AtomicBool,
    ) -> Result<u64> {
        // SAFETY: as for `call_plain`.
        let typed = unsafe { TypedFunc::<plain::Args<'_>, plain::Outcome>::new_unchecked(self.func) };
        let plain::Outcome(slot) = typed.call_async(store, plain::Args { slots, handles, hosts, has_arrived }).await?;
        Ok(slot)
    }

    /// As `call_noting`, in such a store. The thread that polls it first polls it to its end, and nothing that is not in it meanwhile.
    pub async fn call_noting_on_fiber(
        &self,
        store: impl AsContextMut<Data: Send>,
        arguments: Values<'_>,
        results: &mut Given,
        has_arrived: &AtomicBool,
    ) -> Result<()> {
        // SAFETY: as for `call_noting`.
        let typed = unsafe { TypedFunc::<Args<'_>, Results>::new_unchecked(self.func) };
        let to = Output { given: results, arrays: arguments.arrays };
        let mut wanted = Wanted { row: &self.results, to };
        let _before = Before(WANTED.replace(ptr::from_mut(&mut wanted).cast()));
        typed.call_async(store, Args { values: arguments, row: &self.params, has_arrived }).await?;
        Ok(())
    }

    /// The same for a call with which any thread may go on, also of a function that is async by its type. Gives the results.
    pub async fn call_waiting(
        &self,
        store: impl AsContextMut<Data: Send>,
        arguments: Values<'_>,
        has_arrived: &AtomicBool,
    ) -> Result<Given> {
        let arguments = Args { values: arguments, row: &self.params, has_arrived };
        macro_rules! call {
            ($slots:literal) => {{
                // SAFETY: `Args` and `GuestValues` lower and lift any type by its plan, and refuse a plan of other types than those
                // that wasmtime gives them, which are the function's. Results have as many slots as are picked here, or lie in memory.
                let typed = unsafe { TypedFunc::<Args<'_>, GuestValues<$slots>>::new_unchecked(self.func) };
                Box::pin(typed.call_async(store, arguments)).await?.given
            }};
        }
        macro_rules! pick {
            ($($slots:literal)*) => {
                match self.results.flat {
                    $(Some($slots) => call!($slots),)*
                    // More than a function returns even where it is async, and lifted so: they lie in memory.
                    _ => call!(17),
                }
            };
        }
        pick!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    }
}

/// The arguments of a call.
struct Args<'a> {
    values: Values<'a>,
    row: &'a Row,
    has_arrived: &'a AtomicBool,
}

// SAFETY: sixteen slots are what wasmtime's own dynamic call has as well. The guest reads as many of them as its type has flat
// values, or one, and `lower::params` writes exactly those before it returns without an error.
unsafe impl ComponentType for Args<'_> {
    type Lower = [ValRaw; MOST];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: `Lower` wants the slots written that the guest reads, before it returns without an error: `lower::params` writes those, or fails.
unsafe impl Lower for Args<'_> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        slots: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        if !self.row.belongs_to(cx.types) || !matches!(ty, InterfaceType::Tuple(_)) {
            return Err(refused("the plan of a call is that of another component"));
        }
        let slots = parts(slots);
        // Wasmtime reads one slot as the result of a function that has neither parameters nor results.
        if let Some(first) = slots.first_mut() {
            first.write(ValRaw::u64(0));
        }
        let refused = |error| handles::named(error, self.values, self.row, |index| format!("argument {}", index + 1));
        // One alone is checked when it is lowered.
        if self.values.handles.len() > 1 {
            handles::check_row(cx, &mut Reader::new(self.values), self.row).map_err(refused)?;
        }
        lower::params(cx, &mut Reader::new(self.values), self.row, slots).map_err(refused)?;
        self.has_arrived.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn linear_lower_to_memory<T>(&self, _: &mut LowerContext<'_, T>, _: InterfaceType, _: usize) -> Result<()> {
        Err(refused("wasmtime asked for arguments in memory"))
    }
}

// SAFETY: `ComponentNamedList` wants a list of parameters: a plan is that of a tuple of them.
unsafe impl ComponentNamedList for Args<'_> {}

/// What this thread lifts next. A lift knows its type, and nothing of the call that it is for.
struct Wanted<'a> {
    row: &'a Row,
    to: Output<'a>,
}

thread_local! {
    static WANTED: Cell<*mut ()> = const { Cell::new(ptr::null_mut()) };
}

/// What the thread lifted next before a call inside of another one's host function.
struct Before(*mut ());

impl Drop for Before {
    fn drop(&mut self) {
        WANTED.set(self.0);
    }
}

/// The results of a call, which are in what was wanted.
struct Results;

// SAFETY: one slot is what wasmtime's own dynamic call has for results. It holds the only flat value, or the address of all.
unsafe impl ComponentType for Results {
    type Lower = [ValRaw; 1];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: `Lift` wants that the slot is read as the function's type says: `lift` reads it by the plan of that very type.
unsafe impl Lift for Results {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, _: InterfaceType, slots: &Self::Lower) -> Result<Self> {
        // SAFETY: where it is not null, `Ready::call` has put it there, on this thread, and has not returned: `Before` takes
        // it away first. Calls of others inside of this one put theirs in front of it, and take that away as well.
        let Some(wanted) = (unsafe { WANTED.get().cast::<Wanted<'_>>().as_mut() }) else {
            return Err(refused("wasmtime lifts the results of a call that was not made"));
        };
        let row = wanted.row;
        if !row.belongs_to(cx.types) {
            return Err(refused("the plan of a call's results is that of another component"));
        }
        lift::results(cx, &mut wanted.to, row, slots)?;
        Ok(Self)
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(refused("wasmtime gave results in memory"))
    }
}

// SAFETY: `ComponentNamedList` wants a list of results: a plan is that of a tuple of them.
unsafe impl ComponentNamedList for Results {}

/// The plans of a function's parameters and of its results, by its type in a component.
pub fn rows(ty: &ComponentFunc, component: &types::Component, made: &mut Made) -> Result<[Row; 2]> {
    show(made, || ty.typecheck::<Shown, Shown>(&component.instance_type()))
}

/// Has wasmtime show the types of a function, of which this makes the plans.
fn show(made: &mut Made, ask: impl FnOnce() -> Result<()>) -> Result<[Row; 2]> {
    SHOWN.set((Vec::new(), std::mem::take(made)));
    let asked = ask();
    let (rows, plans) = SHOWN.take();
    *made = plans;
    asked?;
    <[Row; 2]>::try_from(rows).map_err(|_| refused("wasmtime did not show the types of a function"))
}

thread_local! {
    /// The plans of the types that were shown to `Shown`, and those of their parts.
    static SHOWN: RefCell<(Vec<Row>, Made)> = RefCell::default();
}

/// Takes the place of a function's parameters and of its results to see their types: wasmtime asks each such type whether it fits.
struct Shown;

// SAFETY: no call is made with it.
unsafe impl ComponentType for Shown {
    type Lower = [ValRaw; 0];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        let InterfaceType::Tuple(index) = *ty else { bail!("a function's types are no tuple") };
        SHOWN.with_borrow_mut(|(rows, made)| rows.push(Row::sharing(types, index, made)));
        Ok(())
    }
}

// SAFETY: `Lower` wants all slots written where it returns without an error: it never does.
unsafe impl Lower for Shown {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        Err(refused("types are only shown"))
    }

    fn linear_lower_to_memory<T>(&self, _: &mut LowerContext<'_, T>, _: InterfaceType, _: usize) -> Result<()> {
        Err(refused("types are only shown"))
    }
}

// SAFETY: `Lift` wants that values are read as their type says: it reads none, and fails.
unsafe impl Lift for Shown {
    fn linear_lift_from_flat(_: &mut LiftContext<'_>, _: InterfaceType, _: &Self::Lower) -> Result<Self> {
        Err(refused("types are only shown"))
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(refused("types are only shown"))
    }
}

// SAFETY: `ComponentNamedList` wants a list: `typecheck` takes nothing but a tuple.
unsafe impl ComponentNamedList for Shown {}
