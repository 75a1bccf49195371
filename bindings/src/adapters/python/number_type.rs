//! The types of numbers that columns have, and which of them a type of WebAssembly holds without loss.

use std::fmt::{Display, Formatter};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;
use trimaran::adapter::ValKind;

/// The type of WebAssembly that a number goes into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    I32,
    I64,
    F32,
    F64,
}

impl Destination {
    /// `_columns` has refused every other kind.
    pub(super) fn of(kind: ValKind) -> Self {
        match kind {
            ValKind::I32 => Self::I32,
            ValKind::I64 => Self::I64,
            ValKind::F32 => Self::F32,
            _ => Self::F64,
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    /// What NumPy calls a column of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// What goes into it.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::I32 => "a column of integers of up to 32 bits",
            Self::I64 => "a column of integers of up to 64 bits",
            Self::F32 => "a column of float32, of float16, or of integers of up to 16 bits",
            Self::F64 => "a column of floats of up to 64 bits, or of integers of up to 32 bits",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
}

/// The type of a column's items.
#[derive(Clone, Copy)]
pub(super) struct NumberType {
    kind: Kind,
    size: u8,
    /// The bytes lie in the other order than those of this machine.
    is_swapped: bool,
}

impl NumberType {
    /// The type that the `struct` module's format of a buffer means, with items of so many bytes.
    pub(super) fn of(format: &str, size: usize) -> Option<Self> {
        let other = if cfg!(target_endian = "little") { ['>', '!'] } else { ['<', '<'] };
        let is_swapped = format.starts_with(other);
        let kind = match format.trim_start_matches(['@', '=', '<', '>', '!']) {
            "?" => Kind::Bool,
            "b" | "h" | "i" | "l" | "q" | "n" => Kind::Signed,
            "B" | "H" | "I" | "L" | "Q" | "N" => Kind::Unsigned,
            "e" | "f" | "d" => Kind::Float,
            _ => return None,
        };
        let size = u8::try_from(size).ok().filter(|size| [1, 2, 4, 8].contains(size))?;
        Some(Self { kind, size, is_swapped })
    }

    pub(super) fn size(self) -> usize {
        usize::from(self.size)
    }

    /// Whether every number of this type is one of that type. Integers of WebAssembly have no sign, so that an unsigned
    /// one goes where one with a sign of the same width does. The package makes 32-bit floats of those of 16 bits.
    pub(super) fn goes_into(self, to: Destination) -> bool {
        match (self.kind, to) {
            (Kind::Float, Destination::F32) => self.size == 4,
            (Kind::Float, Destination::F64) => self.size >= 4,
            (Kind::Float, _) => false,
            (_, Destination::I32 | Destination::F64) => self.size <= 4,
            (_, Destination::I64) => true,
            (_, Destination::F32) => self.size <= 2,
        }
    }

    /// Whether some of its numbers are numbers of that type, which a conversion keeps.
    pub(super) fn may_fit(self, to: Destination) -> bool {
        self.kind != Kind::Float || matches!(to, Destination::F32 | Destination::F64)
    }

    /// Whether it is just that type, with or without a sign.
    pub(super) fn is(self, to: Destination) -> bool {
        let is_float = matches!(to, Destination::F32 | Destination::F64);
        self.size() == to.size() && (self.kind == Kind::Float) == is_float && self.kind != Kind::Bool
    }

    /// The bits of an item, in this machine's order, or back.
    #[inline(always)]
    pub(super) fn in_order<N: Swap>(self, item: N) -> N {
        if self.is_swapped { item.swapped() } else { item }
    }

    /// The bits of the same number in that type, which it goes into. `item` has zeros above its own bits.
    #[inline(always)]
    pub(super) fn widened(self, item: u64, to: Destination) -> u64 {
        let whole = match self.kind {
            Kind::Float if to == Destination::F64 && self.size == 4 => {
                return f64::from(f32::from_bits(item as u32)).to_bits();
            }
            Kind::Float => return item,
            Kind::Bool => u64::from(item != 0),
            Kind::Unsigned => item,
            Kind::Signed => {
                let unused = 64 - 8 * u32::from(self.size);
                ((item << unused).cast_signed() >> unused).cast_unsigned()
            }
        };
        match to {
            Destination::I32 => u64::from(whole as u32),
            Destination::I64 => whole,
            // At most 16 and 32 bits, which these floats hold exactly.
            Destination::F32 => u64::from((whole.cast_signed() as f32).to_bits()),
            Destination::F64 => (whole.cast_signed() as f64).to_bits(),
        }
    }
}

impl Display for NumberType {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Bool => formatter.write_str("bool"),
            Kind::Signed => write!(formatter, "int{}", 8 * u32::from(self.size)),
            Kind::Unsigned => write!(formatter, "uint{}", 8 * u32::from(self.size)),
            Kind::Float => write!(formatter, "float{}", 8 * u32::from(self.size)),
        }
    }
}

pub(super) trait Swap {
    fn swapped(self) -> Self;
}

macro_rules! swap {
    ($($ty:ident)*) => {
        $(impl Swap for $ty {
            #[inline(always)]
            fn swapped(self) -> Self {
                self.swap_bytes()
            }
        })*
    };
}

swap! { u16 u32 u64 }

/// What an object that is no column of numbers is: what its library calls the type of its items, or else its own type.
pub(super) fn name_of(object: &Bound<'_, PyAny>) -> String {
    let py = object.py();
    for name in [intern!(py, "dtype"), intern!(py, "type")] {
        // A table may have a column of that name.
        if let Ok(text) = object.getattr(name).and_then(|found| found.str()?.extract::<String>())
            && text.len() <= LONGEST
            && !text.contains('\n')
        {
            return format!("has {text}");
        }
    }
    type_of(object)
}

/// What an object is by its own type.
pub(super) fn type_of(object: &Bound<'_, PyAny>) -> String {
    let name = object.get_type().name();
    let name = name.as_ref().ok().and_then(|name: &Bound<'_, PyString>| name.to_str().ok()).unwrap_or("object");
    format!("is of type {name}")
}

/// A name that is longer, in bytes, is no name of a type of numbers.
const LONGEST: usize = 64;
