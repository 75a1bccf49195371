//! Resources are checked against the types that a function names before the first of them is the guest's. A call that is refused gives
//! nothing away.

use std::fmt::{self, Display};
use std::sync::Arc;

use wasmtime::Result;
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::ResourceType;

use crate::WasmtimeError;
use crate::component::abi::no_value;
use crate::component::abi::plan::{Kind, Plan, Row};
use crate::component::abi::stream::{Handle, Reader, Values, refused};
use crate::stores::host_objects::HostResource;
use crate::traps::carried::HostError;

/// Checks the resources in the values of a row.
pub(super) fn check_row<T>(cx: &LowerContext<'_, T>, from: &mut Reader<'_>, row: &Row) -> Result<()> {
    let check = |plan: &Plan, place, given: &Handle, hosts: &[HostResource]| match plan.kind {
        Kind::Own | Kind::Borrow => check(cx, plan.ty, place, given, hosts),
        _ => end_fits(plan, place, given),
    };
    row.fields.iter().try_for_each(|field| check_value(&check, from, &field.plan))
}

/// The same before the call begins, by the resources that the plans name.
pub(super) fn check_early(from: &mut Reader<'_>, row: &Row) -> Result<()> {
    row.fields.iter().try_for_each(|field| check_value(&by_plan, from, &field.plan))
}

/// The same for the slots of a plain function.
pub(super) fn check_slots(slots: &[u64], handles: &[Handle], hosts: &[HostResource], row: &Row) -> Result<()> {
    let mut all = row.fields.iter().zip(slots).filter(|(field, _)| matches!(field.plan.kind, Kind::Own | Kind::Borrow));
    all.try_for_each(|(field, slot)| {
        let place = usize::try_from(*slot).unwrap_or(usize::MAX);
        handles.get(place).map_or(Ok(()), |given| by_plan(&field.plan, place, given, hosts))
    })
}

/// Fails for a resource of another type than the plan names.
fn by_plan(plan: &Plan, place: usize, given: &Handle, hosts: &[HostResource]) -> Result<()> {
    match plan.kind {
        Kind::Own | Kind::Borrow => plan.resource.map_or(Ok(()), |wanted| fits(wanted, place, given, hosts)),
        _ => end_fits(plan, place, given),
    }
}

fn end_fits(plan: &Plan, place: usize, given: &Handle) -> Result<()> {
    match given {
        Handle::End(end) if end.fits(plan) => Ok(()),
        _ => Err(OtherResource::new(place, &plan.kind).into()),
    }
}

/// Reads a value that stands in a chunk of a stream.
pub(super) fn skip_value(from: &mut Reader<'_>, plan: &Plan) -> Result<()> {
    check_value(&|_, _, _, _| Ok(()), from, plan)
}

/// The streams and futures in the values of a row: the place of each among the handles of the call, and its plan.
pub(crate) fn ends(values: Values<'_>, row: &Row) -> Vec<(usize, Arc<Plan>)> {
    let mut found = Vec::new();
    let mut from = Reader::new(values);
    for field in &row.fields {
        if find_ends(&mut from, &field.plan, &mut found).is_err() {
            break;
        }
    }
    found
}

fn find_ends(from: &mut Reader<'_>, plan: &Arc<Plan>, found: &mut Vec<(usize, Arc<Plan>)>) -> Result<()> {
    let mut part = |from: &mut Reader<'_>, plan: &Arc<Plan>| find_ends(from, plan, found);
    match &plan.kind {
        Kind::Stream(_) | Kind::Future(_) => {
            found.push((from.number()? as usize, Arc::clone(plan)));
            Ok(())
        }
        Kind::List(element) => (0..from.number()?).try_for_each(|_| part(from, element)),
        Kind::FixedLengthList(element, length) => from.fixed(*length, element, |from| part(from, element)),
        Kind::Map(parts, _) => {
            (0..from.number()?).try_for_each(|_| parts.iter().try_for_each(|field| part(from, &field.plan)))
        }
        Kind::Record(fields) | Kind::Tuple(fields) => fields.iter().try_for_each(|field| part(from, &field.plan)),
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let index = from.number()? as usize;
            let payload = cases.cases.get(index).and_then(|case| case.payload.as_ref());
            payload.map_or(Ok(()), |payload| part(from, payload))
        }
        Kind::Own | Kind::Borrow => from.number().map(drop),
        _ => skip(from, plan),
    }
}

/// What a handle is checked by: its plan, and its place among those of the call.
type Check<'a> = &'a dyn Fn(&Plan, usize, &Handle, &[HostResource]) -> Result<()>;

fn check_value(check: Check<'_>, from: &mut Reader<'_>, plan: &Plan) -> Result<()> {
    match &plan.kind {
        Kind::List(element) => (0..from.number()?).try_for_each(|_| check_value(check, from, element)),
        Kind::FixedLengthList(element, length) => {
            from.fixed(*length, element, |from| check_value(check, from, element))
        }
        Kind::Map(parts, _) => {
            (0..from.number()?).try_for_each(|_| parts.iter().try_for_each(|part| check_value(check, from, &part.plan)))
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().try_for_each(|field| check_value(check, from, &field.plan))
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let (_, payload) = from.case(cases)?;
            payload.map_or(Ok(()), |payload| check_value(check, from, payload))
        }
        Kind::Own | Kind::Borrow | Kind::Stream(_) | Kind::Future(_) => {
            let (place, given) = from.handle()?;
            check(plan, place, given, from.hosts())
        }
        _ => skip(from, plan),
    }
}

/// Reads a value that has no parts.
fn skip(from: &mut Reader<'_>, plan: &Plan) -> Result<()> {
    match &plan.kind {
        Kind::Bool | Kind::S8 | Kind::U8 => from.array::<1>().map(drop),
        Kind::S16 | Kind::U16 => from.array::<2>().map(drop),
        Kind::S32 | Kind::U32 | Kind::F32 | Kind::Char | Kind::Flags(..) => from.array::<4>().map(drop),
        Kind::S64 | Kind::U64 | Kind::F64 => from.array::<8>().map(drop),
        Kind::String => from.part(1).map(drop),
        Kind::Numbers(element) | Kind::FixedLengthList(element, _) => from.part(element.size).map(drop),
        // `lower` refuses what is not supported.
        _ => Ok(()),
    }
}

/// Fails with `Type` for a resource of another type than `ty` names.
pub(super) fn check<T>(
    cx: &LowerContext<'_, T>,
    ty: InterfaceType,
    place: usize,
    given: &Handle,
    hosts: &[HostResource],
) -> Result<()> {
    fits(wanted(cx, ty)?, place, given, hosts)
}

fn fits(wanted: ResourceType, place: usize, given: &Handle, hosts: &[HostResource]) -> Result<()> {
    let fits = match given {
        Handle::Any(resource) => resource.ty() == wanted,
        Handle::Host(..) => host(wanted, hosts).is_some(),
        Handle::End(_) => false,
    };
    if fits { Ok(()) } else { Err(OtherResource::new(place, &Kind::Own).into()) }
}

/// The type of resources that a handle's type names.
pub(super) fn wanted<T>(cx: &LowerContext<'_, T>, ty: InterfaceType) -> Result<ResourceType> {
    match ty {
        InterfaceType::Own(index) | InterfaceType::Borrow(index) => Ok(cx.resource_type(index)),
        _ => Err(refused("a resource stands where another value should")),
    }
}

/// Which of the host's types of resources it is.
pub(super) fn host(wanted: ResourceType, hosts: &[HostResource]) -> Option<&HostResource> {
    hosts.iter().find(|host| ResourceType::host_dynamic(host.number) == wanted)
}

/// A resource of another type than the one that the guest expects, by its place among those of the call.
#[derive(Debug)]
pub(super) struct OtherResource {
    pub(super) place: usize,
    what: &'static str,
}

impl OtherResource {
    /// `kind` is what the guest expects there.
    pub(super) fn new(place: usize, kind: &Kind) -> Self {
        let what = match kind {
            Kind::Stream(_) => "stream",
            Kind::Future(_) => "future",
            _ => "resource",
        };
        Self { place, what }
    }
}

impl std::error::Error for OtherResource {}

impl Display for OtherResource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.what == "resource" { ", of this very instance" } else { "" };
        let what = self.what;
        write!(formatter, "the {what} is of another type: expected one of the type that the function names{whose}")
    }
}

/// The error for a call with `values`: that of a resource of another type says where it stands. `of` are the words for the field
/// of the row that has it.
#[cold]
pub(super) fn named(
    error: wasmtime::Error,
    values: Values<'_>,
    row: &Row,
    of: impl FnOnce(usize) -> String,
) -> wasmtime::Error {
    let Some(other) = error.downcast_ref::<OtherResource>() else { return error };
    refuse(other, path(values, row, other.place, of))
}

/// The error for a resource of another type in that place.
#[cold]
pub(super) fn refuse(other: &OtherResource, place: String) -> wasmtime::Error {
    HostError(WasmtimeError::wrong_type(format!("{place}: {other}"))).into()
}

/// The same as an error of ours, for a call that does not begin.
#[cold]
pub(crate) fn refused_early(error: wasmtime::Error, place: impl FnOnce(usize) -> String) -> WasmtimeError {
    match error.downcast::<OtherResource>() {
        Ok(other) => WasmtimeError::wrong_type(format!("{}: {other}", place(other.place))),
        Err(error) => WasmtimeError::Unexpected { reason: error.to_string() },
    }
}

/// What leads to the resource of that place among those of a call, in words.
#[cold]
pub(crate) fn path(values: Values<'_>, row: &Row, place: usize, of: impl FnOnce(usize) -> String) -> String {
    let (mut from, mut parts) = (Reader::new(values), Vec::new());
    let mut fields = row.fields.iter().enumerate();
    let found = fields.find(|(_, field)| matches!(seek(&mut from, &field.plan, place, &mut parts), Ok(true)));
    let of = of(found.map_or(0, |(index, _)| index));
    parts.into_iter().fold(of, |path, part| format!("{path}: {part}"))
}

/// Reads a value, and tells whether the resource of that place is in it. `path` then leads to it.
fn seek(from: &mut Reader<'_>, plan: &Plan, place: usize, path: &mut Vec<String>) -> Result<bool> {
    let mut part = |from: &mut Reader<'_>, plan: &Plan, words: &dyn Fn() -> String| {
        path.push(words());
        let found = seek(from, plan, place, path)?;
        if !found {
            path.pop();
        }
        Ok(found)
    };
    match &plan.kind {
        Kind::Own | Kind::Borrow | Kind::Stream(_) | Kind::Future(_) => Ok(from.number()? as usize == place),
        Kind::Map(parts, _) => {
            for index in 0..from.number()? {
                for field in parts.iter() {
                    if part(from, &field.plan, &|| format!("{} {index}", field.name))? {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        }
        Kind::List(element) | Kind::FixedLengthList(element, _) if !element.kind.is_number() => {
            for index in 0..from.number()? {
                if part(from, element, &|| format!("element {index}"))? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Kind::Record(fields) | Kind::Tuple(fields) => {
            for (index, field) in fields.iter().enumerate() {
                if part(from, &field.plan, &|| no_value::field(&field.name, index))? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let (index, payload) = from.case(cases)?;
            payload.map_or(Ok(false), |payload| part(from, payload, &|| no_value::case_words(&plan.kind, index)))
        }
        _ => skip(from, plan).map(|()| false),
    }
}
