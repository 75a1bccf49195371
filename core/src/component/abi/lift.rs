//! Values out of a guest: the canonical ABI's `lift` and `load`, by a plan.

use wasmtime::component::__internal::LiftContext;
use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;
use wasmtime::component::{Lift, ResourceAny};
use wasmtime::{Result, ValRaw};

use crate::component::abi::end::End;
use crate::component::abi::lower::unsupported;
use crate::component::abi::no_value::{case_words, field, of_parameter, within, wrong};
use crate::component::abi::plan::{Cases, Kind, Plan, Row};
use crate::component::abi::stream::{Output, Taken, refused};
use crate::errors::chain::chain;
use crate::traps::words;

/// The slots of a function's flat values.
type Slots<'a> = std::slice::Iter<'a, ValRaw>;

/// Lifts the results of a call: out of its slot, where that holds the only flat value, or else out of memory, whose address it holds.
pub(super) fn results(cx: &mut LiftContext<'_>, to: &mut Output<'_>, row: &Row, slots: &[ValRaw; 1]) -> Result<()> {
    if row.flat.is_some_and(|count| count <= slots.len()) {
        return from_flat(cx, to, row, slots);
    }
    let [address] = slots;
    from_memory(cx, to, row, address.get_u32() as usize)
}

/// Lifts a row out of the slots of its flat values.
pub(super) fn from_flat(cx: &mut LiftContext<'_>, to: &mut Output<'_>, row: &Row, slots: &[ValRaw]) -> Result<()> {
    let mut slots = slots.iter();
    let mut all = row.fields.iter().enumerate();
    all.try_for_each(|(index, field)| flat(cx, to, &field.plan, &mut slots).map_err(|error| of_parameter(error, index)))
}

/// Lifts a row out of the guest's memory. Nobody has checked yet that it is there.
pub(super) fn from_memory(cx: &mut LiftContext<'_>, to: &mut Output<'_>, row: &Row, at: usize) -> Result<()> {
    check_aligned(at, row.align)?;
    if cx.memory().get(at..).and_then(|rest| rest.get(..row.size)).is_none() {
        return Err(outside(cx, at, row.size));
    }
    let mut all = row.fields.iter().enumerate();
    all.try_for_each(|(index, field)| {
        load(cx, to, &field.plan, at + field.offset).map_err(|error| of_parameter(error, index))
    })
}

fn flat(cx: &mut LiftContext<'_>, to: &mut Output<'_>, plan: &Plan, slots: &mut Slots<'_>) -> Result<()> {
    match &plan.kind {
        Kind::Bool => to.put(&[u8::from(take(slots)?.get_u32() != 0)]),
        Kind::S8 | Kind::U8 => to.put(&[take(slots)?.get_u32() as u8]),
        Kind::S16 | Kind::U16 => to.put(&(take(slots)?.get_u32() as u16).to_le_bytes()),
        Kind::S32 | Kind::U32 => to.put_number(take(slots)?.get_u32()),
        Kind::S64 | Kind::U64 => to.put(&take(slots)?.get_u64().to_le_bytes()),
        Kind::F32 => to.put_number(take(slots)?.get_f32()),
        Kind::F64 => to.put(&take(slots)?.get_f64().to_le_bytes()),
        Kind::Char => to.put_number(scalar(take(slots)?.get_u32())?),
        Kind::FixedLengthList(element, length) => {
            to.put_number(*length)?;
            (0..*length).try_for_each(|index| {
                flat(cx, to, element, slots).map_err(|error| within(error, || format!("element {index}")))
            })
        }
        Kind::String | Kind::Numbers(_) | Kind::List(_) | Kind::Map(..) => {
            let (at, count) = (take(slots)?.get_u32(), take(slots)?.get_u32());
            at_pointer(cx, to, plan, at, count)
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            let mut all = fields.iter().enumerate();
            all.try_for_each(|(index, part)| {
                flat(cx, to, &part.plan, slots).map_err(|error| within(error, || field(&part.name, index)))
            })
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let index = take(slots)?.get_u32();
            let payload = case(to, cases, index)?;
            let mut used = 1;
            if let Some(payload) = payload {
                flat(cx, to, payload, slots).map_err(|error| within(error, || case_words(&plan.kind, index)))?;
                used += payload.flat;
            }
            (used..plan.flat).try_for_each(|_| take(slots).map(drop))
        }
        Kind::Flags(size, names) => {
            let bits = if *size > 0 { take(slots)?.get_u32() } else { 0 };
            to.put_number(bits & named(names.len()))
        }
        Kind::Own | Kind::Borrow => {
            let resource = ResourceAny::linear_lift_from_flat(cx, plan.ty, take(slots)?).map_err(foreign)?;
            to.put_handle(Taken::Resource(resource, matches!(plan.kind, Kind::Own)))
        }
        Kind::Stream(_) | Kind::Future(_) => end(cx, to, plan, take(slots)?.get_u32()),
        Kind::Unsupported(what) => Err(unsupported(what)),
    }
}

/// Lifts a value out of the guest's memory, where it is: whoever says where has checked that.
fn load(cx: &mut LiftContext<'_>, to: &mut Output<'_>, plan: &Plan, at: usize) -> Result<()> {
    match &plan.kind {
        Kind::Bool => to.put(&[u8::from(bytes::<1>(cx, at)? != [0])]),
        Kind::S8 | Kind::U8 => to.put(&bytes::<1>(cx, at)?),
        Kind::S16 | Kind::U16 => to.put(&bytes::<2>(cx, at)?),
        Kind::S32 | Kind::U32 | Kind::F32 => to.put(&bytes::<4>(cx, at)?),
        Kind::S64 | Kind::U64 | Kind::F64 => to.put(&bytes::<8>(cx, at)?),
        Kind::Char => to.put_number(scalar(number(cx, at, 4)?)?),
        Kind::FixedLengthList(element, length) => {
            cx.consume_fuel((*length as usize).saturating_mul(element.weight) / OBJECTS).map_err(foreign)?;
            elements(cx, to, element, at, *length)
        }
        Kind::String | Kind::Numbers(_) | Kind::List(_) | Kind::Map(..) => {
            let (pointer, count) = (number(cx, at, 4)?, number(cx, at + 4, 4)?);
            at_pointer(cx, to, plan, pointer, count)
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            let mut all = fields.iter().enumerate();
            all.try_for_each(|(index, part)| {
                let loaded = load(cx, to, &part.plan, at + part.offset);
                loaded.map_err(|error| within(error, || field(&part.name, index)))
            })
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let index = number(cx, at, cases.discriminant)?;
            let Some(payload) = case(to, cases, index)? else { return Ok(()) };
            let loaded = load(cx, to, payload, at + cases.payload);
            loaded.map_err(|error| within(error, || case_words(&plan.kind, index)))
        }
        Kind::Flags(size, names) => {
            let bits = number(cx, at, *size)?;
            to.put_number(bits & named(names.len()))
        }
        Kind::Own | Kind::Borrow => {
            let resource = ResourceAny::linear_lift_from_memory(cx, plan.ty, &bytes::<4>(cx, at)?).map_err(foreign)?;
            to.put_handle(Taken::Resource(resource, matches!(plan.kind, Kind::Own)))
        }
        Kind::Stream(_) | Kind::Future(_) => {
            let index = number(cx, at, 4)?;
            end(cx, to, plan, index)
        }
        Kind::Unsupported(what) => Err(unsupported(what)),
    }
}

/// How many bytes of a language's objects cost as much as one byte that is copied: what one call gives the host takes about so many times
/// its fuel.
const OBJECTS: usize = 8;

/// Lifts a string or a list, whose pointer and length the guest gave.
fn at_pointer(cx: &mut LiftContext<'_>, to: &mut Output<'_>, plan: &Plan, at: u32, count: u32) -> Result<()> {
    let (start, length) = (at as usize, count as usize);
    match &plan.kind {
        Kind::String => {
            if matches!(cx.options().string_encoding, StringEncoding::Utf8) {
                cx.consume_fuel(length).map_err(foreign)?;
                let found = cx.memory().get(start..).and_then(|rest| rest.get(..length));
                let found = found.ok_or_else(|| outside(cx, start, length))?;
                std::str::from_utf8(found).map_err(not_unicode)?;
                return to.put_part(length, None, found);
            }
            // Wasmtime transcodes.
            let lifted = String::linear_lift_from_flat(cx, plan.ty, &[ValRaw::u32(at), ValRaw::u32(count)]);
            let text = lifted.map_err(foreign)?;
            to.put_part(text.len(), None, text.as_bytes())
        }
        Kind::Numbers(element) => {
            let found = region(cx, element.size, element.align, start, length)?;
            to.put_part(length, Some(&element.kind), found)
        }
        Kind::List(element) => {
            region(cx, element.size, element.align, start, length)?;
            // A guest pays for the objects as well that a language makes of a few bytes.
            cx.consume_fuel(length.saturating_mul(element.weight) / OBJECTS).map_err(foreign)?;
            elements(cx, to, element, start, count)
        }
        Kind::Map(parts, entry) => {
            region(cx, entry.size, entry.align, start, length)?;
            let weight = parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.plan.weight));
            cx.consume_fuel(length.saturating_mul(weight) / OBJECTS).map_err(foreign)?;
            to.put_number(count)?;
            (0..length).try_for_each(|index| {
                let at = start + index * entry.size;
                parts.iter().try_for_each(|part| {
                    let loaded = load(cx, to, &part.plan, at + part.offset);
                    loaded.map_err(|error| within(error, || format!("{} {index}", part.name)))
                })
            })
        }
        _ => Err(refused("a value without a pointer")),
    }
}

/// Takes the end of a stream or of a future that is read away from the guest, which knows it by that index.
fn end(cx: &mut LiftContext<'_>, to: &mut Output<'_>, plan: &Plan, index: u32) -> Result<()> {
    let end = End::lift(cx, plan, index).map_err(foreign)?;
    to.put_handle(Taken::End(end))
}

/// Lifts one value out of the guest's memory, where nobody has checked yet that it is there.
pub(super) fn one(cx: &mut LiftContext<'_>, to: &mut Output<'_>, plan: &Plan, at: usize) -> Result<()> {
    cx.consume_fuel(plan.weight / OBJECTS).map_err(foreign)?;
    if cx.memory().get(at..).and_then(|rest| rest.get(..plan.size)).is_none() {
        return Err(outside(cx, at, plan.size));
    }
    load(cx, to, plan, at)
}

/// The bytes of so many numbers, where nobody has checked yet that they are there.
pub(super) fn numbers<'a>(cx: &mut LiftContext<'a>, plan: &Plan, at: usize, count: usize) -> Result<&'a [u8]> {
    region(cx, plan.size, plan.align, at, count)
}

/// Lifts elements, whose place was checked, and how many there are.
fn elements(cx: &mut LiftContext<'_>, to: &mut Output<'_>, element: &Plan, start: usize, count: u32) -> Result<()> {
    to.put_number(count)?;
    (0..count as usize).try_for_each(|index| {
        let loaded = load(cx, to, element, start + index * element.size);
        loaded.map_err(|error| within(error, || format!("element {index}")))
    })
}

/// The bytes of a list, whose elements have that size. Fails where they are not in the guest's memory, and where the guest has given
/// too much.
fn region<'a>(cx: &mut LiftContext<'a>, size: usize, align: u32, at: usize, count: usize) -> Result<&'a [u8]> {
    let length = count.checked_mul(size).ok_or_else(|| outside(cx, at, usize::MAX))?;
    cx.consume_fuel(length).map_err(foreign)?;
    check_aligned(at, align)?;
    cx.memory().get(at..).and_then(|rest| rest.get(..length)).ok_or_else(|| outside(cx, at, length))
}

fn check_aligned(at: usize, align: u32) -> Result<()> {
    if at.is_multiple_of(align.max(1) as usize) { Ok(()) } else { Err(not_aligned(at, align)) }
}

/// Notes which case it is. Returns its payload's plan.
fn case<'a>(to: &mut Output<'_>, cases: &'a Cases, index: u32) -> Result<Option<&'a Plan>> {
    let case = cases.cases.get(index as usize).ok_or_else(|| no_case(index, cases))?;
    to.put_number(index)?;
    Ok(case.payload.as_deref())
}

/// The bits of so many flags.
fn named(count: usize) -> u32 {
    u32::try_from((1_u64 << count.min(32)) - 1).unwrap_or(u32::MAX)
}

fn take<'a>(slots: &mut Slots<'a>) -> Result<&'a ValRaw> {
    slots.next().ok_or_else(|| refused("a plan and the slots of its function differ"))
}

fn bytes<const N: usize>(cx: &LiftContext<'_>, at: usize) -> Result<[u8; N]> {
    let found = cx.memory().get(at..).and_then(|rest| rest.first_chunk());
    found.copied().ok_or_else(|| refused("a value is not where its plan says"))
}

/// A number of so many bytes: 0, 1, 2 or 4.
fn number(cx: &LiftContext<'_>, at: usize, size: u8) -> Result<u32> {
    Ok(match size {
        0 => 0,
        1 => u32::from(u8::from_le_bytes(bytes(cx, at)?)),
        2 => u32::from(u16::from_le_bytes(bytes(cx, at)?)),
        _ => u32::from_le_bytes(bytes(cx, at)?),
    })
}

/// The number of a scalar value.
pub(super) fn scalar(number: u32) -> Result<u32> {
    if char::from_u32(number).is_some() { Ok(number) } else { Err(no_scalar(number)) }
}

#[cold]
fn no_scalar(number: u32) -> wasmtime::Error {
    wrong(format!("the guest gave {number:#x} for a char: expected a Unicode scalar value"))
}

#[cold]
fn no_case(index: u32, cases: &Cases) -> wasmtime::Error {
    let last = cases.cases.len().saturating_sub(1);
    wrong(format!("the guest gave {index} for the number of a case: expected 0 to {last}"))
}

#[cold]
fn not_unicode(error: std::str::Utf8Error) -> wasmtime::Error {
    wrong(format!("the guest gave a string that is not UTF-8 at its byte {}", error.valid_up_to()))
}

#[cold]
fn not_aligned(at: usize, align: u32) -> wasmtime::Error {
    wrong(format!("the guest gave the address {at}, which is not aligned: expected a multiple of {align}"))
}

/// Bytes of a guest that are not in its memory; `usize::MAX` are more than there can be.
#[cold]
fn outside(cx: &LiftContext<'_>, at: usize, length: usize) -> wasmtime::Error {
    let size = cx.memory().len();
    let length =
        if length == usize::MAX { "more bytes than there can be".to_owned() } else { format!("{length} bytes") };
    wrong(format!("the guest gave {length} at the address {at}: its memory has {size}"))
}

/// What wasmtime refuses, in our words.
#[cold]
fn foreign(error: wasmtime::Error) -> wasmtime::Error {
    words::ours(&chain(&error)).map_or(error, wrong)
}
