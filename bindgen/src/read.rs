//! Makes the model of a world out of what the parser gives.

use std::collections::HashMap;

use wit_parser as wit;
use wit_parser::{Resolve, TypeDefKind, WorldItem, WorldKey};

use crate::model::{
    Case, Field, Function, FunctionKind, Interface, InterfaceId, Label, Model, Owner, Package, Param, Plain, Side,
    Type, TypeDef, TypeId, TypeKind, World,
};
use crate::problem::short;
use crate::{Problem, Result};

/// How deep types may lie in each other.
const DEPTH: usize = 100;

/// What the bindings of a world may come to, in letters of the model: a few bytes of a component can stand for any number of
/// types, written out, and a long name is written wherever its type is used.
const MOST: usize = 7 << 19;

/// What a part of a type counts, and what it counts more for each level that it lies deeper.
const PART: usize = 16;
const LEVEL: usize = 4;

/// What a function counts, and an interface, which has a file of its own.
const FUNCTION: usize = 128;
const INTERFACE: usize = 2 << 10;

/// The model of a world whose interfaces have types of their own on each side.
pub(crate) fn model(resolve: &Resolve, id: wit::WorldId) -> Result<Model> {
    let Some(world) = resolve.worlds.get(id) else {
        return Err(Problem::World { asked: None, known: Vec::new() });
    };
    let path = world.package.map_or_else(|| world.name.clone(), |package| resolve.id_of_name(package, &world.name));
    let made = World {
        name: world.name.clone(),
        path,
        docs: docs(&world.docs),
        types: Vec::new(),
        imports: Vec::new(),
        exports: Vec::new(),
    };
    let mut reader = Reader {
        resolve,
        world,
        types: HashMap::new(),
        interfaces: HashMap::new(),
        sizes: HashMap::new(),
        left: MOST,
        depth: 0,
        made: Model { world: made, interfaces: Vec::new(), types: Vec::new() },
    };
    reader.world()?;
    let mut made = reader.made;
    note_errors(&mut made);
    Ok(made)
}

struct Reader<'a> {
    resolve: &'a Resolve,
    world: &'a wit::World,
    types: HashMap<wit::TypeId, TypeId>,
    interfaces: HashMap<wit::InterfaceId, InterfaceId>,
    /// What the types count that other names stand for.
    sizes: HashMap<TypeId, usize>,
    /// How much more there may be.
    left: usize,
    /// How many types with names lie in each other here.
    depth: usize,
    made: Model,
}

impl Reader<'_> {
    fn world(&mut self) -> Result<()> {
        let world = self.world;
        let sides = [(Side::Import, &world.imports), (Side::Export, &world.exports)];
        for (side, items) in sides {
            for (_, item) in items {
                if let WorldItem::Interface { id, .. } = item {
                    self.interface(*id, side)?;
                }
            }
        }
        for (_, items) in sides {
            for (name, item) in items {
                if let (WorldItem::Type { id, .. }, WorldKey::Name(name)) = (item, name) {
                    let id = self.type_of(*id, name, Owner::World)?;
                    self.made.world.types.push(id);
                }
            }
        }
        self.made.world.types.sort_unstable();
        for (side, items) in sides {
            for (_, item) in items {
                let WorldItem::Function(function) = item else { continue };
                let function = self.function(function, &self.made.world.path.clone())?;
                match side {
                    Side::Import => self.made.world.imports.push(function),
                    Side::Export => self.made.world.exports.push(function),
                }
            }
        }
        Ok(())
    }

    /// The interface, behind those that it uses types of.
    fn interface(&mut self, id: wit::InterfaceId, side: Side) -> Result<InterfaceId> {
        if let Some(known) = self.interfaces.get(&id) {
            return Ok(*known);
        }
        let Some(interface) = self.resolve.interfaces.get(id) else { return Err(damaged()) };
        for other in self.resolve.interface_direct_deps(id) {
            if other != id {
                let side = self.side(other).unwrap_or(side);
                self.interface(other, side)?;
            }
        }
        let items = match side {
            Side::Import => &self.world.imports,
            Side::Export => &self.world.exports,
        };
        let key = items.iter().find_map(|(key, item)| match item {
            WorldItem::Interface { id: other, .. } if *other == id => Some(key),
            _ => None,
        });
        let path = match key {
            Some(WorldKey::Name(name)) => name.clone(),
            _ => self.resolve.id_of(id).or_else(|| interface.name.clone()).unwrap_or_default(),
        };
        let package = match (key, interface.package) {
            (Some(WorldKey::Name(_)), _) | (_, None) => None,
            (_, Some(package)) => self.resolve.packages.get(package).map(|it| Package {
                namespace: it.name.namespace.clone(),
                name: it.name.name.clone(),
                version: it.name.version.as_ref().map(ToString::to_string),
            }),
        };
        self.spend(INTERFACE + path.len(), "the world")?;
        let name = match key {
            Some(WorldKey::Name(name)) => name.clone(),
            _ => interface.name.clone().unwrap_or_else(|| path.clone()),
        };
        let number = InterfaceId(self.made.interfaces.len());
        self.interfaces.insert(id, number);
        let docs = docs(&interface.docs);
        let empty = Interface { name, package, path, side, docs, types: Vec::new(), functions: Vec::new() };
        let place = empty.path.clone();
        self.made.interfaces.push(empty);
        let mut types = Vec::new();
        for (name, ty) in &interface.types {
            types.push(self.type_of(*ty, name, Owner::Interface(number))?);
        }
        // Each behind those that it uses.
        types.sort_unstable();
        let functions =
            interface.functions.values().map(|function| self.function(function, &place)).collect::<Result<_>>()?;
        if let Some(made) = self.made.interfaces.get_mut(number.0) {
            (made.types, made.functions) = (types, functions);
        }
        Ok(number)
    }

    /// The side on which the world has an interface.
    fn side(&self, id: wit::InterfaceId) -> Option<Side> {
        let has = |items: &wit::IndexMap<WorldKey, WorldItem>| {
            items.values().any(|item| matches!(item, WorldItem::Interface { id: other, .. } if *other == id))
        };
        if has(&self.world.imports) {
            return Some(Side::Import);
        }
        has(&self.world.exports).then_some(Side::Export)
    }

    /// A type with a name.
    fn type_of(&mut self, id: wit::TypeId, name: &str, owner: Owner) -> Result<TypeId> {
        if let Some(known) = self.types.get(&id) {
            return Ok(*known);
        }
        let Some(def) = self.resolve.types.get(id) else { return Err(damaged()) };
        let place = format!("the type `{}`", short(name));
        let before = self.left;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(unsupported("a type that is nested too deeply", &place));
        }
        let kind = match &def.kind {
            TypeDefKind::Record(record) => {
                let field = |field: &wit::Field| {
                    Ok(Field { name: field.name.clone(), ty: self.ty(&field.ty, &place, 0)?, docs: docs(&field.docs) })
                };
                TypeKind::Record(record.fields.iter().map(field).collect::<Result<_>>()?)
            }
            TypeDefKind::Variant(variant) => {
                // The class of a case has the name of its variant before its own.
                self.spend(variant.cases.len().saturating_mul(PART + name.len()), &place)?;
                let case = |case: &wit::Case| {
                    let ty = case.ty.as_ref().map(|ty| self.ty(ty, &place, 0)).transpose()?;
                    Ok(Case { name: case.name.clone(), ty, docs: docs(&case.docs) })
                };
                TypeKind::Variant(variant.cases.iter().map(case).collect::<Result<_>>()?)
            }
            TypeDefKind::Enum(it) => TypeKind::Enum(
                it.cases.iter().map(|case| Label { name: case.name.clone(), docs: docs(&case.docs) }).collect(),
            ),
            TypeDefKind::Flags(flags) => {
                if flags.flags.len() > 32 {
                    return Err(unsupported("more than 32 flags", &place));
                }
                let label = |flag: &wit::Flag| Label { name: flag.name.clone(), docs: docs(&flag.docs) };
                TypeKind::Flags(flags.flags.iter().map(label).collect())
            }
            TypeDefKind::Resource => TypeKind::Resource,
            TypeDefKind::Type(wit::Type::Id(other)) if self.is_elsewhere(*other, def) => {
                TypeKind::Use(self.named(*other)?)
            }
            TypeDefKind::Type(ty) => TypeKind::Alias(self.ty(ty, &place, 0)?),
            other => TypeKind::Alias(self.kind(other, &place, 0)?),
        };
        self.depth -= 1;
        let number = TypeId(self.made.types.len());
        if matches!(kind, TypeKind::Alias(_)) {
            self.sizes.insert(number, before.saturating_sub(self.left));
        }
        let (name, docs) = (name.to_owned(), docs(&def.docs));
        self.made.types.push(TypeDef { name, owner, docs, kind, is_error: false });
        self.types.insert(id, number);
        Ok(number)
    }

    /// Whether a type belongs to another owner than `def`.
    fn is_elsewhere(&self, other: wit::TypeId, def: &wit::TypeDef) -> bool {
        self.resolve.types.get(other).is_some_and(|other| other.name.is_some() && other.owner != def.owner)
    }

    /// A type with a name, wherever it is.
    fn named(&mut self, id: wit::TypeId) -> Result<TypeId> {
        if let Some(known) = self.types.get(&id) {
            return Ok(*known);
        }
        let Some(def) = self.resolve.types.get(id) else { return Err(damaged()) };
        let name = def.name.clone().unwrap_or_default();
        match def.owner {
            wit::TypeOwner::Interface(interface) => {
                if let Some(owner) = self.interfaces.get(&interface).copied() {
                    // Of the interface that is being read: types stand behind those that they use, or nearly so.
                    return self.type_of(id, &name, Owner::Interface(owner));
                }
                let side = self.side(interface).unwrap_or(Side::Import);
                self.interface(interface, side)?;
                self.types.get(&id).copied().ok_or_else(damaged)
            }
            _ => self.type_of(id, &name, Owner::World),
        }
    }

    /// Counts so much more.
    fn spend(&mut self, letters: usize, place: &str) -> Result<()> {
        self.left = self.left.checked_sub(letters).ok_or_else(|| unsupported("types that are too large", place))?;
        Ok(())
    }

    fn ty(&mut self, ty: &wit::Type, place: &str, depth: usize) -> Result<Type> {
        self.spend(PART + LEVEL * depth, place)?;
        Ok(Type::Plain(match ty {
            wit::Type::Bool => Plain::Bool,
            wit::Type::U8 => Plain::U8,
            wit::Type::U16 => Plain::U16,
            wit::Type::U32 => Plain::U32,
            wit::Type::U64 => Plain::U64,
            wit::Type::S8 => Plain::S8,
            wit::Type::S16 => Plain::S16,
            wit::Type::S32 => Plain::S32,
            wit::Type::S64 => Plain::S64,
            wit::Type::F32 => Plain::F32,
            wit::Type::F64 => Plain::F64,
            wit::Type::Char => Plain::Char,
            wit::Type::String => Plain::String,
            wit::Type::ErrorContext => return Err(unsupported("an error-context", place)),
            wit::Type::Id(id) => {
                let Some(def) = self.resolve.types.get(*id) else { return Err(damaged()) };
                if def.name.is_none() {
                    return self.kind(&def.kind, place, depth + 1);
                }
                let number = self.named(*id)?;
                let behind = self.sizes.get(&self.made.defined(number)).copied().unwrap_or_default();
                self.spend(behind + self.made.ty(number).name.len(), place)?;
                return Ok(if self.is_resource(number) { Type::Own(number) } else { Type::Named(number) });
            }
        }))
    }

    /// Whether a name refers to a resource in the end.
    fn is_resource(&self, id: TypeId) -> bool {
        matches!(self.made.ty(self.made.resource(id)).kind, TypeKind::Resource)
    }

    fn kind(&mut self, kind: &TypeDefKind, place: &str, depth: usize) -> Result<Type> {
        if depth > DEPTH {
            return Err(unsupported("a type that is nested too deeply", place));
        }
        let mut part = |ty: &wit::Type| self.ty(ty, place, depth + 1);
        Ok(match kind {
            TypeDefKind::List(ty) => Type::List(Box::new(part(ty)?)),
            TypeDefKind::Option(ty) => Type::Option(Box::new(part(ty)?)),
            TypeDefKind::Result(result) => {
                let mut part = |ty: &Option<wit::Type>| ty.as_ref().map(|ty| Ok(Box::new(part(ty)?))).transpose();
                Type::Result(part(&result.ok)?, part(&result.err)?)
            }
            TypeDefKind::Tuple(tuple) => Type::Tuple(tuple.types.iter().map(part).collect::<Result<_>>()?),
            TypeDefKind::Handle(wit::Handle::Own(id)) => Type::Own(self.named(*id)?),
            TypeDefKind::Handle(wit::Handle::Borrow(id)) => Type::Borrow(self.named(*id)?),
            TypeDefKind::Type(ty) => part(ty)?,
            TypeDefKind::Map(..) => return Err(unsupported("a map", place)),
            TypeDefKind::FixedLengthList(..) => return Err(unsupported("a list of a fixed length", place)),
            TypeDefKind::Future(_) => return Err(unsupported("a future", place)),
            TypeDefKind::Stream(_) => return Err(unsupported("a stream", place)),
            TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource
            | TypeDefKind::Unknown => return Err(damaged()),
        })
    }

    fn function(&mut self, function: &wit::Function, owner: &str) -> Result<Function> {
        let place = format!("the function `{}` of `{}`", short(&function.name), short(owner));
        self.spend(FUNCTION + function.name.len(), &place)?;
        let kind = match function.kind {
            wit::FunctionKind::Freestanding => FunctionKind::Free,
            wit::FunctionKind::Constructor(id) => FunctionKind::Constructor(self.named(id)?),
            wit::FunctionKind::Method(id) => FunctionKind::Method(self.named(id)?),
            wit::FunctionKind::Static(id) => FunctionKind::Static(self.named(id)?),
            _ => return Err(unsupported("the word `async`", &place)),
        };
        let skipped = usize::from(matches!(kind, FunctionKind::Method(_)));
        let params = function.params.iter().skip(skipped);
        let params = params.map(|param| Ok(Param { name: param.name.clone(), ty: self.ty(&param.ty, &place, 0)? }));
        let params = params.collect::<Result<_>>()?;
        let result = function.result.as_ref().map(|ty| self.ty(ty, &place, 0)).transpose()?;
        let name = match kind {
            FunctionKind::Constructor(id) => self.made.ty(id).name.clone(),
            _ => function.item_name().to_owned(),
        };
        Ok(Function {
            name,
            path: function.name.clone(),
            kind,
            params,
            result,
            docs: docs(&function.docs),
            waits: false,
        })
    }
}

/// Marks the types that are the error of what some function returns.
fn note_errors(model: &mut Model) {
    let interfaces = model.interfaces.iter().flat_map(|interface| &interface.functions);
    let functions = interfaces.chain(&model.world.imports).chain(&model.world.exports);
    let mut found = Vec::new();
    for function in functions {
        if let Some((_, Some(Type::Named(id)))) = function.outcome(model) {
            found.push(model.defined(*id));
        }
    }
    for id in found {
        if let Some(ty) = model.types.get_mut(id.0) {
            ty.is_error = true;
        }
    }
}

fn docs(docs: &wit::Docs) -> Option<String> {
    let text = docs.contents.as_deref().unwrap_or_default().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn unsupported(what: &str, place: &str) -> Problem {
    Problem::Unsupported { what: what.to_owned(), place: place.to_owned() }
}

fn damaged() -> Problem {
    Problem::Component("the parser of WIT gave a type that is none".to_owned())
}
