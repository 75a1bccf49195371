//! Values into a guest: the canonical ABI's `lower` and `store`, by a plan.

use std::mem::MaybeUninit;

use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::{Lower, ResourceDynamic};
use wasmtime::{Result, ValRaw};

use crate::WasmtimeError;
use crate::component::abi::handles::{self, OtherResource};
use crate::component::abi::plan::{Kind, Plan, Row};
use crate::component::abi::stream::{Handle, Part, Reader, refused};
use crate::stores::host_objects::HostResource;
use crate::traps::carried::HostError;

/// The slots of a function's flat values.
type Slots<'a> = std::slice::IterMut<'a, MaybeUninit<ValRaw>>;

/// Lowers parameters: into slots, or into the guest's memory where there are too many. Writes as many slots as `row.flat` says,
/// or one, where it returns without an error.
pub(super) fn params<T>(
    cx: &mut LowerContext<'_, T>,
    from: &mut Reader<'_>,
    row: &Row,
    slots: &mut [MaybeUninit<ValRaw>],
) -> Result<()> {
    let Some(count) = row.flat else {
        let at = cx.realloc(0, 0, row.align, row.size)?;
        into_memory(cx, from, row, at)?;
        let slot = slots.first_mut().ok_or_else(too_few_slots)?;
        slot.write(ValRaw::i64(at as i64));
        return Ok(());
    };
    flat_row(cx, from, row, slots.get_mut(..count).ok_or_else(too_few_slots)?)
}

/// Lowers a row into as many slots as it has flat values, or fails.
pub(super) fn flat_row<T>(
    cx: &mut LowerContext<'_, T>,
    from: &mut Reader<'_>,
    row: &Row,
    slots: &mut [MaybeUninit<ValRaw>],
) -> Result<()> {
    let mut slots = slots.iter_mut();
    for field in &row.fields {
        flat(cx, from, &field.plan, &mut slots)?;
    }
    from.end()?;
    // The guest reads all of them.
    if slots.next().is_none() { Ok(()) } else { Err(too_few_slots()) }
}

/// Lowers a row into the guest's memory, where wasmtime has checked that there is room.
pub(super) fn into_memory<T>(cx: &mut LowerContext<'_, T>, from: &mut Reader<'_>, row: &Row, at: usize) -> Result<()> {
    let mut buffer = Buffer::new(row.size)?;
    let bytes = buffer.bytes(row.size);
    for field in &row.fields {
        store(cx, from, &field.plan, behind(bytes, field.offset)?)?;
    }
    from.end()?;
    copy(cx, at, bytes)
}

fn flat<T>(cx: &mut LowerContext<'_, T>, from: &mut Reader<'_>, plan: &Plan, slots: &mut Slots<'_>) -> Result<()> {
    match &plan.kind {
        Kind::Bool => put(slots, ValRaw::u32(u32::from(from.array::<1>()? != [0]))),
        // Those with a sign fill all 32 bits.
        Kind::S8 => put(slots, ValRaw::i32(i32::from(i8::from_le_bytes(from.array()?)))),
        Kind::S16 => put(slots, ValRaw::i32(i32::from(i16::from_le_bytes(from.array()?)))),
        Kind::U8 => put(slots, ValRaw::u32(u32::from(u8::from_le_bytes(from.array()?)))),
        Kind::U16 => put(slots, ValRaw::u32(u32::from(u16::from_le_bytes(from.array()?)))),
        Kind::S32 | Kind::U32 => put(slots, ValRaw::u32(from.number()?)),
        Kind::S64 | Kind::U64 => put(slots, ValRaw::u64(u64::from_le_bytes(from.array()?))),
        Kind::F32 => put(slots, ValRaw::f32(from.number()?)),
        Kind::F64 => put(slots, ValRaw::f64(u64::from_le_bytes(from.array()?))),
        Kind::Char => put(slots, ValRaw::u32(scalar(from.number()?)?)),
        Kind::FixedLengthList(element, length) => from.fixed(*length, element, |from| flat(cx, from, element, slots)),
        Kind::String | Kind::Numbers(_) | Kind::List(_) | Kind::Map(..) => {
            let (at, count) = pointer_and_length(cx, from, plan)?;
            put(slots, ValRaw::i64(at as i64))?;
            put(slots, ValRaw::i64(count as i64))
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().try_for_each(|field| flat(cx, from, &field.plan, slots))
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let (index, payload) = from.case(cases)?;
            put(slots, ValRaw::u32(index))?;
            let mut used = 1;
            if let Some(payload) = payload {
                flat(cx, from, payload, slots)?;
                used += payload.flat;
            }
            (used..plan.flat).try_for_each(|_| put(slots, ValRaw::u64(0)))
        }
        Kind::Flags(size, _) => {
            let bits = from.number()?;
            if *size > 0 { put(slots, ValRaw::u32(bits)) } else { Ok(()) }
        }
        Kind::Own | Kind::Borrow => {
            let (place, given) = from.handle()?;
            let index = handle(cx, plan.ty, place, given, from.hosts())?;
            put(slots, index)
        }
        Kind::Stream(_) | Kind::Future(_) => {
            let index = end(cx, from, plan)?;
            put(slots, ValRaw::u32(index))
        }
        Kind::Unsupported(what) => Err(unsupported(what)),
    }
}

/// Writes a value as it is in a guest's memory to the beginning of `out`. What it points to is in the guest already.
fn store<T>(cx: &mut LowerContext<'_, T>, from: &mut Reader<'_>, plan: &Plan, out: &mut [u8]) -> Result<()> {
    match &plan.kind {
        Kind::Bool => set(out, [u8::from(from.array::<1>()? != [0])]),
        Kind::S8 | Kind::U8 => set(out, from.array::<1>()?),
        Kind::S16 | Kind::U16 => set(out, from.array::<2>()?),
        Kind::S32 | Kind::U32 | Kind::F32 => set(out, from.array::<4>()?),
        Kind::S64 | Kind::U64 | Kind::F64 => set(out, from.array::<8>()?),
        Kind::Char => set(out, scalar(from.number()?)?.to_le_bytes()),
        Kind::FixedLengthList(element, length) => {
            let mut at = 0;
            from.fixed(*length, element, |from| {
                store(cx, from, element, behind(out, at)?)?;
                at += element.size;
                Ok(())
            })
        }
        Kind::String | Kind::Numbers(_) | Kind::List(_) | Kind::Map(..) => {
            let (at, count) = pointer_and_length(cx, from, plan)?;
            set(out, u32::try_from(at)?.to_le_bytes())?;
            set(behind(out, 4)?, u32::try_from(count)?.to_le_bytes())
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().try_for_each(|field| store(cx, from, &field.plan, behind(out, field.offset)?))
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let (index, payload) = from.case(cases)?;
            unsigned(out, cases.discriminant, index)?;
            payload.map_or(Ok(()), |payload| store(cx, from, payload, behind(out, cases.payload)?))
        }
        Kind::Flags(size, _) => {
            let bits = from.number()?;
            unsigned(out, *size, bits)
        }
        Kind::Own | Kind::Borrow => {
            let (place, given) = from.handle()?;
            let index = handle(cx, plan.ty, place, given, from.hosts())?.get_u32();
            set(out, index.to_le_bytes())
        }
        Kind::Stream(_) | Kind::Future(_) => set(out, end(cx, from, plan)?.to_le_bytes()),
        Kind::Unsupported(what) => Err(unsupported(what)),
    }
}

/// Puts a string or a list into the guest's memory. Returns where it is, and how long.
fn pointer_and_length<T>(cx: &mut LowerContext<'_, T>, from: &mut Reader<'_>, plan: &Plan) -> Result<(usize, usize)> {
    match &plan.kind {
        Kind::String => {
            let (length, part) = from.part(1)?;
            if matches!(cx.options().string_encoding, StringEncoding::Utf8) {
                let at = cx.realloc(0, 0, 1, length)?;
                copy_part(cx, at, part, None)?;
                return Ok((at, length));
            }
            // Wasmtime transcodes.
            let mut buffer;
            let bytes = match part {
                Part::Bytes(bytes) => bytes,
                Part::Array(..) => {
                    buffer = Buffer::new(length)?;
                    let bytes = buffer.bytes(length);
                    part.copy(None, bytes)?;
                    bytes
                }
            };
            let text = std::str::from_utf8(bytes).map_err(|_| refused("a string is not UTF-8"))?;
            let mut pair = MaybeUninit::<[ValRaw; 2]>::uninit();
            text.linear_lower_to_flat(cx, plan.ty, &mut pair)?;
            // SAFETY: `Lower` writes all of its slots before it returns without an error.
            let [at, length] = unsafe { pair.assume_init() };
            Ok((at.get_u32() as usize, length.get_u32() as usize))
        }
        Kind::Numbers(element) => {
            let (count, part) = from.part(element.size)?;
            let at = cx.realloc(0, 0, element.align, part.len())?;
            copy_part(cx, at, part, Some(&element.kind))?;
            Ok((at, count))
        }
        Kind::List(element) => {
            let count = from.number()? as usize;
            let length = count.checked_mul(element.size).ok_or_else(|| refused("a list is too long"))?;
            let at = cx.realloc(0, 0, element.align, length)?;
            items(cx, from, element.size, (at, count), |cx, from, item| store(cx, from, element, item))?;
            Ok((at, count))
        }
        Kind::Map(parts, entry) => {
            let count = from.number()? as usize;
            let length = count.checked_mul(entry.size).ok_or_else(|| refused("a map is too long"))?;
            let at = cx.realloc(0, 0, entry.align, length)?;
            items(cx, from, entry.size, (at, count), |cx, from, item| {
                parts.iter().try_for_each(|part| store(cx, from, &part.plan, behind(item, part.offset)?))
            })?;
            Ok((at, count))
        }
        _ => Err(refused("a value without a pointer")),
    }
}

/// Items of a list are put together here, as many as fit, and go into the guest's memory at once.
const AT_ONCE: usize = 2048;

fn items<T>(
    cx: &mut LowerContext<'_, T>,
    from: &mut Reader<'_>,
    size: usize,
    (mut at, count): (usize, usize),
    put: impl Fn(&mut LowerContext<'_, T>, &mut Reader<'_>, &mut [u8]) -> Result<()>,
) -> Result<()> {
    // Each type has a byte or more.
    let size = size.max(1);
    let most = (AT_ONCE / size).max(1);
    let mut buffer = Buffer::new(most * size)?;
    let mut left = count;
    while left > 0 {
        let some = most.min(left);
        let bytes = buffer.bytes(some * size);
        // Between the fields of an item there may be bytes that nothing is written to.
        bytes.fill(0);
        for item in bytes.chunks_exact_mut(size) {
            put(cx, from, item)?;
        }
        copy(cx, at, bytes)?;
        at += bytes.len();
        left -= some;
    }
    Ok(())
}

/// Zeroes to put values together in.
struct Buffer {
    small: [u8; AT_ONCE],
    large: Vec<u8>,
}

impl Buffer {
    fn new(size: usize) -> Result<Self> {
        let mut large = Vec::new();
        if size > AT_ONCE {
            let reason = || format!("the process has no room for a value of {size} bytes");
            large.try_reserve_exact(size).map_err(|_| HostError(WasmtimeError::limit(reason())))?;
            large.resize(size, 0);
        }
        Ok(Self { small: [0; AT_ONCE], large })
    }

    /// `size` bytes, at most as many as it was made for.
    fn bytes(&mut self, size: usize) -> &mut [u8] {
        let all = if self.large.is_empty() { &mut self.small[..] } else { &mut self.large[..] };
        all.get_mut(..size).unwrap_or_default()
    }
}

/// Gives a handle to the guest, that of this place among those of the call. The host's types of resources are `hosts`.
pub(super) fn handle<T>(
    cx: &mut LowerContext<'_, T>,
    ty: InterfaceType,
    place: usize,
    given: &Handle,
    hosts: &[HostResource],
) -> Result<ValRaw> {
    let mut slot = MaybeUninit::uninit();
    let wanted = handles::wanted(cx, ty)?;
    let is_own = matches!(ty, InterfaceType::Own(_));
    match given {
        Handle::Any(resource) if resource.ty() == wanted => resource.linear_lower_to_flat(cx, ty, &mut slot)?,
        Handle::Host(number, ownership) => {
            let host = handles::host(wanted, hosts).ok_or_else(|| OtherResource::new(place, &Kind::Own))?;
            let resource = match is_own {
                true => ResourceDynamic::new_own(*number, host.number),
                false => ResourceDynamic::new_borrow(*number, host.number),
            };
            resource.linear_lower_to_flat(cx, ty, &mut slot)?;
            if is_own {
                ownership.begin(host);
            }
        }
        Handle::Any(_) | Handle::End(_) => return Err(OtherResource::new(place, &Kind::Own).into()),
    }
    // SAFETY: `Lower` writes its slot before it returns without an error.
    Ok(unsafe { slot.assume_init() })
}

/// Gives the end of a stream or of a future to the guest. Returns the index that the guest knows it by.
fn end<T>(cx: &mut LowerContext<'_, T>, from: &mut Reader<'_>, plan: &Plan) -> Result<u32> {
    let (place, given) = from.handle()?;
    match given {
        Handle::End(end) if end.fits(plan) => end.lower(cx, plan),
        _ => Err(OtherResource::new(place, &plan.kind).into()),
    }
}

/// Lowers elements to an address that nobody has checked yet.
pub(super) fn elements<T>(
    cx: &mut LowerContext<'_, T>,
    from: &mut Reader<'_>,
    plan: &Plan,
    (at, count): (usize, usize),
) -> Result<()> {
    let length = count.checked_mul(plan.size).ok_or_else(|| refused("a list is too long"))?;
    if !at.is_multiple_of(plan.align.max(1) as usize) {
        return Err(refused("wasmtime gave an address that is not aligned"));
    }
    cx.as_slice_mut().get(at..).and_then(|rest| rest.get(..length)).ok_or_else(too_small)?;
    items(cx, from, plan.size, (at, count), |cx, from, item| store(cx, from, plan, item))
}

/// The number of a scalar value.
#[inline]
pub(super) fn scalar(number: u32) -> Result<u32> {
    char::from_u32(number).map(u32::from).ok_or_else(|| refused("a char is no scalar value"))
}

fn put(slots: &mut Slots<'_>, value: ValRaw) -> Result<()> {
    slots.next().ok_or_else(too_few_slots)?.write(value);
    Ok(())
}

#[inline]
fn set<const N: usize>(out: &mut [u8], bytes: [u8; N]) -> Result<()> {
    *out.first_chunk_mut().ok_or_else(too_small)? = bytes;
    Ok(())
}

/// A number in so many bytes: 0, 1, 2 or 4.
fn unsigned(out: &mut [u8], size: u8, number: u32) -> Result<()> {
    let bytes = number.to_le_bytes();
    let (out, bytes) = out.get_mut(..usize::from(size)).zip(bytes.get(..usize::from(size))).ok_or_else(too_small)?;
    out.copy_from_slice(bytes);
    Ok(())
}

fn behind(out: &mut [u8], offset: usize) -> Result<&mut [u8]> {
    out.get_mut(offset..).ok_or_else(too_small)
}

/// Copies bytes to where the guest has room for them.
fn copy<T>(cx: &mut LowerContext<'_, T>, at: usize, bytes: &[u8]) -> Result<()> {
    copy_part(cx, at, Part::Bytes(bytes), None)
}

fn copy_part<T>(cx: &mut LowerContext<'_, T>, at: usize, part: Part<'_>, element: Option<&Kind>) -> Result<()> {
    if part.len() == 0 {
        return Ok(());
    }
    let to = cx.as_slice_mut().get_mut(at..).and_then(|rest| rest.get_mut(..part.len())).ok_or_else(too_small)?;
    part.copy(element, to)
}

#[cold]
fn too_few_slots() -> wasmtime::Error {
    refused("a plan and the slots of its function differ")
}

#[cold]
fn too_small() -> wasmtime::Error {
    refused("a value is larger than its type")
}

#[cold]
pub(super) fn unsupported(what: &str) -> wasmtime::Error {
    HostError(WasmtimeError::Unsupported { reason: format!("values of the type {what} are not supported") }).into()
}
