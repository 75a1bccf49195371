//! Types as text: the words of the WebAssembly text format.

use std::fmt;

use crate::errors::guest_text;
use crate::{
    ExportType, ExternType, FuncType, GlobalType, HeapType, ImportType, Limits, MemoryType, RefType, TableType,
    TagType, ValType,
};

/// How many parameters, and how many results, of a function are written out.
const VALUES: usize = 32;

/// What stands for the parts that are not written out: a comment of the text format.
pub(super) struct More(pub(super) usize);

impl fmt::Display for More {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            more => write!(formatter, " (; and {more} more ;)"),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32 => formatter.write_str("i32"),
            Self::I64 => formatter.write_str("i64"),
            Self::F32 => formatter.write_str("f32"),
            Self::F64 => formatter.write_str("f64"),
            Self::V128 => formatter.write_str("v128"),
            Self::Ref { ty } => ty.fmt(formatter),
        }
    }
}

impl fmt::Display for RefType {
    /// The text format's short names for nullable references, the long form for the rest.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, &self.heap) {
            (true, HeapType::NoExtern) => formatter.write_str("nullexternref"),
            (true, HeapType::NoFunc) => formatter.write_str("nullfuncref"),
            (true, HeapType::None) => formatter.write_str("nullref"),
            (true, HeapType::NoExn) => formatter.write_str("nullexnref"),
            (true, HeapType::NoCont) => formatter.write_str("nullcontref"),
            (true, heap @ HeapType::Concrete { .. }) => write!(formatter, "(ref null {heap})"),
            (true, heap) => write!(formatter, "{heap}ref"),
            (false, heap) => write!(formatter, "(ref {heap})"),
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Extern => "extern",
            Self::NoExtern => "noextern",
            Self::Func => "func",
            Self::NoFunc => "nofunc",
            Self::Any => "any",
            Self::Eq => "eq",
            Self::I31 => "i31",
            Self::Struct => "struct",
            Self::Array => "array",
            Self::None => "none",
            Self::Exn => "exn",
            Self::NoExn => "noexn",
            Self::Cont => "cont",
            Self::NoCont => "nocont",
            Self::Concrete { text } => text,
        })
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(formatter, "{} {max}", self.min),
            None => write!(formatter, "{}", self.min),
        }
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(memory ")?;
        if self.is_64 {
            formatter.write_str("i64 ")?;
        }
        self.limits.fmt(formatter)?;
        if self.shared {
            formatter.write_str(" shared")?;
        }
        match self.page_size_log2 {
            16 => {}
            log2 @ 0..64 => write!(formatter, " (pagesize {:#x})", 1_u64 << log2)?,
            log2 => write!(formatter, " (pagesize 2^{log2})")?,
        }
        formatter.write_str(")")
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = if self.is_64 { "i64 " } else { "" };
        write!(formatter, "(table {index}{} {})", self.limits, self.element)
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mutable {
            true => write!(formatter, "(global (mut {}))", self.content),
            false => write!(formatter, "(global {})", self.content),
        }
    }
}

impl fmt::Display for FuncType {
    /// The first values are written out; its fields have them all.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(func")?;
        self.write_values(formatter)?;
        formatter.write_str(")")
    }
}

impl FuncType {
    fn write_values(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, types) in [("param", &self.params), ("result", &self.results)] {
            if !types.is_empty() {
                write!(formatter, " ({word}")?;
                types.iter().take(VALUES).try_for_each(|ty| write!(formatter, " {ty}"))?;
                write!(formatter, "{})", More(types.len().saturating_sub(VALUES)))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for TagType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(tag")?;
        self.func.write_values(formatter)?;
        formatter.write_str(")")
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfFunc { ty } => ty.fmt(formatter),
            Self::OfGlobal { ty } => ty.fmt(formatter),
            Self::OfTable { ty } => ty.fmt(formatter),
            Self::OfMemory { ty } => ty.fmt(formatter),
            Self::OfTag { ty } => ty.fmt(formatter),
        }
    }
}

impl fmt::Display for ImportType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "(import {} {} {})", Name(&self.module), Name(&self.name), self.ty)
    }
}

impl fmt::Display for ExportType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "(export {} {})", Name(&self.name), self.ty)
    }
}

/// A name as a string of the text format, as far as names are shown.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let start = self.0.get(..self.0.floor_char_boundary(guest_text::NAME + 4)).unwrap_or_default();
        write!(formatter, "\"{}\"", guest_text::Name(&quoted(start)))
    }
}
