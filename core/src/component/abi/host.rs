//! Host functions of any type, for a component: a type of ours for each number of flat values.
//!
//! Wasmtime calls a host function with as many slots as its type has flat values, which a Rust type has to say beforehand. So
//! there is one for each number from 0 to 16, and `define` picks the one of a function.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;

use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
use wasmtime::component::types::{ComponentFunc, Type};
use wasmtime::component::{Accessor, ComponentNamedList, ComponentType, Lift, LinkerInstance, Lower};
use wasmtime::{Result, StoreContextMut, ValRaw, bail};

use crate::component::abi::no_value::for_host;
use crate::component::abi::plan::{self, NO_SIZE, Row, parts};
use crate::component::abi::stream::{Given, Output, Reader, Values, Written, refused};
use crate::component::abi::{handles, lift, lower, rows};
use crate::component::spare;

/// How many flat values a function takes at most, and how many it returns.
const MOST: (usize, usize) = (plan::MOST, 1);

/// A host function: what the guest gave becomes what it is given back.
pub trait HostBody<T>: Fn(StoreContextMut<'_, T>, Given) -> Result<Written> + Send + Sync + 'static {}

impl<T, F: Fn(StoreContextMut<'_, T>, Given) -> Result<Written> + Send + Sync + 'static> HostBody<T> for F {}

/// What a guest gives, with `N` flat values, or with too many: the arguments of a host function, and the results of the guest's own. Where
/// they are none, the function says so: it knows its name.
pub(super) struct GuestValues<const N: usize> {
    pub(super) given: Result<Given>,
}

// SAFETY: `N` slots are what the function's type has, as `typecheck` sees to for a host function, and `call_waiting` for a guest's: where
// there are more flat values than go in slots, wasmtime gives their address, and no slots.
unsafe impl<const N: usize> ComponentType for GuestValues<N> {
    type Lower = [ValRaw; N];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        let row = row(ty, |index| rows::of(types.types, index))?;
        match row.flat {
            Some(count) if count != N => bail!("a host function of {count} flat parameters was made for {N}"),
            _ => Ok(()),
        }
    }
}

// SAFETY: `Lift` wants that all of `Lower` is read as the function's type says: `lift` reads it by that type's plan.
unsafe impl<const N: usize> Lift for GuestValues<N> {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, slots: &Self::Lower) -> Result<Self> {
        let row = row(&ty, |index| rows::of(cx.types, index))?;
        Ok(Self { given: lifted(|to| lift::from_flat(cx, to, &row, slots)) })
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        let row = row(&ty, |index| rows::of(cx.types, index))?;
        // Of no bytes, as the type has no size, but where they are: a part of the guest's memory.
        let at = bytes.as_ptr().addr().checked_sub(cx.memory().as_ptr().addr());
        let at = at.ok_or_else(|| refused("wasmtime gave arguments outside of the guest's memory"))?;
        Ok(Self { given: lifted(|to| lift::from_memory(cx, to, &row, at)) })
    }
}

fn lifted(work: impl FnOnce(&mut Output<'_>) -> Result<()>) -> Result<Given> {
    let mut given = Given::reusing();
    work(&mut Output { given: &mut given, arrays: None })?;
    Ok(given)
}

// SAFETY: `ComponentNamedList` wants a list of parameters: `typecheck` takes nothing but a tuple of them.
unsafe impl<const N: usize> ComponentNamedList for GuestValues<N> {}

/// The results of a host function with `M` flat values, or with too many.
struct HostResults<const M: usize> {
    written: Written,
}

// SAFETY: `M` slots are what the function's type has, as `typecheck` sees to: where it has more flat results than a function
// returns, wasmtime gives an address to write them to, and no slots.
unsafe impl<const M: usize> ComponentType for HostResults<M> {
    type Lower = [ValRaw; M];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        let row = row(ty, |index| rows::of(types.types, index))?;
        match row.flat {
            Some(count) if count <= MOST.1 && count != M => {
                bail!("a host function of {count} flat results was made for {M}")
            }
            _ => Ok(()),
        }
    }
}

// SAFETY: `Lower` wants all slots written before it returns without an error: `lower::flat_row` does so, or fails.
unsafe impl<const M: usize> Lower for HostResults<M> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        slots: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let row = row(&ty, |index| rows::of_borrowed(cx.types, index))?;
        let slots = parts(slots);
        self.with(&row, |values| lower::flat_row(cx, &mut Reader::new(values), &row, slots))
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, at: usize) -> Result<()> {
        let row = row(&ty, |index| rows::of_borrowed(cx.types, index))?;
        if row.fields.is_empty() {
            // The guest need not have a memory.
            return self.with(&row, |values| Reader::new(values).end());
        }
        // Wasmtime has checked the address for a type without a size: `lower::into_memory` checks it for the row.
        if !at.is_multiple_of(row.align as usize) {
            bail!("pointer not aligned");
        }
        if cx.as_slice_mut().get(at..).and_then(|rest| rest.get(..row.size)).is_none() {
            bail!("pointer out of bounds of memory");
        }
        self.with(&row, |values| lower::into_memory(cx, &mut Reader::new(values), &row, at))
    }
}

// SAFETY: `ComponentNamedList` wants a list of results: `typecheck` takes nothing but a tuple of them.
unsafe impl<const M: usize> ComponentNamedList for HostResults<M> {}

impl<const M: usize> HostResults<M> {
    fn with(&self, row: &Row, work: impl FnOnce(Values<'_>) -> Result<()>) -> Result<()> {
        let beside: Vec<&[u8]> = self.written.beside.iter().map(Vec::as_slice).collect();
        let values = Values {
            bytes: &self.written.bytes,
            beside: &beside,
            handles: &self.written.handles,
            hosts: self.written.hosts.as_deref().unwrap_or_default(),
            arrays: None,
        };
        let names = || self.written.names.as_deref().map_or_else(String::new, |names| format!("{names}: "));
        work(values).map_err(|error| handles::named(error, values, row, |_| format!("{}result", names())))
    }
}

impl<const M: usize> Drop for HostResults<M> {
    fn drop(&mut self) {
        spare::keep_stream(std::mem::take(&mut self.written.bytes));
    }
}

fn row(
    ty: &InterfaceType,
    find: impl FnOnce(wasmtime::component::__internal::wasmtime_environ::component::TypeTupleIndex) -> Rc<Row>,
) -> Result<Rc<Row>> {
    match *ty {
        InterfaceType::Tuple(index) => Ok(find(index)),
        _ => Err(refused("a function's types are no tuple")),
    }
}

/// Picks the types of ours by how many flat values a function has: `$wrap!(parameters, results)`.
macro_rules! pick {
    ($ty:expr, $wrap:ident) => {
        pick!($ty, $wrap, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    ($ty:expr, $wrap:ident, $($params:literal)*) => {
        match counts($ty) {
            $(($params, 0) => $wrap!($params, 0), ($params, 1) => $wrap!($params, 1),)*
            _ => Err(refused("a function has more flat values than there are")),
        }
    };
}

/// Defines a host function that a component imports by this type. `shown` are its names in sentences.
pub fn define<T: 'static>(
    linker: &mut LinkerInstance<'_, T>,
    name: &str,
    shown: &str,
    ty: &ComponentFunc,
    body: impl HostBody<T>,
) -> Result<()> {
    let shown: Box<str> = shown.into();
    macro_rules! wrap {
        ($params:literal, $results:literal) => {
            linker.func_wrap(name, move |store: StoreContextMut<'_, T>, GuestValues { given }: GuestValues<$params>| {
                let given = given.map_err(|error| for_host(error, &shown))?;
                Ok(HostResults::<$results> { written: body(store, given)? })
            })
        };
    }
    pick!(ty, wrap)
}

/// What an async host function comes to.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Written>> + Send + 'a>>;

/// The same for an async host function.
pub fn define_async<T: 'static>(
    linker: &mut LinkerInstance<'_, T>,
    name: &str,
    shown: &str,
    ty: &ComponentFunc,
    body: impl Fn(StoreContextMut<'_, T>, Given) -> Waiting<'_> + Send + Sync + 'static,
) -> Result<()> {
    let shown: Box<str> = shown.into();
    macro_rules! wrap {
        ($params:literal, $results:literal) => {
            linker.func_wrap_async(
                name,
                move |store: StoreContextMut<'_, T>, GuestValues { given }: GuestValues<$params>| {
                    let waiting = given.map(|given| body(store, given)).map_err(|error| for_host(error, &shown));
                    Box::new(async move { Ok(HostResults::<$results> { written: waiting?.await? }) })
                },
            )
        };
    }
    pick!(ty, wrap)
}

/// The same for a function that is async by its type, whatever it is in the host: while its guest waits for it, other tasks go on.
pub fn define_concurrent<T: Send + 'static>(
    linker: &mut LinkerInstance<'_, T>,
    name: &str,
    shown: &str,
    ty: &ComponentFunc,
    body: impl Fn(&Accessor<T>, Given) -> Waiting<'_> + Send + Sync + 'static,
) -> Result<()> {
    let shown: Box<str> = shown.into();
    macro_rules! wrap {
        ($params:literal, $results:literal) => {
            linker.func_wrap_concurrent(
                name,
                move |tasks: &Accessor<T>, GuestValues { given }: GuestValues<$params>| {
                    let waiting = given.map(|given| body(tasks, given)).map_err(|error| for_host(error, &shown));
                    Box::pin(async move { Ok(HostResults::<$results> { written: waiting?.await? }) })
                },
            )
        };
    }
    pick!(ty, wrap)
}

/// How many flat parameters and results a function has; 0 where they are too many, and lie in memory.
fn counts(ty: &ComponentFunc) -> (usize, usize) {
    let count = |types: &mut dyn Iterator<Item = Type>, most| {
        let mut left = Some(most);
        types.for_each(|ty| left = left.and_then(|left| rest(&ty, left)));
        left.map_or(0, |left| most - left)
    };
    (count(&mut ty.params().map(|(_, ty)| ty), MOST.0), count(&mut ty.results(), MOST.1))
}

/// What is left of a number of slots behind a type's flat values. None where they are too few.
fn rest(ty: &Type, left: usize) -> Option<usize> {
    let payload = |left: usize, ty: Option<Type>| ty.map_or(Some(left), |ty| rest(&ty, left));
    match ty {
        Type::String | Type::List(_) | Type::Map(_) => left.checked_sub(2),
        Type::FixedLengthList(list) => {
            let element = list.ty();
            (0..list.len()).try_fold(left, |left, _| rest(&element, left))
        }
        Type::Record(record) => record.fields().try_fold(left, |left, field| rest(&field.ty, left)),
        Type::Tuple(tuple) => tuple.types().try_fold(left, |left, ty| rest(&ty, left)),
        // As many as the largest payload has.
        Type::Variant(variant) => {
            let left = left.checked_sub(1)?;
            variant.cases().try_fold(left, |least, case| Some(least.min(payload(left, case.ty)?)))
        }
        Type::Option(option) => rest(&option.ty(), left.checked_sub(1)?),
        Type::Result(result) => {
            let left = left.checked_sub(1)?;
            Some(payload(left, result.ok())?.min(payload(left, result.err())?))
        }
        _ => left.checked_sub(1),
    }
}
