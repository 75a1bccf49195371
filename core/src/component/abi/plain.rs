//! Plain functions: each parameter and the result is one flat value, so a number, a truth value or a character, and a parameter may be
//! a handle. Their values cross as slots of 64 bits. A call of one asks for no memory, and walks along no plan.
//!
//! A slot has the bits of its value in its low bytes. What is above them means nothing on the way in, and is 0 on the way out. The slot of
//! a handle is its index, as in the stream.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, LinkerInstance, Lower};
use wasmtime::{Result, StoreContextMut, ValRaw, bail};

use crate::component::abi::handles::OtherResource;
use crate::component::abi::lower::{handle, scalar};
use crate::component::abi::no_value::{for_host, of_parameter};
use crate::component::abi::plan::{MOST, NO_SIZE, Row, parts};
use crate::component::abi::stream::{Handle, refused};
use crate::component::abi::{handles, lift};
use crate::stores::host_objects::HostResource;

/// How many parameters a plain function of the host has at most: there is a type of ours for each number. One that has more takes the
/// stream.
pub const MOST_OF_HOST: usize = 4;

/// Whether a value of this type is one flat value, and no handle.
fn is_single(ty: &InterfaceType) -> bool {
    use InterfaceType as Type;
    matches!(
        ty,
        Type::Bool
            | Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::S64
            | Type::U64
            | Type::Float32
            | Type::Float64
            | Type::Char
    )
}

/// Whether a function with these parameters and results is plain.
pub fn is_plain(params: &Row, results: &Row) -> bool {
    let is_handle = |ty: &InterfaceType| matches!(ty, InterfaceType::Own(_) | InterfaceType::Borrow(_));
    params.fields.len() <= MOST
        && params.fields.iter().all(|field| is_single(&field.plan.ty) || is_handle(&field.plan.ty))
        && results.fields.len() <= 1
        && results.fields.iter().all(|field| is_single(&field.plan.ty))
}

/// Whether a function of the host with these parameters and results is plain. Its parameters are no handles.
pub fn is_plain_of_host(params: &Row, results: &Row) -> bool {
    params.fields.len() <= MOST_OF_HOST
        && params.fields.iter().all(|field| is_single(&field.plan.ty))
        && is_plain(params, results)
}

/// The flat value of a slot.
#[inline]
fn lower(ty: InterfaceType, slot: u64) -> Result<ValRaw> {
    Ok(match ty {
        InterfaceType::Bool => ValRaw::u32(u32::from(slot as u8 != 0)),
        // Those with a sign fill all 32 bits.
        InterfaceType::S8 => ValRaw::i32(i32::from(slot as i8)),
        InterfaceType::S16 => ValRaw::i32(i32::from(slot as i16)),
        InterfaceType::U8 => ValRaw::u32(u32::from(slot as u8)),
        InterfaceType::U16 => ValRaw::u32(u32::from(slot as u16)),
        InterfaceType::S32 | InterfaceType::U32 => ValRaw::u32(slot as u32),
        InterfaceType::S64 | InterfaceType::U64 => ValRaw::u64(slot),
        InterfaceType::Float32 => ValRaw::f32(slot as u32),
        InterfaceType::Float64 => ValRaw::f64(slot),
        InterfaceType::Char => ValRaw::u32(scalar(slot as u32)?),
        _ => return Err(refused("a value of a plain function is more than one flat value")),
    })
}

/// The slot of a flat value.
#[inline]
fn slot(ty: InterfaceType, value: &ValRaw) -> Result<u64> {
    Ok(match ty {
        InterfaceType::Bool => u64::from(value.get_u32() != 0),
        InterfaceType::S8 | InterfaceType::U8 => u64::from(value.get_u32() as u8),
        InterfaceType::S16 | InterfaceType::U16 => u64::from(value.get_u32() as u16),
        InterfaceType::S32 | InterfaceType::U32 => u64::from(value.get_u32()),
        InterfaceType::S64 | InterfaceType::U64 => value.get_u64(),
        InterfaceType::Float32 => u64::from(value.get_f32()),
        InterfaceType::Float64 => value.get_f64(),
        InterfaceType::Char => u64::from(lift::scalar(value.get_u32())?),
        _ => return Err(refused("a value of a plain function is more than one flat value")),
    })
}

#[cold]
fn other_count() -> wasmtime::Error {
    refused("a plain function has another number of values than its type")
}

#[cold]
fn in_memory() -> wasmtime::Error {
    refused("wasmtime has the values of a plain function in memory")
}

/// The same error. That of a resource of another type says which argument it is.
#[cold]
fn of_argument(error: wasmtime::Error, index: usize) -> wasmtime::Error {
    let Some(other) = error.downcast_ref::<OtherResource>() else { return error };
    handles::refuse(other, format!("argument {}", index + 1))
}

/// The arguments of a call.
pub(super) struct Args<'a> {
    pub(super) slots: &'a [u64],
    pub(super) handles: &'a [Handle],
    /// The numbers of the host's types of resources.
    pub(super) hosts: &'a [HostResource],
    pub(super) has_arrived: &'a AtomicBool,
}

impl Args<'_> {
    /// The handle that a slot names, and its place.
    fn given(&self, slot: u64) -> Result<(usize, &Handle)> {
        let place = usize::try_from(slot).map_err(|_| other_count())?;
        Ok((place, self.handles.get(place).ok_or_else(other_count)?))
    }
}

// SAFETY: sixteen slots are what wasmtime's own dynamic call has as well. The guest reads as many of them as its type has flat
// values, and `Lower` writes one for each part of that type, each of which is one flat value, or fails.
unsafe impl ComponentType for Args<'_> {
    type Lower = [ValRaw; MOST];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: `Lower` wants the slots written that the guest reads, before it returns without an error. The type that wasmtime gives is the
// function's own: each part of it is checked to be one flat value, and its slot is written, or this fails.
unsafe impl Lower for Args<'_> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        slots: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let InterfaceType::Tuple(index) = ty else { return Err(other_count()) };
        let types = cx.types;
        let types = &types[index].types;
        let slots = parts(slots);
        // Wasmtime reads one slot as the result of a function that has neither parameters nor results.
        if let Some(first) = slots.first_mut() {
            first.write(ValRaw::u64(0));
        }
        if types.len() != self.slots.len() || types.len() > slots.len() {
            return Err(other_count());
        }
        // One alone is checked when it is lowered.
        if self.handles.len() > 1 {
            for (index, (ty, slot)) in types.iter().zip(self.slots).enumerate() {
                if matches!(ty, InterfaceType::Own(_) | InterfaceType::Borrow(_)) {
                    let (place, given) = self.given(*slot)?;
                    handles::check(cx, *ty, place, given, self.hosts).map_err(|error| of_argument(error, index))?;
                }
            }
        }
        for (index, ((ty, slot), to)) in types.iter().zip(self.slots).zip(slots).enumerate() {
            to.write(match ty {
                InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                    let (place, given) = self.given(*slot)?;
                    handle(cx, *ty, place, given, self.hosts).map_err(|error| of_argument(error, index))?
                }
                ty => lower(*ty, *slot)?,
            });
        }
        self.has_arrived.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn linear_lower_to_memory<T>(&self, _: &mut LowerContext<'_, T>, _: InterfaceType, _: usize) -> Result<()> {
        Err(in_memory())
    }
}

// SAFETY: `ComponentNamedList` wants a list of parameters: `Lower` takes nothing but a tuple of them.
unsafe impl ComponentNamedList for Args<'_> {}

/// The result of a call; 0 where there is none.
pub(super) struct Outcome(pub(super) u64);

// SAFETY: one slot is what wasmtime's own dynamic call has for results. `Lift` reads it only where the type has one flat value.
unsafe impl ComponentType for Outcome {
    type Lower = [ValRaw; 1];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: `Lift` wants that the slot is read as the function's type says, which is the one that wasmtime gives here.
unsafe impl Lift for Outcome {
    #[inline]
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, slots: &Self::Lower) -> Result<Self> {
        let InterfaceType::Tuple(index) = ty else { return Err(other_count()) };
        match (&*cx.types[index].types, slots) {
            ([], _) => Ok(Self(0)),
            ([ty], [value]) => slot(*ty, value).map(Self),
            _ => Err(other_count()),
        }
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(in_memory())
    }
}

// SAFETY: `ComponentNamedList` wants a list of results: `Lift` takes nothing but a tuple of them.
unsafe impl ComponentNamedList for Outcome {}

/// Fails unless the type is a tuple of so many single values.
fn check(ty: &InterfaceType, types: &InstanceType<'_>, count: usize) -> Result<()> {
    let InterfaceType::Tuple(index) = *ty else { return Err(other_count()) };
    let types = &types.types[index].types;
    if types.len() != count || !types.iter().all(is_single) {
        bail!("a plain host function of {count} values is imported by another type");
    }
    Ok(())
}

/// The arguments of a host function of `N` parameters. Where they are none, the function says so: it knows its name.
struct HostArgs<const N: usize>(Result<[u64; N]>);

// SAFETY: `N` slots are what the function's type has: `typecheck` wants as many parts, each of them one flat value.
unsafe impl<const N: usize> ComponentType for HostArgs<N> {
    type Lower = [ValRaw; N];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check(ty, types, N)
    }
}

// SAFETY: `Lift` wants that all of `Lower` is read as the function's type says, which is the one that wasmtime gives here.
unsafe impl<const N: usize> Lift for HostArgs<N> {
    #[inline]
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, slots: &Self::Lower) -> Result<Self> {
        let InterfaceType::Tuple(index) = ty else { return Err(other_count()) };
        let types = &cx.types[index].types;
        if types.len() != N {
            return Err(other_count());
        }
        let mut lifted = [0; N];
        for (index, ((ty, value), to)) in types.iter().zip(slots).zip(&mut lifted).enumerate() {
            match slot(*ty, value) {
                Ok(slot) => *to = slot,
                Err(error) => return Ok(Self(Err(of_parameter(error, index)))),
            }
        }
        Ok(Self(Ok(lifted)))
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, _: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(in_memory())
    }
}

// SAFETY: `ComponentNamedList` wants a list of parameters: `typecheck` takes nothing but a tuple of them.
unsafe impl<const N: usize> ComponentNamedList for HostArgs<N> {}

/// The result of a host function: `M` is 0 where it has none.
struct HostOutcome<const M: usize>(u64);

// SAFETY: `M` slots are what the function's type has: `typecheck` wants as many parts, each of them one flat value.
unsafe impl<const M: usize> ComponentType for HostOutcome<M> {
    type Lower = [ValRaw; M];
    const ABI: CanonicalAbiInfo = NO_SIZE;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check(ty, types, M)
    }
}

// SAFETY: `Lower` wants all slots written before it returns without an error: there are `M`, which is at most one and as many as the type
// has parts, and each is written.
unsafe impl<const M: usize> Lower for HostOutcome<M> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        slots: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let InterfaceType::Tuple(index) = ty else { return Err(other_count()) };
        let types = &cx.types[index].types;
        let slots = parts(slots);
        if types.len() != M {
            return Err(other_count());
        }
        for (ty, to) in types.iter().zip(slots) {
            to.write(lower(*ty, self.0)?);
        }
        Ok(())
    }

    fn linear_lower_to_memory<T>(&self, _: &mut LowerContext<'_, T>, _: InterfaceType, _: usize) -> Result<()> {
        Err(in_memory())
    }
}

// SAFETY: `ComponentNamedList` wants a list of results: `typecheck` takes nothing but a tuple of them.
unsafe impl<const M: usize> ComponentNamedList for HostOutcome<M> {}

/// Defines a plain host function that a component imports by this type. `shown` are its names in sentences.
pub fn define<T: 'static>(
    linker: &mut LinkerInstance<'_, T>,
    name: &str,
    shown: &str,
    ty: &ComponentFunc,
    body: impl Fn(StoreContextMut<'_, T>, &[u64]) -> Result<u64> + Send + Sync + 'static,
) -> Result<()> {
    let shown: Box<str> = shown.into();
    macro_rules! wrap {
        ($params:literal, $results:literal) => {
            linker.func_wrap(name, move |store: StoreContextMut<'_, T>, HostArgs(slots): HostArgs<$params>| {
                let slots = slots.map_err(|error| for_host(error, &shown))?;
                body(store, &slots).map(HostOutcome::<$results>)
            })
        };
    }
    macro_rules! pick {
        ($($params:literal)*) => {
            match (ty.params().len(), ty.results().len()) {
                $(($params, 0) => wrap!($params, 0), ($params, 1) => wrap!($params, 1),)*
                _ => Err(other_count()),
            }
        };
    }
    pick!(0 1 2 3 4)
}
