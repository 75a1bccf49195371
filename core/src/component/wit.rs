//! The types of components in WIT's own notation, for sentences. Types that have no name of their own are written out.

use std::fmt::{self, Write};

use crate::component::types::{ComponentTypeKind as Kind, ComponentTypeNode, ComponentTypes};
use crate::Result;
use crate::errors::guest_text::{self, Name};

/// How long a type becomes in a sentence, in bytes.
const MOST: usize = 1 << 10;

/// A type in WIT's notation (component model, `WIT.md`), or its first KiB. What has no name there is written out.
#[uniffi::export]
pub fn component_type_text(types: ComponentTypes) -> Result<String> {
    Ok(text(&types))
}

/// The type that a table is about, or as much of it as fits.
pub(super) fn text(types: &ComponentTypes) -> String {
    let mut text = Cut { text: String::new() };
    if write_type(&mut text, types, types.root, 0).is_err() {
        text.text.push(guest_text::MORE);
    }
    text.text
}

/// A text that ends where it would be too long.
struct Cut {
    text: String,
}

impl Write for Cut {
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

fn write_type(to: &mut Cut, types: &ComponentTypes, place: u32, depth: usize) -> fmt::Result {
    let Some(node) = types.nodes.get(place as usize).filter(|_| depth < DEPTH) else { return Err(fmt::Error) };
    let part = |to: &mut Cut, index: usize| match node.parts.get(index).copied().flatten() {
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
                Some(name) => write!(to, "{}", Name(name)),
                None => to.write_str("resource"),
            };
        }
        Kind::List => {
            to.write_str("list<")?;
            part(to, 0)?;
            return to.write_str(">");
        }
        Kind::Option => {
            to.write_str("option<")?;
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
            to.write_str("func(")?;
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
    to: &mut Cut,
    node: &ComponentTypeNode,
    part: impl Fn(&mut Cut, usize) -> fmt::Result,
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

fn comma(to: &mut Cut, index: usize) -> fmt::Result {
    if index == 0 { Ok(()) } else { to.write_str(", ") }
}
