//! The types of components, as a table: each type once, however often others have it as a part.
//!
//! A component of some kilobytes may have a type whose tree has a million nodes. A language makes its own objects of the
//! table, and shares them as the table does.

use crate::{ExportType, ImportType};

/// What kind of type a component's type is (component model, `Explainer.md`, "Type definitions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum ComponentTypeKind {
    /// `bool`.
    Bool,
    /// `s8`.
    S8,
    /// `u8`.
    U8,
    /// `s16`.
    S16,
    /// `u16`.
    U16,
    /// `s32`.
    S32,
    /// `u32`.
    U32,
    /// `s64`.
    S64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`.
    Char,
    /// `string`.
    String,
    /// A list. Its part is the type of its elements.
    List,
    /// A list of a fixed length, which is its number. Its part is the type of its elements.
    FixedLengthList,
    /// A map. Its parts are the types of its keys and of its values.
    Map,
    /// A record, with the names and types of its fields.
    Record,
    /// A tuple, with the types of its fields.
    Tuple,
    /// A variant, with the names of its cases and the types of their payloads, if they have one.
    Variant,
    /// An enumeration, with the names of its cases.
    Enum,
    /// An option. Its part is the type of its value.
    Option,
    /// A result. Its parts are the types of the value and of the error, if they have one.
    Result,
    /// Flags, with their names.
    Flags,
    /// A handle that owns a resource. Its part is the resource's type.
    Own,
    /// A handle that is lent for one call. Its part is the resource's type.
    Borrow,
    /// A stream. Its part is the type of its elements, if they have one.
    Stream,
    /// A future. Its part is the type of its value, if it has one.
    Future,
    /// A type whose values cannot be passed: an error context. Its name says which.
    Unsupported,
    /// A function, with the names and types of its parameters. Behind those stands the type of its result, if it has one.
    Func,
    /// An instance, with the names and types of what it exports.
    Instance,
    /// A component. Its parts are two instances: what it imports, and what it exports.
    Component,
    /// A module, with its imports and exports.
    Module,
    /// A resource. Equal numbers are the same resource.
    Resource,
}

/// One type of a table.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ComponentTypeNode {
    /// What kind of type it is.
    pub kind: ComponentTypeKind,
    /// The names of its parts, for a kind that has them; the name of a resource.
    pub names: Vec<String>,
    /// The types of its parts, by their places in the table; none where a case has no payload, or a function no result.
    pub parts: Vec<Option<u32>>,
    /// The number of a resource, or the length of a list of a fixed length; of a function 1, if it is async; 0 for everything else.
    pub number: u32,
    /// What a module imports; empty for every other kind.
    pub imports: Vec<ImportType>,
    /// What a module exports; empty for every other kind.
    pub exports: Vec<ExportType>,
}

/// A type with all of its parts.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ComponentTypes {
    /// The types. A type stands behind those that are its parts.
    pub nodes: Vec<ComponentTypeNode>,
    /// The place of the type that this table is about.
    pub root: u32,
}
