//! Calls and host functions of up to six numbers, written out for each count: inline functions, so that the compiler sees
//! the types of a call and no number is boxed.

use std::fmt::Write as _;

use super::PUBLIC_HEAD;

/// The types of the parameters: as many as these are written out.
const TYPES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

/// How many numbers `HostCallback` takes one by one. More come in slots.
const PLAIN: usize = 4;

/// The file with all of them.
pub fn file() -> String {
    let mut out = PUBLIC_HEAD.to_owned();
    let counts = || (0..=TYPES.len()).filter_map(|count| TYPES.get(..count));
    counts().for_each(|types| call(&mut out, types));
    // What has one parameter takes a number or the caller: it is written by hand.
    counts().filter(|types| types.len() != 1).for_each(|types| host(&mut out, types, false));
    counts().skip(1).for_each(|types| host(&mut out, types, true));
    out
}

fn call(out: &mut String, types: &[&str]) {
    let params: String = types.iter().map(|ty| format!(", {}: {ty}", ty.to_lowercase())).collect();
    let given: String = types.iter().map(|ty| format!(", bits({})", ty.to_lowercase())).collect();
    let _ = write!(
        out,
        "
/** Calls the function. Fails with `Trap` where the guest traps, and with whatever a host function failed with. */
public inline operator fun <{generics}> TypedFunc<({all}) -> R>.invoke(store: Store{params}): R =
    number(call{count}(store{given}))
",
        generics = generics(types),
        all = types.join(", "),
        count = types.len(),
    );
}

fn host(out: &mut String, types: &[&str], has_caller: bool) {
    let name = if has_caller { "typedHostWithCaller" } else { "typedHost" };
    let taken: Vec<_> = has_caller.then_some("Caller").into_iter().chain(types.iter().copied()).collect();
    let kinds: String = types.iter().map(|ty| format!(", {ty}::class")).collect();
    let kind = format!("hostType(R::class{kinds})");
    let made = if has_caller { format!("TypedHost({kind}) {{ store ->") } else { format!("TypedHost.shared({kind},") };
    let is_plain = types.len() <= PLAIN;
    let one = |(place, ty): (usize, &&str)| match is_plain {
        true => format!("number({})", ty.to_lowercase()),
        false => format!("slot(slots, {place})"),
    };
    let caller = has_caller.then(|| "caller(store, callId)".to_owned());
    let given: Vec<_> = caller.into_iter().chain(types.iter().enumerate().map(one)).collect();
    let bits = format!("hostBits(function({}))", given.join(", "));
    let body = if is_plain {
        let params: String = types.iter().map(|ty| format!(", {}: Long", ty.to_lowercase())).collect();
        format!("override fun call{}(callId: Long{params}): Long = {bits}", types.len())
    } else {
        format!("override fun callSlots(callId: Long, slots: LongArray) {{\n            slots[0] = {bits}\n        }}")
    };
    let _ = write!(
        out,
        "
@PublishedApi
internal inline fun <{generics}> {name}(crossinline function: ({taken}) -> R): TypedHost =
    {made}
        object : HostCallback() {{
            {body}
        }}
    {end}
",
        generics = generics(types),
        taken = taken.join(", "),
        end = if has_caller { "}" } else { ")" },
    );
}

fn generics(types: &[&str]) -> String {
    let all = types.iter().copied().chain(["R"]);
    all.map(|ty| format!("reified {ty}: Any")).collect::<Vec<_>>().join(", ")
}
