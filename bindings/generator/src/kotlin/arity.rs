//! Calls and host functions of up to six numbers, written out for each count: inline functions, so that the compiler sees
//! the types of a call and no number is boxed.

use std::fmt::Write as _;

use super::PUBLIC_HEAD;
use super::suspending::suspending_host;

/// The types of the parameters: as many as these are written out.
pub(super) const TYPES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

/// How many numbers `HostCallback` takes one by one. More come in slots.
const PLAIN: usize = 4;

/// The file with all of them.
pub fn file() -> String {
    let mut out = PUBLIC_HEAD.to_owned();
    out.push_str("import dev.trimaran.internal.NativeByHand\n");
    let counts = || (0..=TYPES.len()).filter_map(|count| TYPES.get(..count));
    counts().for_each(|types| call(&mut out, types));
    for has_caller in [false, true] {
        counts().skip(usize::from(has_caller)).for_each(|types| host(&mut out, types, has_caller));
    }
    for wrapping in [OF_FUNC, OF_LINKER] {
        wrapping.write(&mut out, counts());
    }
    out
}

fn call(out: &mut String, types: &[&str]) {
    let names: Vec<String> = types.iter().map(|ty| ty.to_lowercase()).collect();
    let params: String = types.iter().zip(&names).map(|(ty, name)| format!(", {name}: {ty}")).collect();
    let bits: String = names.iter().map(|name| format!(", bits({name})")).collect();
    let (longs, given): (String, String) =
        names.iter().map(|name| (format!(", {name}: Long"), format!(", {name}"))).unzip();
    let _ = write!(
        out,
        "
/** Calls the function. Fails with `Trap` where the guest traps, and with whatever a host function failed with. */
public inline operator fun <{generics}> TypedFunc<({all}) -> R>.invoke(store: Store{params}): R =
    number(call{count}(store{bits}))

@PublishedApi
internal fun TypedFunc<*>.call{count}(store: Store{longs}): Long =
    core(func, store, runsGuests = true) {{ NativeByHand.call{count}(func.raw.handle, store.raw.handle{given}) }}
",
        generics = generics(types),
        all = types.join(", "),
        count = types.len(),
    );
}

fn host(out: &mut String, types: &[&str], has_caller: bool) {
    let kinds: String = types.iter().map(|ty| format!(", {ty}::class")).collect();
    let kind = format!("hostType(R::class{kinds})");
    // The one parameter may be the caller.
    let may_be_caller = types.len() == 1 && !has_caller;
    let (made, end) = match has_caller || may_be_caller {
        true => (format!("TypedHost({kind}) {{ store ->"), "}"),
        false => (format!("TypedHost.shared({kind},"), ")"),
    };
    let is_plain = types.len() <= PLAIN;
    let one = |(place, ty): (usize, &&str)| match is_plain {
        true => format!("number({})", ty.to_lowercase()),
        false => format!("slot(slots, {place})"),
    };
    let caller = has_caller.then(|| "caller(store, callId)".to_owned());
    let given: Vec<_> = caller.into_iter().chain(types.iter().enumerate().map(one)).collect();
    let bits = format!("hostBits(function({}))", given.join(", "));
    let mut body = if is_plain {
        let params: String = types.iter().map(|ty| format!(", {}: Long", ty.to_lowercase())).collect();
        format!("            override fun call{}(callId: Long{params}): Long = {bits}\n", types.len())
    } else {
        format!(
            "            override fun callSlots(callId: Long, slots: LongArray) {{\n                slots[0] = {bits}\n            }}\n"
        )
    };
    if may_be_caller {
        body.push_str(
            "            override fun call0(callId: Long): Long = hostBits(function(callerAs(store, callId)))\n",
        );
    }
    let _ = write!(
        out,
        "
@PublishedApi
internal inline fun <{generics}> {name}(crossinline function: ({taken}) -> R): TypedHost =
    {made}
        object : HostCallback() {{
{body}        }}
    {end}
",
        generics = generics(types),
        name = typed_host(has_caller),
        taken = taken(types, has_caller),
    );
}

/// A class with a `wrap` for each count, which is a base of the one that people know: a function in a class needs no import.
struct Wrapping {
    class: &'static str,
    docs: &'static str,
    /// What stands before the function, and how it is passed on.
    params: &'static str,
    given: &'static str,
    result: &'static str,
    first: &'static str,
    others: &'static str,
    with_caller: &'static str,
    /// The documents of the suspending ones.
    suspending: &'static str,
    others_suspending: &'static str,
}

const OF_FUNC: Wrapping = Wrapping {
    class: "FuncWrapping",
    docs: "Makes host functions of functions of Kotlin: [Func] has it beside it, as in `Func.wrap`.",
    params: "store: Store",
    given: "store",
    result: "Func",
    first: "Makes a host function from a Kotlin function over [Int], [Long], [Float] and [Double], with up to six
parameters and a result, or [Unit] for none. An i32 or i64 is read without a sign as a [UInt] or [ULong], as
an address in a memory is. The first parameter may be the [Caller].

```kotlin
val add = Func.wrap(store) { a: Int, b: Int -> a + b }
```

It works as with a [HostFunction], and a call with up to four numbers allocates nothing. For a function
without parameters, name the type of the result, as in `Func.wrap<Int>(store) { 7 }`. Fails with `Type` for
other types than these.",
    others: "Makes a host function from one of Kotlin, as without parameters.",
    with_caller: "Makes a host function from one of Kotlin, which gets the [Caller] first, and then numbers.",
    suspending: "Makes a host function from a suspending one of Kotlin, over the types that [wrap] takes. It works as
[Func.suspending] says.

```kotlin
val fetch = Func.wrapSuspending(store) { id: Int -> http.fetch(id) }
```",
    others_suspending: "Makes a host function from a suspending one of Kotlin, as without parameters.",
};

const OF_LINKER: Wrapping = Wrapping {
    class: "LinkerWrapping",
    docs: "Defines host functions of functions of Kotlin: a base of [Linker], as in `linker.wrap`.",
    params: "module: String, name: String",
    given: "module, name",
    result: "Unit",
    first:
        "Defines a host function as [module] [name], from one of Kotlin over [Int], [Long], [Float] and [Double], with
up to six parameters and a result, or [Unit] for none, as [Func.wrap] takes it:

```kotlin
linker.wrap(\"host\", \"add\") { a: Int, b: Int -> a + b }
linker.wrap(\"host\", \"print\") { caller: Caller, start: UInt, length: UInt ->
    println(caller.memory(\"memory\").readString(caller.store, start.toLong(), length.toLong()))
}
```",
    others: "Defines a host function from one of Kotlin, as without parameters.",
    with_caller: "Defines a host function from one of Kotlin, which gets the [Caller] first, and then numbers.",
    suspending: "Defines a host function as [module] [name], from a suspending one of Kotlin, over the types that
[Func.wrap] takes. It works as [Func.suspending] says.

```kotlin
linker.wrapSuspending(\"host\", \"fetch\") { id: Int -> http.fetch(id) }
```",
    others_suspending: "Defines a host function from a suspending one of Kotlin, as without parameters.",
};

impl Wrapping {
    fn write<'a>(&self, out: &mut String, counts: impl Iterator<Item = &'a [&'a str]> + Clone) {
        let _ = write!(out, "\n/** {} */\npublic abstract class {} internal constructor() {{\n", self.docs, self.class);
        for suspends in [false, true] {
            let (first, others) = match suspends {
                false => (self.first, self.others),
                true => (self.suspending, self.others_suspending),
            };
            for (number, types) in counts.clone().enumerate() {
                self.wrap(out, types, (false, suspends), if number == 0 { first } else { others });
            }
            let with_caller = if suspends { others } else { self.with_caller };
            counts.clone().skip(1).for_each(|types| self.wrap(out, types, (true, suspends), with_caller));
        }
        let _ = write!(
            out,
            "    @PublishedApi
    internal abstract fun wrapped({0}, host: TypedHost): {1}

    @PublishedApi
    internal abstract fun wrapped({0}, host: SuspendingHost): {1}
}}
",
            self.params, self.result
        );
    }

    fn wrap(&self, out: &mut String, types: &[&str], (has_caller, suspends): (bool, bool), said: &str) {
        let said: Vec<_> = said.lines().map(str::to_owned).collect();
        super::docs(out, "    ", &said);
        let (name, word) = if suspends { ("wrapSuspending", "suspend ") } else { ("wrap", "") };
        if has_caller {
            let _ = writeln!(out, "    @JvmName(\"{name}WithCaller\")");
        }
        let _ = write!(
            out,
            "    public inline fun <{generics}> {name}({params}, crossinline function: {word}({taken}) -> R): {result} =
        wrapped({given}, {host}(function))

",
            generics = generics(types),
            params = self.params,
            taken = taken(types, has_caller),
            result = self.result,
            given = self.given,
            host = if suspends { suspending_host(has_caller) } else { typed_host(has_caller) },
        );
    }
}

fn typed_host(has_caller: bool) -> &'static str {
    if has_caller { "typedHostWithCaller" } else { "typedHost" }
}

/// The types of what a function takes.
pub(super) fn taken(types: &[&str], has_caller: bool) -> String {
    let all: Vec<_> = has_caller.then_some("Caller").into_iter().chain(types.iter().copied()).collect();
    all.join(", ")
}

pub(super) fn generics(types: &[&str]) -> String {
    let all = types.iter().copied().chain(["R"]);
    all.map(|ty| format!("reified {ty}: Any")).collect::<Vec<_>>().join(", ")
}
