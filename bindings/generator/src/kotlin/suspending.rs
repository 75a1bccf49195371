//! The same calls and host functions for guests that wait: of up to six numbers, written out for each count.

use std::fmt::Write as _;

use super::PUBLIC_HEAD;
use super::arity::{TYPES, generics, taken};

/// How many slots a call needs at least, beside its numbers: a frame takes three numbers of a step.
const LEAST: usize = 2;

/// The file with all of them, but for `wrapSuspending`, which lies in the classes of `arity`.
pub fn file() -> String {
    let mut out = PUBLIC_HEAD.to_owned();
    let counts = || (0..=TYPES.len()).filter_map(|count| TYPES.get(..count));
    counts().for_each(|types| call(&mut out, types));
    for has_caller in [false, true] {
        counts().skip(usize::from(has_caller)).for_each(|types| host(&mut out, types, has_caller));
    }
    out
}

/// The name of what makes a body of a function.
pub fn suspending_host(has_caller: bool) -> &'static str {
    if has_caller { "suspendingHostWithCaller" } else { "suspendingHost" }
}

fn call(out: &mut String, types: &[&str]) {
    let params: String = types.iter().map(|ty| format!(", {}: {ty}", ty.to_lowercase())).collect();
    let slots = types.iter().map(|ty| format!("bits({}), 0", ty.to_lowercase()));
    let rest = std::iter::repeat_n("0, 0".to_owned(), LEAST.saturating_sub(types.len()));
    let frame = slots.chain(rest).collect::<Vec<_>>().join(", ");
    let _ = write!(
        out,
        "
/**
 * Calls the function in the caller's own coroutine, which is suspended while the guest waits for a suspending host function.
 * Otherwise as [invoke]. Where the coroutine is cancelled, the guest ends.
 */
public suspend inline fun <{generics}> TypedFunc<({all}) -> R>.callSuspend(store: Store{params}): R =
    number(suspended(store, longArrayOf({frame})))
",
        generics = generics(types),
        all = types.join(", "),
    );
}

fn host(out: &mut String, types: &[&str], has_caller: bool) {
    let kinds: String = types.iter().map(|ty| format!(", {ty}::class")).collect();
    // The one parameter may be the caller.
    let may_be_caller = types.len() == 1 && !has_caller;
    let one = |place: usize| match may_be_caller {
        true => "callerOrSlot(store, callId, slots)".to_owned(),
        false => format!("slot(slots, {place})"),
    };
    let caller = has_caller.then(|| "caller(store, callId)".to_owned());
    let given: Vec<_> = caller.into_iter().chain((0..types.len()).map(one)).collect();
    let _ = write!(
        out,
        "
@PublishedApi
internal inline fun <{generics}> {name}(crossinline function: suspend ({taken}) -> R): SuspendingHost =
    SuspendingHost(hostType(R::class{kinds})) {{ store ->
        object : SuspendingCallback() {{
            override suspend fun call(callId: Long, slots: LongArray) {{
                slots[0] = hostBits(function({given}))
            }}
        }}
    }}
",
        generics = generics(types),
        name = suspending_host(has_caller),
        taken = taken(types, has_caller),
        given = given.join(", "),
    );
}
