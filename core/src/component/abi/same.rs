//! Whether two plans are of the same type, which may be of two components.

use std::collections::HashSet;
use std::sync::Arc;

use crate::component::abi::plan::{Cases, Field, Kind, Plan};

/// The pairs that were compared, or are.
type Seen = HashSet<(*const Plan, *const Plan)>;

/// Whether values of the one type are values of the other. A pair of parts is looked at once: a type's tree may have a million nodes.
pub(super) fn same(one: &Arc<Plan>, other: &Arc<Plan>) -> bool {
    plans(one, other, &mut Seen::new())
}

fn plans(one: &Arc<Plan>, other: &Arc<Plan>, seen: &mut Seen) -> bool {
    if Arc::ptr_eq(one, other) || !seen.insert((Arc::as_ptr(one), Arc::as_ptr(other))) {
        return true;
    }
    match (&one.kind, &other.kind) {
        (Kind::Numbers(one), Kind::Numbers(other)) | (Kind::List(one), Kind::List(other)) => plans(one, other, seen),
        (Kind::FixedLengthList(one, length), Kind::FixedLengthList(other, wanted)) => {
            length == wanted && plans(one, other, seen)
        }
        (Kind::Map(one, _), Kind::Map(other, _)) => fields(&**one, &**other, seen),
        (Kind::Record(one), Kind::Record(other)) | (Kind::Tuple(one), Kind::Tuple(other)) => fields(one, other, seen),
        (Kind::Variant(one), Kind::Variant(other))
        | (Kind::Option(one), Kind::Option(other))
        | (Kind::Result(one), Kind::Result(other))
        | (Kind::Enum(one), Kind::Enum(other)) => cases(one, other, seen),
        (Kind::Flags(_, one), Kind::Flags(_, other)) => one == other,
        (Kind::Own, Kind::Own) | (Kind::Borrow, Kind::Borrow) => one.resource == other.resource,
        (Kind::Stream(one), Kind::Stream(other)) | (Kind::Future(one), Kind::Future(other)) => {
            payloads(one.as_ref(), other.as_ref(), seen)
        }
        // The others have no parts.
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

fn fields(one: &[Field], other: &[Field], seen: &mut Seen) -> bool {
    let mut pairs = one.iter().zip(other);
    one.len() == other.len() && pairs.all(|(one, other)| one.name == other.name && plans(&one.plan, &other.plan, seen))
}

fn cases(one: &Cases, other: &Cases, seen: &mut Seen) -> bool {
    let mut pairs = one.cases.iter().zip(&other.cases);
    one.cases.len() == other.cases.len()
        && pairs
            .all(|(one, other)| one.name == other.name && payloads(one.payload.as_ref(), other.payload.as_ref(), seen))
}

fn payloads(one: Option<&Arc<Plan>>, other: Option<&Arc<Plan>>, seen: &mut Seen) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => plans(one, other, seen),
        (one, other) => one.is_none() && other.is_none(),
    }
}
