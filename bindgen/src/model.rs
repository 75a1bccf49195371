//! A world and all that it needs, with every name resolved and in no language.
//!
//! An interface that a world imports and exports is in the model twice, with types of its own each time: its resources are
//! not the same ones. Interfaces and types stand behind what they use.

/// A world with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The world.
    pub world: World,
    /// The interfaces, each behind those that it uses types of.
    pub interfaces: Vec<Interface>,
    /// The types that have a name, each behind those that it uses.
    pub types: Vec<TypeDef>,
}

/// The number of an interface in `Model::interfaces`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId(pub usize);

/// The number of a type in `Model::types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub usize);

/// A world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// Its name: `plugin`.
    pub name: String,
    /// Its name with its package: `example:app/plugin@1.0.0`.
    pub path: String,
    /// What WIT says about it.
    pub docs: Option<String>,
    /// The types that the world itself has.
    pub types: Vec<TypeId>,
    /// The functions that it imports, beside those of interfaces.
    pub imports: Vec<Function>,
    /// The functions that it exports, beside those of interfaces.
    pub exports: Vec<Function>,
}

/// Who has an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The world imports it: the host has it.
    Import,
    /// The world exports it: the component has it.
    Export,
}

/// An interface, as a world imports or exports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its own name: `codec`.
    pub name: String,
    /// The namespace, the name and the version of its package, unless the world itself has it.
    pub package: Option<Package>,
    /// The name by which the component imports or exports it: `example:app/codec@1.0.0`.
    pub path: String,
    /// Who has it.
    pub side: Side,
    /// What WIT says about it.
    pub docs: Option<String>,
    /// Its types.
    pub types: Vec<TypeId>,
    /// Its functions, with those of its resources.
    pub functions: Vec<Function>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `example` of `example:app@1.0.0`.
    pub namespace: String,
    /// `app` of `example:app@1.0.0`.
    pub name: String,
    /// `1.0.0` of `example:app@1.0.0`.
    pub version: Option<String>,
}

/// Where a type has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// In the world itself.
    World,
    /// In an interface.
    Interface(InterfaceId),
}

/// A type that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeDef {
    /// Its name.
    pub name: String,
    /// Where it has it.
    pub owner: Owner,
    /// What WIT says about it.
    pub docs: Option<String>,
    /// What it is.
    pub kind: TypeKind,
    /// Whether a function that is called fails with it: it is the error of a result that a function returns.
    pub is_error: bool,
}

/// What a type with a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeKind {
    /// A record with its fields.
    Record(Vec<Field>),
    /// A variant with its cases, of which each may have a payload.
    Variant(Vec<Case>),
    /// An enumeration with its cases.
    Enum(Vec<Label>),
    /// Flags, from the lowest bit on.
    Flags(Vec<Label>),
    /// A resource. Its functions are among those of its interface.
    Resource,
    /// Another name for a type.
    Alias(Type),
    /// A type of another owner, by `use`.
    Use(TypeId),
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What WIT says about it.
    pub docs: Option<String>,
}

/// A case of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The type of its payload.
    pub ty: Option<Type>,
    /// What WIT says about it.
    pub docs: Option<String>,
}

/// A case of an enumeration, or a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// What WIT says about it.
    pub docs: Option<String>,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// One without parts.
    Plain(Plain),
    /// `list<T>`
    List(Box<Type>),
    /// `option<T>`
    Option(Box<Type>),
    /// `result<T, E>`
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `tuple<T, ...>`
    Tuple(Vec<Type>),
    /// A type with a name that is no resource.
    Named(TypeId),
    /// A resource that is given away.
    Own(TypeId),
    /// A resource that is lent.
    Borrow(TypeId),
}

/// A type without parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "they are WIT's own names")]
pub enum Plain {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
}

impl Plain {
    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Bool | Self::Char | Self::String)
    }

    /// Its name in WIT.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
        }
    }
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its own name: `encode`; a constructor has the name of its resource.
    pub name: String,
    /// The name by which a component has it: `[method]codec.encode`.
    pub path: String,
    /// What it belongs to.
    pub kind: FunctionKind,
    /// Its parameters, without the resource that a method is called on.
    pub params: Vec<Param>,
    /// What it returns.
    pub result: Option<Type>,
    /// What WIT says about it.
    pub docs: Option<String>,
    /// Whether the component may wait in it: `Model::wait` says so.
    pub waits: bool,
}

/// What a function belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// An interface or a world.
    Free,
    /// It makes a resource.
    Constructor(TypeId),
    /// It is called on a resource, which is its first parameter.
    Method(TypeId),
    /// It belongs to a resource, and is called on none.
    Static(TypeId),
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

impl FunctionKind {
    /// The resource that it belongs to.
    pub fn resource(self) -> Option<TypeId> {
        match self {
            Self::Free => None,
            Self::Constructor(id) | Self::Method(id) | Self::Static(id) => Some(id),
        }
    }
}

impl Function {
    /// The value and the error of the result that it returns, if it returns one.
    pub fn outcome<'a>(&'a self, model: &'a Model) -> Option<(Option<&'a Type>, Option<&'a Type>)> {
        match model.resolved(self.result.as_ref()?) {
            Type::Result(ok, error) => Some((ok.as_deref(), error.as_deref())),
            _ => None,
        }
    }
}

impl Model {
    /// A type with a name.
    ///
    /// # Panics
    ///
    /// For a number of another model.
    #[expect(clippy::indexing_slicing, reason = "the numbers of a model are places in it")]
    pub fn ty(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0]
    }

    /// An interface.
    ///
    /// # Panics
    ///
    /// For a number of another model.
    #[expect(clippy::indexing_slicing, reason = "the numbers of a model are places in it")]
    pub fn interface(&self, id: InterfaceId) -> &Interface {
        &self.interfaces[id.0]
    }

    /// The type that stands behind names, if it is no type with a name itself.
    pub fn resolved<'a>(&'a self, ty: &'a Type) -> &'a Type {
        let mut ty = ty;
        while let Type::Named(id) = ty {
            match &self.ty(self.defined(*id)).kind {
                TypeKind::Alias(other) => ty = other,
                _ => break,
            }
        }
        ty
    }

    /// The type that `use` refers to in the end.
    pub fn defined(&self, id: TypeId) -> TypeId {
        match self.ty(id).kind {
            TypeKind::Use(other) => self.defined(other),
            _ => id,
        }
    }

    /// The resource that a name refers to in the end.
    pub fn resource(&self, id: TypeId) -> TypeId {
        match &self.ty(id).kind {
            TypeKind::Use(other) => self.resource(*other),
            TypeKind::Alias(Type::Own(other)) => self.resource(*other),
            _ => id,
        }
    }

    /// Whether a type's values may themselves be an option's, so that another option around them says more.
    pub fn is_option(&self, ty: &Type) -> bool {
        matches!(self.resolved(ty), Type::Option(_))
    }

    /// What an interface may be called among those of its side, from the shortest name to the one that says most. One that is
    /// there in two versions has its version in its name.
    pub fn spellings(&self, interface: &Interface) -> [String; 3] {
        let name = &interface.name;
        let Some(package) = &interface.package else { return [name.clone(), name.clone(), name.clone()] };
        let is_twin = |other: &Interface| {
            let same = |it: &&Package| it.namespace == package.namespace && it.name == package.name;
            other.side == interface.side
                && other.name == interface.name
                && other.path != interface.path
                && other.package.as_ref().filter(same).is_some()
        };
        let version = package.version.as_ref().filter(|_| self.interfaces.iter().any(is_twin));
        let end = version.map(|version| format!("-{version}")).unwrap_or_default();
        let of_package = format!("{}-{name}{end}", package.name);
        [format!("{name}{end}"), of_package.clone(), format!("{}-{of_package}", package.namespace)]
    }

    /// The interfaces of a side, with their numbers.
    pub fn interfaces_of(&self, side: Side) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        let numbered = self.interfaces.iter().enumerate().map(|(place, interface)| (InterfaceId(place), interface));
        numbered.filter(move |(_, interface)| interface.side == side)
    }

    /// The functions of an owner, by the side that has them.
    pub fn functions(&self, owner: Owner, side: Side) -> &[Function] {
        match owner {
            Owner::Interface(id) => &self.interface(id).functions,
            Owner::World if side == Side::Import => &self.world.imports,
            Owner::World => &self.world.exports,
        }
    }
}

/// What the package defines of WASI 0.2, beside requests by HTTP.
const WASI: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];

/// What it defines of `wasi:http`.
const HTTP: [&str; 2] = ["outgoing-handler", "types"];

impl Interface {
    /// The interface, as a sentence about it says it.
    pub fn described(&self) -> String {
        let whose = match self.side {
            Side::Import if self.is_wasi() => "the package defines",
            Side::Import => "the host implements",
            Side::Export => "the component exports",
        };
        format!("The interface `{}`, which {whose}.", self.path)
    }

    /// What documents it: that sentence, and what WIT says of it.
    pub fn documented(&self) -> String {
        self.docs.iter().fold(self.described(), |sentence, docs| format!("{sentence}\n\n{docs}"))
    }

    /// Whether the world imports it, and the package defines it itself, as an interface of WASI 0.2.
    pub fn is_wasi(&self) -> bool {
        let package = self.package.as_ref().filter(|_| self.side == Side::Import);
        package.is_some_and(|it| {
            it.namespace == "wasi"
                && (WASI.contains(&&*it.name) || it.name == "http" && HTTP.contains(&&*self.name))
                && it.version.as_deref().is_some_and(|version| version.starts_with("0.2."))
        })
    }
}
