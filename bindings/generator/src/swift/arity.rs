//! Calls and host functions of few numbers, written out for each count. Parameter packs do the same for any count, but the
//! compiler (6.0) asks at run time for the type of each element of a pack, at about 5 ns each.

use std::fmt::Write as _;

use super::HEAD;

/// The types of the parameters: as many as these are written out.
const TYPES: [&str; 4] = ["First", "Second", "Third", "Fourth"];

/// The file with all of them.
pub fn arities() -> String {
    let mut out = HEAD.to_owned();
    let counts = || (0..=TYPES.len()).filter_map(|count| TYPES.get(..count));
    out.push_str(NOTHING);
    counts().skip(1).for_each(|types| call(&mut out, types));
    out.push_str("}\n\nextension HostClosure {");
    for has_caller in [false, true] {
        counts().for_each(|types| closure(&mut out, types, has_caller));
    }
    out.push_str("}\n\nextension Func {");
    for has_caller in [false, true] {
        counts().for_each(|types| function(&mut out, types, has_caller));
    }
    out.push_str("}\n");
    out
}

/// The call of a function without parameters and results, which is the start of the file's first extension.
const NOTHING: &str = "extension TypedFunc {
  /// Calls the function; see the one for any number of arguments.
  @inlinable
  public func callAsFunction(_ store: Store) throws(WasmtimeError) where Signature == () -> Void {
    try call(store, 0) { _ in
    } take: { _ in
    }
  }
";

fn call(out: &mut String, types: &[&str]) {
    let names: Vec<String> = types.iter().map(|ty| ty.to_lowercase()).collect();
    let params = each(types, |ty| format!("_ {}: {ty}", ty.to_lowercase()));
    let puts: String = names.iter().map(|name| format!("      row.put({name}.slot)\n")).collect();
    _ = write!(
        out,
        "
  /// Calls the function; see the one for any number of arguments.
  @inlinable
  @discardableResult
  public func callAsFunction<{generics}>(
    _ store: Store, {params}
  ) throws(WasmtimeError) -> Result where Signature == ({parameters}) -> Result {{
    try call(store, {count}) {{ row in
{puts}    }} take: {{ row in
      Result(slot: row.take())
    }}
  }}
",
        generics = generics(types),
        parameters = types.join(", "),
        count = types.len(),
    );
}

fn closure(out: &mut String, types: &[&str], has_caller: bool) {
    let kinds = each(types, |ty| format!("{ty}.valType"));
    let mut place = 0..;
    let mut arguments = each(types, |ty| format!("{ty}(slot: slots[{}])", place.next().unwrap_or_default()));
    let (label, mut caller) = (label(has_caller), "");
    if has_caller {
        caller = "      let caller = try call.caller()\n";
        arguments = format!("caller, {arguments}").trim_end_matches(", ").to_owned();
    }
    _ = write!(
        out,
        "
  @inlinable
  init<{generics}>(
    {label} body: @escaping @Sendable ({parameters}) throws -> Result
  ) throws(WasmtimeError) {{
    try self.init([{kinds}], [Result.valType]) {{ call in
{caller}      let slots = call.slots
      slots[0] = try body({arguments}).slot
    }}
  }}
",
        generics = generics(types),
        parameters = taken(types, has_caller),
    );
}

fn function(out: &mut String, types: &[&str], has_caller: bool) {
    _ = write!(
        out,
        "
  /// Makes a host function; see the one for any number of parameters.
  @inlinable
  public convenience init<{generics}>(
    _ store: Store, _ body: @escaping @Sendable ({parameters}) throws -> Result
  ) throws(WasmtimeError) {{
    try self.init(store, hosting: HostClosure({label}: body))
  }}
",
        generics = generics(types),
        parameters = taken(types, has_caller),
        label = label(has_caller),
    );
}

fn label(has_caller: bool) -> &'static str {
    if has_caller { "calledOne" } else { "one" }
}

/// What a closure takes.
fn taken(types: &[&str], has_caller: bool) -> String {
    let caller = has_caller.then_some("borrowing Caller");
    caller.into_iter().chain(types.iter().copied()).collect::<Vec<_>>().join(", ")
}

fn generics(types: &[&str]) -> String {
    let all: Vec<&str> = types.iter().copied().chain(["Result"]).collect();
    each(&all, |ty| format!("{ty}: WasmNumber"))
}

fn each(types: &[&str], text: impl FnMut(&&str) -> String) -> String {
    types.iter().map(text).collect::<Vec<_>>().join(", ")
}
