//! Files that grow in one way.

use std::fmt::Write as _;

use trimaran::wat2wasm;

/// A file that grows in one way.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) make: fn() -> Vec<u8>,
    /// Whether it is a module that imports something.
    pub(crate) imports: bool,
    /// Whether its guests wait for each other.
    pub(crate) waits: bool,
    /// Whether it is one that only the limits of an engine keep from taking far more than it has bytes.
    pub(crate) heavy: bool,
    /// Whether it is a component, of which bindings are made.
    pub(crate) component: bool,
}

const fn plain(name: &'static str, make: fn() -> Vec<u8>) -> Shape {
    Shape { name, make, imports: false, waits: false, heavy: false, component: false }
}

const fn importing(name: &'static str, make: fn() -> Vec<u8>) -> Shape {
    Shape { imports: true, ..plain(name, make) }
}

const fn heavy(name: &'static str, make: fn() -> Vec<u8>) -> Shape {
    Shape { heavy: true, ..plain(name, make) }
}

const fn waiting(name: &'static str, make: fn() -> Vec<u8>) -> Shape {
    Shape { waits: true, ..plain(name, make) }
}

const fn component(name: &'static str, make: fn() -> Vec<u8>) -> Shape {
    Shape { component: true, ..plain(name, make) }
}

pub(crate) const SHAPES: &[Shape] = &[
    // Components, of which bindings are made.
    component("wit-doubled", || functions(&doubled(12), "$t12", 1)),
    component("wit-doubled-more", || functions(&doubled(40), "$t40", 1)),
    component("wit-doubled-often", || functions(&doubled(7), "$t7", 75)),
    component("wit-deep", || functions("", &format!("{}u8{}", "(list ".repeat(45), ")".repeat(45)), 400)),
    component("wit-wide-tuple", || functions(&format!("(type $t (tuple {}))", "u8 ".repeat(900)), "$t", 180)),
    component("wit-wide-record", || {
        let fields = repeat(900, |n| format!("(field \"f{n}\" (tuple u8 u8))"));
        functions(&named("r", &format!("(record {fields})")), "$r", 300)
    }),
    component("wit-long-type-name", || functions(&named(&"n".repeat(90_000), "(record (field \"a\" u8))"), "$r", 40)),
    component("wit-long-variant-name", || {
        let cases = repeat(90, |n| format!("(case \"c{n}\")"));
        functions(&named(&"v".repeat(40_000), &format!("(variant {cases})")), "$r", 1)
    }),
    component("wit-long-names", || {
        let imports = repeat(20, |n| {
            format!("(import \"{}{n}\" (func (param \"{}\" u8)))", "a".repeat(90_000), "b".repeat(90_000))
        });
        wat(&format!("(component {imports})"))
    }),
    component("wit-long-interface", || {
        let path = format!("a:{0}/{0}", "c".repeat(40_000));
        wat(&format!("(component (import \"{path}\" (instance (export \"f\" (func)))))"))
    }),
    component("wit-functions", || functions("", "u8", 20_000)),
    component("wit-interfaces", || {
        wat(&format!(
            "(component {})",
            repeat(900, |n| format!("(import \"a:b/i{n}\" (instance (export \"f\" (func))))"))
        ))
    }),
    component("wit-versions", || {
        let version = |n: usize| format!("{n:016b}").replace('0', "-").replace('1', ".");
        let imports = repeat(1_000, |n| {
            let mark: Vec<String> = version(n).chars().map(|mark| format!("{mark}a")).collect();
            format!("(import \"a:b/c@1.0.0-a{}\" (instance (export \"f\" (func))))", mark.concat())
        });
        wat(&format!("(component {imports})"))
    }),
    component("wit-labels", || {
        let labels = |word: &str| repeat(9_000, |n| format!("(case \"{word}{n}\")"));
        functions(&named("e", &format!("(variant {})", labels("c"))), "$r", 1)
    }),
    // Names.
    plain("mangled-cpp", || trapping(&cpp(9))),
    plain("mangled-cpp-hard", || trapping(&"_Z3fooSsC1StlfooSsC1".repeat(50))),
    plain("mangled-rust", || trapping(&rust(12))),
    plain("mangled-type", || trapping(&cpp(9)["_Z1f".len()..])),
    plain("long-names", long_names),
    plain("control-names", || exports("\\1b[2J\\0a\\e2\\80\\ae", 1, 400)),
    plain("long-exports", || exports("\\1b", 9_000, 20)),
    plain("many-exports", || exports("f", 1, 9_000)),
    plain("local-names", local_names),
    plain("module-name", || wat(&format!("(module ${} (func (export \"f\") unreachable))", "m".repeat(90_000)))),
    importing("many-imports", || wat(&module(&repeat(900, |n| format!("(import \"m\" \"n{n}\" (func))"))))),
    importing("one-name", || wat(&module(&repeat(900, |_| "(import \"m\" \"n\" (func (param i32)))".to_owned())))),
    importing("long-imports", || {
        wat(&module(&repeat(30, |n| {
            format!("(import \"{}\" \"{}{n}\" (func (param i64)))", "\\1b".repeat(3_000), "\\0a".repeat(3_000))
        })))
    }),
    importing("control-imports", || {
        let imports = repeat(20, |n| format!("(import \"\\1b[2J\" \"\\0a{n}\" (func $f{n}))"));
        wat(&module(&format!("{imports} (func (export \"f\") (call $f3))")))
    }),
    // Types.
    importing("struct-fields", || wat(&module(&(wide_struct() + &of_struct(40, true))))),
    importing("struct-imports", || wat(&module(&(wide_struct() + &of_struct(450, true))))),
    plain("struct-exports", || wat(&module(&(wide_struct() + &of_struct(20, false))))),
    plain("array-globals", array_globals),
    importing("param-imports", || {
        let imports = repeat(900, |n| format!("(import \"m\" \"n{n}\" (func (type $f)))"));
        wat(&module(&format!("(type $f (func (param {0}) (result {0}))) {imports}", "i32 ".repeat(1_000))))
    }),
    plain("param-exports", || {
        let exports = repeat(900, |n| format!("(export \"n{n}\" (func $f))"));
        wat(&module(&format!("(func $f (param {}) unreachable) {exports}", "i32 ".repeat(1_000))))
    }),
    plain("many-types", || wat(&module(&repeat(9_000, |n| format!("(type (func (param {})))", numbers(n)))))),
    plain("rec-group", || wat(&module(&format!("(rec {})", repeat(5_000, |n| field_of(n, 5_000)))))),
    plain("rec-groups", || wat(&module(&repeat(2_000, |n| format!("(rec {})", field_of(n, n + 1)))))),
    plain("subtypes", subtypes),
    plain("tags", || wat(&module(&repeat(900, |n| format!("(tag (export \"t{n}\") (param {}))", numbers(n)))))),
    // Counts.
    plain("functions", || wat(&module(&repeat(2_000, |_| "(func)".to_owned())))),
    plain("globals", || wat(&module(&repeat(9_000, |_| "(global i32 (i32.const 0))".to_owned())))),
    plain("tables", || wat(&module(&repeat(90, |_| "(table 1000 funcref)".to_owned())))),
    plain("memories", || wat(&module(&repeat(90, |_| "(memory 0)".to_owned())))),
    plain("data", || {
        wat(&module(&format!("(memory 1) {}", repeat(9_000, |_| "(data (i32.const 0) \"a\")".to_owned()))))
    }),
    plain("elements", || {
        wat(&module(&format!(
            "(table 9 funcref) (func $f) {}",
            repeat(9_000, |_| "(elem (i32.const 0) $f)".to_owned())
        )))
    }),
    plain("element-items", || wat(&module(&format!("(func $f) (elem func {})", "$f ".repeat(50_000))))),
    plain("custom-sections", || wat(&module(&repeat(3_000, |n| format!("(@custom \"\\1b[{n}m\" \"a\")"))))),
    plain("locals", || wat(&function(&format!("(local {})", "i64 ".repeat(4_900))))),
    plain("local-groups", local_groups),
    // Bodies.
    plain("nesting", || wat(&function(&format!("{}{}", "(block ".repeat(450), ")".repeat(450))))),
    plain("branches", || wat(&function(&format!("(block (br_table {} (i32.const 0)))", "0 ".repeat(50_000))))),
    plain("operands", || wat(&function(&format!("{}{}", "i32.const 1 ".repeat(900), "drop ".repeat(900))))),
    plain("blocks", || wat(&function(&"(block)".repeat(9_000)))),
    plain("calls", || wat(&module(&format!("(func $f) (func {})", "(call $f)".repeat(9_000))))),
    plain("loads", || wat(&module(&format!("(memory 1) (func {})", "(drop (i64.load (i32.const 0)))".repeat(5_000))))),
    plain("selects", || {
        let inner = "(select (i32.const 1) (i32.const 2) ".repeat(400);
        wat(&function(&format!("(drop {inner}(i32.const 0){}", ")".repeat(401))))
    }),
    plain("new-fixed", || {
        wat(&module(&format!(
            "(type $a (array i32)) (func (export \"f\") (result (ref $a)) {} (array.new_fixed $a 5000))",
            "(i32.const 1)".repeat(5_000)
        )))
    }),
    plain("constants", || {
        let sum = "(i32.add (i32.const 1) ".repeat(90);
        let global = format!("(global i32 {sum}(i32.const 0){})", ")".repeat(90));
        wat(&module(&global.repeat(50)))
    }),
    heavy("wide-calls", || {
        let results = "i64 ".repeat(900);
        wat(&module(&format!(
            "(func $f (result {results}) unreachable) (func (export \"f\") {})",
            format!("(call $f) {}", "drop ".repeat(900)).repeat(400)
        )))
    }),
    heavy("wide-branches", || {
        let results = "i64 ".repeat(900);
        let values = "(i64.const 1) ".repeat(900);
        wat(&function(&format!(
            "(block (result {results}) {values} (br_table {} (i32.const 0))) {}",
            "0 ".repeat(20_000),
            "drop ".repeat(900)
        )))
    }),
    heavy("wide-ifs", || {
        let (results, values) = ("i64 ".repeat(900), "(i64.const 1) ".repeat(900));
        let branches = "(br_if 0 (i32.const 0)) ".repeat(5_000);
        wat(&function(&format!("(block (result {results}) {values} {branches}) {}", "drop ".repeat(900))))
    }),
    heavy("wide-blocks", || {
        let results = "i64 ".repeat(900);
        let (values, block) = ("(i64.const 1) ".repeat(900), "(block (type $t) ) ".repeat(5_000));
        wat(&module(&format!(
            "(type $t (func (param {results}) (result {results}))) (func {values} {block} {})",
            "drop ".repeat(900)
        )))
    }),
    heavy("wide-structs", || {
        wat(&module(&(wide_struct() + &format!("(func {})", "(drop (struct.new_default $s))".repeat(3_000)))))
    }),
    heavy("wide-globals", || {
        wat(&module(&(wide_struct() + &repeat(900, |_| "(global (ref $s) (struct.new_default $s))".to_owned()))))
    }),
    heavy("wide-elements", || {
        let items = "(item (struct.new_default $s)) ".repeat(900);
        wat(&module(&(wide_struct() + &format!("(elem (ref $s) {items})"))))
    }),
    plain("deep-trap", || {
        let chain = repeat(40, |n| format!("(func $f{n} (call $f{}))", n + 1));
        wat(&module(&format!("(func (export \"f\") (call $f0)) {chain} (func $f40 unreachable)")))
    }),
    // Text.
    plain("text-parentheses", || format!("{}{}", "(component ".repeat(98), ")".repeat(98)).into_bytes()),
    plain("text-open", || "(".repeat(100_000).into_bytes()),
    plain("text-comments", || format!("{}{}", "(;".repeat(50_000), ";)".repeat(50_000)).into_bytes()),
    plain("text-folded", || {
        format!("(module (func {}(nop){}))", "(block ".repeat(20_000), ")".repeat(20_000)).into_bytes()
    }),
    plain("text-identifiers", || module(&repeat(2_000, |n| format!("(func ${}{n})", "i".repeat(40)))).into_bytes()),
    plain("text-unknown", || module(&format!("(func (call ${}))", "x".repeat(100_000))).into_bytes()),
    plain("text-escapes", || module(&format!("(data \"{}\")", "\\u{10ffff}".repeat(9_000))).into_bytes()),
    plain("text-numbers", || module(&format!("(func (drop (f64.const {}.0)))", "9".repeat(100_000))).into_bytes()),
    plain("text-control", || "(module \u{1b}[2J\u{202e})".as_bytes().to_vec()),
    plain("text-lines", || "\n".repeat(200_000).into_bytes()),
    // Bytes.
    plain("nothing", || b"\0asm\x01\0\0\0".repeat(9_000)),
    plain("duplicate-export", || {
        let name = "\u{1b}".repeat(9_000);
        let mut section = vec![2];
        for _ in 0..2 {
            section.extend(number(name.len()));
            section.extend(name.as_bytes());
            section.extend([0, 0]);
        }
        let head = [b"\0asm\x01\0\0\0".as_slice(), &[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7]].concat();
        [head, number(section.len()), section, vec![10, 4, 1, 2, 0, 0x0B]].concat()
    }),
    // Waits.
    waiting("waits", || {
        let waits = repeat(1_500, |n| {
            format!("(drop (memory.atomic.wait32 offset={} (local.get 0) (i32.const 0) (i64.const 0)))", n * 4)
        });
        wat(&module(&format!("(memory 1 1 shared) (func (param i32) {waits})")))
    }),
];

fn wat(text: &str) -> Vec<u8> {
    wat2wasm(text.as_bytes()).unwrap()
}

fn module(fields: &str) -> String {
    format!("(module {fields})")
}

fn function(body: &str) -> String {
    module(&format!("(func (export \"f\") {body})"))
}

fn repeat(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// A component with so many functions, each with a parameter of that type.
fn functions(before: &str, ty: &str, count: usize) -> Vec<u8> {
    let imports = repeat(count, |n| format!("(import \"f{n}\" (func (param \"x\" {ty})))"));
    wat(&format!("(component {before} {imports})"))
}

/// A type with a name, as `$r`.
fn named(name: &str, ty: &str) -> String {
    format!("(type $inner {ty}) (import \"{name}\" (type $r (eq $inner)))")
}

/// A type whose tree has 2^`levels` leaves, as `$t` with their number.
fn doubled(levels: usize) -> String {
    let more = repeat(levels, |n| format!("(type $t{0} (tuple $t{n} $t{n}))", n + 1));
    format!("(type $t0 (tuple u8 u8)) {more}")
}

/// Types of numbers that spell `n`.
fn numbers(n: usize) -> String {
    (0..14).map(|bit| if n >> bit & 1 == 0 { "i32 " } else { "i64 " }).collect()
}

fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7F {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A function that traps, with that name.
fn trapping(name: &str) -> Vec<u8> {
    let mut bytes = wat("(module (func (export \"f\") unreachable))");
    let mut map = vec![1, 0];
    map.extend(number(name.len()));
    map.extend(name.as_bytes());
    let mut names = vec![4, b'n', b'a', b'm', b'e', 1];
    names.extend(number(map.len()));
    names.extend(map);
    bytes.push(0);
    bytes.extend(number(names.len()));
    bytes.extend(names);
    bytes
}

/// A name of C++ that is ten times as long with each level.
fn cpp(levels: usize) -> String {
    let mut name = "_Z1fPFviiiiiiiiiiE".to_owned();
    for level in 0..levels {
        let last = ["0", "2", "4", "6", "8", "A", "C", "E", "G", "I", "K", "M"][level];
        _ = write!(name, "PFv{}E", format!("S{last}_").repeat(10));
    }
    name
}

/// A name of Rust, of tuples of tuples, of which each is written once and referred to.
fn rust(levels: usize) -> String {
    let mut name = "_RINvC1a1f".to_owned();
    let mut last = String::from("l");
    for _ in 0..levels {
        let place = name.len() - "_R".len();
        _ = write!(name, "T{}E", last.repeat(8));
        last = format!("B{}_", base62(place));
    }
    name.push('E');
    name
}

/// A number as names of Rust have it: one less, in base 62.
fn base62(place: usize) -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut value = place - 1;
    let mut digits = Vec::new();
    loop {
        digits.push(DIGITS[value % 62]);
        value /= 62;
        if value == 0 {
            break;
        }
    }
    digits.reverse();
    String::from_utf8(digits).unwrap()
}

/// Twenty functions that call each other, with names of 90,000 letters.
fn long_names() -> Vec<u8> {
    let name = |n: usize| format!("$f{n}{}", "a".repeat(90_000));
    let chain = repeat(20, |n| format!("(func {} (call {}))", name(n), name(n + 1)));
    wat(&module(&format!("(func (export \"f\") (call {})) {chain} (func {} unreachable)", name(0), name(20))))
}

fn local_names() -> Vec<u8> {
    let locals = repeat(900, |n| format!("(local $l{n} i32)"));
    wat(&module(&format!("(func (export \"f\") {locals} unreachable)")))
}

fn exports(letter: &str, length: usize, count: usize) -> Vec<u8> {
    let exports = repeat(count, |n| format!("(export \"{}{n}\" (func $f))", letter.repeat(length)));
    wat(&module(&format!("(func $f unreachable) {exports}")))
}

fn wide_struct() -> String {
    format!("(type $s (struct {})) ", "(field (mut i64))".repeat(9_900))
}

/// Functions of a thousand parameters each, of that type.
fn of_struct(count: usize, import: bool) -> String {
    let ty = format!("(type $f (func (param {0}) (result {0})))", "(ref null $s) ".repeat(990));
    let item = |n| match import {
        true => format!("(import \"m\" \"n{n}\" (func (type $f)))"),
        false => format!("(func (export \"n{n}\") (type $f) unreachable)"),
    };
    ty + &repeat(count, item)
}

fn array_globals() -> Vec<u8> {
    let global = |n| format!("(global (export \"g{n}\") (ref $s) (struct.new_default $s))");
    wat(&module(&(wide_struct() + &repeat(5, global))))
}

/// A struct that refers to another type of its group.
fn field_of(n: usize, count: usize) -> String {
    let other = if n + 1 < count { n + 1 } else { 0 };
    format!("(type (struct (field (ref null {other})) (field {})))", if n.is_multiple_of(2) { "i32" } else { "i64" })
}

/// Chains of types, each a subtype of the one before.
fn subtypes() -> Vec<u8> {
    let fields = |n: usize| "(field i32)".repeat(n + 1);
    let chain = repeat(60, |n| match n {
        0 => "(type (sub (struct (field i32))))".to_owned(),
        _ => format!("(type (sub {} (struct {})))", n - 1, fields(n)),
    });
    wat(&module(&chain))
}

/// A function that declares many locals in few bytes.
fn local_groups() -> Vec<u8> {
    let head: &[u8] = &[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, b'f', 0, 0];
    // 49,000 locals of 64 bits.
    let mut body = vec![1];
    body.extend(number(49_000));
    body.extend([0x7E, 0x0B]);
    let mut code = vec![1];
    code.extend(number(body.len()));
    code.extend(body);
    [b"\0asm\x01\0\0\0".as_slice(), head, &[10], &number(code.len()), &code].concat()
}
