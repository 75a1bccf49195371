//! Resources are checked against the types that a function names before the first of them is the guest's. A call that is refused gives
//! nothing away.

use wasmtime::Result;
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::ResourceType;

use crate::component::abi::plan::{Kind, Plan, Row};
use crate::component::abi::stream::{Handle, Reader, refused};
use crate::traps::carried::HostError;
use crate::{Result as Checked, WasmtimeError};

/// Checks the resources in the values of a row.
pub(super) fn check_row<T>(cx: &LowerContext<'_, T>, from: &mut Reader<'_>, row: &Row) -> Result<()> {
    let check = |plan: &Plan, given: &Handle, hosts: &[u32]| check(cx, plan.ty, given, hosts);
    row.fields.iter().try_for_each(|field| check_value(&check, from, &field.plan))
}

/// The same before the call begins, by the resources that the plans name.
pub(super) fn check_early(from: &mut Reader<'_>, row: &Row) -> Checked<()> {
    early(row.fields.iter().try_for_each(|field| check_value(&by_plan, from, &field.plan)))
}

/// The same for the slots of a plain function.
pub(super) fn check_slots(slots: &[u64], handles: &[Handle], hosts: &[u32], row: &Row) -> Checked<()> {
    let all = row.fields.iter().zip(slots).filter(|(field, _)| matches!(field.plan.kind, Kind::Own | Kind::Borrow));
    early(all.map(|(field, slot)| (&field.plan, slot)).try_for_each(|(plan, slot)| {
        let given = usize::try_from(*slot).ok().and_then(|index| handles.get(index));
        given.map_or(Ok(()), |given| by_plan(plan, given, hosts))
    }))
}

fn early(checked: Result<()>) -> Checked<()> {
    checked.map_err(|error| match error.downcast() {
        Ok(HostError(error)) => error,
        Err(error) => WasmtimeError::Unexpected { reason: error.to_string() },
    })
}

/// Fails with `Type` for a resource of another type than the plan names.
fn by_plan(plan: &Plan, given: &Handle, hosts: &[u32]) -> Result<()> {
    let Some(wanted) = plan.resource else { return Ok(()) };
    fits(wanted, given, hosts)
}

/// What a handle is checked by.
type Check<'a> = &'a dyn Fn(&Plan, &Handle, &[u32]) -> Result<()>;

fn check_value(check: Check<'_>, from: &mut Reader<'_>, plan: &Plan) -> Result<()> {
    match &plan.kind {
        Kind::Bool | Kind::S8 | Kind::U8 => from.array::<1>().map(drop),
        Kind::S16 | Kind::U16 => from.array::<2>().map(drop),
        Kind::S32 | Kind::U32 | Kind::F32 | Kind::Char | Kind::Flags(..) => from.array::<4>().map(drop),
        Kind::S64 | Kind::U64 | Kind::F64 => from.array::<8>().map(drop),
        Kind::String => from.part(1).map(drop),
        Kind::Numbers(element) => from.part(element.size).map(drop),
        Kind::List(element) => (0..from.number()?).try_for_each(|_| check_value(check, from, element)),
        Kind::Record(fields) | Kind::Tuple(fields) => {
            fields.iter().try_for_each(|field| check_value(check, from, &field.plan))
        }
        Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
            let (_, payload) = from.case(cases)?;
            payload.map_or(Ok(()), |payload| check_value(check, from, payload))
        }
        Kind::Own | Kind::Borrow => check(plan, from.handle()?, from.hosts()),
        // `lower` refuses it.
        Kind::Unsupported(_) => Ok(()),
    }
}

/// Fails with `Type` for a resource of another type than `ty` names.
pub(super) fn check<T>(cx: &LowerContext<'_, T>, ty: InterfaceType, given: &Handle, hosts: &[u32]) -> Result<()> {
    fits(wanted(cx, ty)?, given, hosts)
}

fn fits(wanted: ResourceType, given: &Handle, hosts: &[u32]) -> Result<()> {
    let fits = match given {
        Handle::Any(resource) => resource.ty() == wanted,
        Handle::Host(_) => host(wanted, hosts).is_some(),
    };
    if fits { Ok(()) } else { Err(other_resource()) }
}

/// The type of resources that a handle's type names.
pub(super) fn wanted<T>(cx: &LowerContext<'_, T>, ty: InterfaceType) -> Result<ResourceType> {
    match ty {
        InterfaceType::Own(index) | InterfaceType::Borrow(index) => Ok(cx.resource_type(index)),
        _ => Err(refused("a resource stands where another value should")),
    }
}

/// Which of the host's types of resources it is, by its number.
pub(super) fn host(wanted: ResourceType, hosts: &[u32]) -> Option<u32> {
    hosts.iter().copied().find(|host| ResourceType::host_dynamic(*host) == wanted)
}

/// A resource of another type than the one that the guest expects.
#[cold]
pub(super) fn other_resource() -> wasmtime::Error {
    let reason =
        "the resource is of another type: expected one of the type that the function names, of this very instance";
    HostError(WasmtimeError::wrong_type(reason)).into()
}
