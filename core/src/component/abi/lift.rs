//! Values out of a guest: the canonical ABI's `lift` and `load`, by a plan.

use wasmtime::component::__internal::LiftContext;
use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;
use wasmtime::component::{Lift, ResourceAny};
use wasmtime::{Result, ValRaw, bail};

use crate::component::abi::lower::unsupported;
use crate::component::abi::plan::{Cases, Kind, Plan, Row};
use crate::component::abi::stream::{Output, refused};

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
    row.fields.iter().try_for_each(|field| flat(cx, to, &field.plan, &mut slots))
}

/// Lifts a row out of the guest's memory. Nobody has checked yet that it is there.
pub(super) fn from_memory(cx: &mut LiftContext<'_>, to: &mut Output<'_>, row: &Row, at: usize) -> Result<()> {
    check_aligned(at, row.align)?;
    if cx.memory().get(at..).and_then(|rest| rest.get(..row.size)).is_none() {
        bail!("pointer out of bounds of memory");
    }
    row.fields.iter().try_for_each(|field| load(cx, to, &field.plan, at + field.offset))
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
        Kind::Char => to.put_number(char::try_from(take(slots)?.get_u32())?.into()),
        Kind::String | Kind::Numbers(_) | Kind::List(_) => {
            let (at, count) = (take(slots)?.get_u32(), take(slots)?.get_u32());
            at_pointer(cx, to, plan, at, count)
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().try_for_each(|field| flat(cx, to, &field.plan, slots))
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let payload = case(to, cases, take(slots)?.get_u32())?;
            let mut used = 1;
            if let Some(payload) = payload {
                flat(cx, to, payload, slots)?;
                used += payload.flat;
            }
            (used..plan.flat).try_for_each(|_| take(slots).map(drop))
        }
        Kind::Flags(size, names) => {
            let bits = if *size > 0 { take(slots)?.get_u32() } else { 0 };
            to.put_number(bits & named(names.len()))
        }
        Kind::Own | Kind::Borrow => {
            let resource = ResourceAny::linear_lift_from_flat(cx, plan.ty, take(slots)?)?;
            to.put_handle(resource, matches!(plan.kind, Kind::Own))
        }
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
        Kind::Char => to.put_number(char::try_from(number(cx, at, 4)?)?.into()),
        Kind::String | Kind::Numbers(_) | Kind::List(_) => {
            let (pointer, count) = (number(cx, at, 4)?, number(cx, at + 4, 4)?);
            at_pointer(cx, to, plan, pointer, count)
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().try_for_each(|field| load(cx, to, &field.plan, at + field.offset))
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let index = number(cx, at, cases.discriminant)?;
            case(to, cases, index)?.map_or(Ok(()), |payload| load(cx, to, payload, at + cases.payload))
        }
        Kind::Flags(size, names) => {
            let bits = number(cx, at, *size)?;
            to.put_number(bits & named(names.len()))
        }
        Kind::Own | Kind::Borrow => {
            let resource = ResourceAny::linear_lift_from_memory(cx, plan.ty, &bytes::<4>(cx, at)?)?;
            to.put_handle(resource, matches!(plan.kind, Kind::Own))
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
                cx.consume_fuel(length)?;
                let found = cx.memory().get(start..).and_then(|rest| rest.get(..length));
                let Some(found) = found else { bail!("string pointer/length out of bounds of memory") };
                std::str::from_utf8(found)?;
                return to.put_part(length, None, found);
            }
            // Wasmtime transcodes.
            let text = String::linear_lift_from_flat(cx, plan.ty, &[ValRaw::u32(at), ValRaw::u32(count)])?;
            to.put_part(text.len(), None, text.as_bytes())
        }
        Kind::Numbers(element) => {
            let found = region(cx, element, start, length)?;
            to.put_part(length, Some(&element.kind), found)
        }
        Kind::List(element) => {
            region(cx, element, start, length)?;
            // A guest pays for the objects as well that a language makes of a few bytes.
            cx.consume_fuel(length.saturating_mul(element.weight) / OBJECTS)?;
            to.put_number(count)?;
            (0..length).try_for_each(|index| load(cx, to, element, start + index * element.size))
        }
        _ => Err(refused("a value without a pointer")),
    }
}

/// The bytes of a list. Fails where they are not in the guest's memory, and where the guest has given too much.
fn region<'a>(cx: &mut LiftContext<'a>, element: &Plan, at: usize, count: usize) -> Result<&'a [u8]> {
    let Some(length) = count.checked_mul(element.size) else { bail!("array too large") };
    cx.consume_fuel(length)?;
    check_aligned(at, element.align)?;
    match cx.memory().get(at..).and_then(|rest| rest.get(..length)) {
        Some(found) => Ok(found),
        None => bail!("list pointer/length out of bounds of memory"),
    }
}

fn check_aligned(at: usize, align: u32) -> Result<()> {
    if at.is_multiple_of(align.max(1) as usize) { Ok(()) } else { bail!("list or return pointer is not aligned") }
}

/// Notes which case it is. Returns its payload's plan.
fn case<'a>(to: &mut Output<'_>, cases: &'a Cases, index: u32) -> Result<Option<&'a Plan>> {
    let Some(case) = cases.cases.get(index as usize) else { bail!("unexpected discriminant: {index}") };
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
