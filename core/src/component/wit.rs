//! The types of components in WIT's own notation, for sentences. Types that have no name of their own are written out.

use std::collections::HashMap;
use std::fmt::{self, Write};

use crate::Result;
use crate::component::types::{ComponentTypeKind as Kind, ComponentTypeNode, ComponentTypes};
use crate::errors::guest_text::{self, Name};

/// How long a type becomes in a sentence, in bytes.
const MOST: usize = 1 << 10;

/// A type in WIT's notation (component model, `WIT.md`), or its first KiB. What has no name there is written out.
#[uniffi::export]
pub fn component_type_text(types: ComponentTypes) -> Result<String> {
    Ok(text(&types))
}

/// The type that a table is about, or as much of it as fits.
pub(crate) fn text(types: &ComponentTypes) -> String {
    text_of(types, types.root)
}

/// The same for one type of a table.
pub(crate) fn text_of(types: &ComponentTypes, place: u32) -> String {
    Cut::of(types, place, &HashMap::new())
}

/// The names that types have where the text stands, by their places.
type Named<'a> = HashMap<u32, &'a str>;

/// A text that ends where it would be too long.
struct Cut<'a> {
    text: String,
    named: &'a Named<'a>,
}

impl<'a> Cut<'a> {
    fn of(types: &ComponentTypes, place: u32, named: &'a Named<'a>) -> String {
        let mut text = Self { text: String::new(), named };
        if write_type(&mut text, types, place, 0).is_err() {
            text.text.push(guest_text::MORE);
        }
        text.text
    }
}

impl Write for Cut<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > MOST {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

/// How deep types lie in each other at most: the validator refuses more than a hundred.
const DEPTH: usize = 128;

fn write_type(to: &mut Cut<'_>, types: &ComponentTypes, place: u32, depth: usize) -> fmt::Result {
    let Some(node) = types.nodes.get(place as usize).filter(|_| depth < DEPTH) else { return Err(fmt::Error) };
    if let Some(name) = to.named.get(&place) {
        return write!(to, "{}", Name(name));
    }
    let part = |to: &mut Cut<'_>, index: usize| match node.parts.get(index).copied().flatten() {
        Some(place) => write_type(to, types, place, depth + 1),
        None => to.write_str("_"),
    };
    let simple = match node.kind {
        Kind::Bool => "bool",
        Kind::S8 => "s8",
        Kind::U8 => "u8",
        Kind::S16 => "s16",
        Kind::U16 => "u16",
        Kind::S32 => "s32",
        Kind::U32 => "u32",
        Kind::S64 => "s64",
        Kind::U64 => "u64",
        Kind::F32 => "f32",
        Kind::F64 => "f64",
        Kind::Char => "char",
        Kind::String => "string",
        Kind::Component => "component",
        Kind::Module => "core module",
        Kind::Unsupported => return write!(to, "{}", node.names.first().map_or("unsupported", String::as_str)),
        Kind::Resource => {
            return match node.names.first() {
                Some(name) if depth > 0 => write!(to, "{}", Name(name)),
                _ => to.write_str("resource"),
            };
        }
        Kind::List => {
            to.write_str("list<")?;
            part(to, 0)?;
            return to.write_str(">");
        }
        Kind::FixedLengthList => {
            to.write_str("list<")?;
            part(to, 0)?;
            return write!(to, ", {}>", node.number);
        }
        Kind::Map => {
            to.write_str("map<")?;
            part(to, 0)?;
            to.write_str(", ")?;
            part(to, 1)?;
            return to.write_str(">");
        }
        Kind::Option => {
            to.write_str("option<")?;
            part(to, 0)?;
            return to.write_str(">");
        }
        Kind::Stream | Kind::Future => {
            to.write_str(if node.kind == Kind::Stream { "stream" } else { "future" })?;
            if !matches!(node.parts.first(), Some(Some(_))) {
                return Ok(());
            }
            to.write_str("<")?;
            part(to, 0)?;
            return to.write_str(">");
        }
        Kind::Own => return part(to, 0),
        Kind::Borrow => {
            to.write_str("borrow<")?;
            part(to, 0)?;
            return to.write_str(">");
        }
        Kind::Result => return write_result(to, node, part),
        Kind::Tuple => {
            to.write_str("tuple<")?;
            for index in 0..node.parts.len() {
                comma(to, index)?;
                part(to, index)?;
            }
            return to.write_str(">");
        }
        Kind::Record | Kind::Instance => {
            to.write_str(if node.kind == Kind::Record { "record { " } else { "interface { " })?;
            for (index, name) in node.names.iter().enumerate() {
                comma(to, index)?;
                write!(to, "{}: ", Name(name))?;
                part(to, index)?;
            }
            return to.write_str(" }");
        }
        Kind::Variant | Kind::Enum | Kind::Flags => {
            let word = match node.kind {
                Kind::Variant => "variant",
                Kind::Enum => "enum",
                _ => "flags",
            };
            write!(to, "{word} {{ ")?;
            for (index, name) in node.names.iter().enumerate() {
                comma(to, index)?;
                write!(to, "{}", Name(name))?;
                if node.parts.get(index).copied().flatten().is_some() {
                    to.write_str("(")?;
                    part(to, index)?;
                    to.write_str(")")?;
                }
            }
            return to.write_str(" }");
        }
        Kind::Func => {
            to.write_str(if node.number == 0 { "func(" } else { "async func(" })?;
            for (index, name) in node.names.iter().enumerate() {
                comma(to, index)?;
                write!(to, "{}: ", Name(name))?;
                part(to, index)?;
            }
            to.write_str(")")?;
            let result = node.names.len();
            if node.parts.get(result).copied().flatten().is_some() {
                to.write_str(" -> ")?;
                part(to, result)?;
            }
            return Ok(());
        }
    };
    to.write_str(simple)
}

fn write_result(
    to: &mut Cut<'_>,
    node: &ComponentTypeNode,
    part: impl Fn(&mut Cut<'_>, usize) -> fmt::Result,
) -> fmt::Result {
    let has = |index: usize| node.parts.get(index).copied().flatten().is_some();
    match (has(0), has(1)) {
        (false, false) => to.write_str("result"),
        (true, false) => {
            to.write_str("result<")?;
            part(to, 0)?;
            to.write_str(">")
        }
        (_, true) => {
            to.write_str("result<")?;
            part(to, 0)?;
            to.write_str(", ")?;
            part(to, 1)?;
            to.write_str(">")
        }
    }
}

fn comma(to: &mut Cut<'_>, index: usize) -> fmt::Result {
    if index == 0 { Ok(()) } else { to.write_str(", ") }
}

/// How many lines a world has at most, and how many bytes.
const LINES: (usize, usize) = (10_000, 1 << 20);

/// A component's imports and exports, as WIT writes a world. What an interface has stands inside of it. A type that has one name there
/// is called by it.
pub(crate) fn world(types: &ComponentTypes) -> String {
    let mut lines = Lines { types, text: String::new(), lines: 0, is_over: false };
    lines.push(0, "world {");
    let root = types.nodes.get(types.root as usize);
    for (word, which) in [("import", 0), ("export", 1)] {
        let place = root.and_then(|root| root.parts.get(which).copied().flatten());
        lines.items(1, word, place);
    }
    if lines.is_over {
        lines.text.push_str("  // and more\n");
    }
    lines.text.push_str("}\n");
    lines.text
}

struct Lines<'a> {
    types: &'a ComponentTypes,
    text: String,
    lines: usize,
    /// Whether there was more than it holds.
    is_over: bool,
}

impl Lines<'_> {
    fn push(&mut self, depth: usize, line: &str) {
        if self.lines == LINES.0 || self.text.len() + line.len() > LINES.1 {
            self.is_over = true;
        }
        if !self.is_over {
            self.lines += 1;
            self.text.extend(std::iter::repeat_n("  ", depth));
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn items(&mut self, depth: usize, word: &str, place: Option<u32>) {
        let types = self.types;
        let node = |place: Option<u32>| types.nodes.get(place? as usize);
        let Some(instance) = node(place).filter(|_| depth < DEPTH) else { return };
        let word = if word.is_empty() { String::new() } else { format!("{word} ") };
        let mut named = HashMap::new();
        for (name, part) in instance.names.iter().zip(&instance.parts) {
            if self.is_over {
                return;
            }
            let kind = node(*part).map(|node| node.kind);
            if kind == Some(Kind::Instance) {
                self.push(depth, &format!("{word}{}: interface {{", Name(name)));
                self.items(depth + 1, "", *part);
                self.push(depth, "}");
                continue;
            }
            let text = part.map_or_else(String::new, |place| Cut::of(types, place, &named));
            let name = Name(name);
            match kind {
                Some(Kind::Func | Kind::Component | Kind::Module) => {
                    self.push(depth, &format!("{word}{name}: {text};"))
                }
                Some(Kind::Resource) => self.push(depth, &format!("{word}resource {name};")),
                // Those begin with their word, behind which WIT has the name. A second name of one is another name for the first.
                Some(Kind::Record | Kind::Variant | Kind::Enum | Kind::Flags)
                    if !part.is_some_and(|it| named.contains_key(&it)) =>
                {
                    let (kind, rest) = text.split_once(' ').unwrap_or((&text, ""));
                    self.push(depth, &format!("{word}{kind} {name} {rest}"));
                    named.extend(part.map(|part| (part, name.0)));
                }
                _ => self.push(depth, &format!("{word}type {name} = {text};")),
            }
        }
    }
}
