//! How the names of a model are spelled in Swift.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Kind, scope};
use crate::model::{FunctionKind, Interface, InterfaceId, Model, Owner, Side, TypeId};
use crate::naming::{Scope, Spelled, camel, pascal};

/// What stands in the class of the world, beside what WIT has there.
const IN_WORLDS: [&str; 4] = ["Exports", "Functions", "Host", "Imports"];

/// What the struct of the world has.
const IN_WORLD_MEMBERS: [&str; 2] = ["functions", "instantiateAsync"];

/// What the struct of an interface that a component exports has.
const IN_EXPORTS: [&str; 1] = ["functions"];

/// What the class of a resource has.
const IN_RESOURCES: [&str; 3] = ["close", "functions", "handle"];

/// What the protocol of the host has.
const IN_HOSTS: [&str; 0] = [];

/// How a function is spelled.
#[derive(Debug, Clone)]
pub(super) struct FunctionNames {
    /// Among all functions of the world, if a component has it.
    pub(super) field: String,
    /// In the struct, the class or the protocol that has it.
    pub(super) member: Spelled,
    /// There as well, for the twin that is async: of what a component has and may wait in.
    pub(super) twin: Option<Spelled>,
}

/// All names of a model.
pub(super) struct Names {
    /// The struct of the world.
    pub(super) world: Spelled,
    types: BTreeMap<TypeId, Spelled>,
    interfaces: BTreeMap<InterfaceId, Spelled>,
    members: BTreeMap<InterfaceId, Spelled>,
    functions: BTreeMap<(Owner, Side), Vec<FunctionNames>>,
    /// Every name of a type, which hides that of another module's.
    declared: BTreeSet<String>,
}

impl Names {
    /// The names of a model.
    pub(super) fn new(model: &Model) -> Self {
        let plain = pascal(&model.world.name);
        // A file may have any name.
        let plain =
            if plain.starts_with(|letter: char| letter.is_ascii_uppercase()) { plain } else { "World".to_owned() };
        let what = format!("the world `{}`", model.world.name);
        let world = scope(Kind::World, &[]).claim(&[&plain], &what);
        let mut names = Self {
            declared: BTreeSet::from([world.name.clone()]),
            world,
            types: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            members: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        names.of_interfaces(model);
        names.of_types(model, Owner::World, &model.world.types);
        let mut fields = scope(Kind::Function, &[]);
        for (place, interface) in model.interfaces.iter().enumerate() {
            let owner = Owner::Interface(InterfaceId(place));
            names.of_types(model, owner, &interface.types);
            let words: &[&str] = if interface.side == Side::Export { &IN_EXPORTS } else { &IN_HOSTS };
            let free = scope(Kind::Function, &[words]);
            let of_owner = names.of_functions(model, owner, interface.side, free, &mut fields);
            names.functions.insert((owner, interface.side), of_owner);
        }
        for side in [Side::Import, Side::Export] {
            let mut free = scope(Kind::Function, &[&IN_WORLD_MEMBERS]);
            for (id, interface) in model.interfaces_of(side) {
                let member = first_down(names.interface(id));
                names.members.insert(id, free.claim(&[&member], &format!("the interface `{}`", interface.path)));
            }
            let of_owner = names.of_functions(model, Owner::World, side, free, &mut fields);
            names.functions.insert((Owner::World, side), of_owner);
        }
        names
    }

    fn of_interfaces(&mut self, model: &Model) {
        for side in [Side::Import, Side::Export] {
            let mut scope = scope(Kind::Interface, &[&[&self.world.name]]);
            for (id, interface) in model.interfaces_of(side) {
                let spellings = spellings(model, interface);
                let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
                let spelled = scope.claim(&spellings, &format!("the interface `{}`", interface.path));
                self.declared.insert(spelled.name.clone());
                self.interfaces.insert(id, spelled);
            }
        }
    }

    fn of_types(&mut self, model: &Model, owner: Owner, types: &[TypeId]) {
        let more: &[&str] = if owner == Owner::World { &IN_WORLDS } else { &["Host"] };
        let mut scope = scope(Kind::Type, &[more, &[&self.world.name]]);
        for id in types {
            let def = model.ty(*id);
            let spelled = scope.claim(&[&pascal(&def.name)], &format!("the type `{}`", def.name));
            self.declared.insert(spelled.name.clone());
            self.types.insert(*id, spelled);
        }
    }

    /// The names of functions. `free` has those that the struct or the protocol of the owner has already.
    fn of_functions(
        &self,
        model: &Model,
        owner: Owner,
        side: Side,
        mut free: Scope,
        fields: &mut Scope,
    ) -> Vec<FunctionNames> {
        let place = match owner {
            Owner::World => String::new(),
            Owner::Interface(id) => first_down(self.interface(id)),
        };
        let mut resources: BTreeMap<TypeId, Scope> = BTreeMap::new();
        let mut all = Vec::new();
        for function in model.functions(owner, side) {
            let what = format!("`{}`", function.path);
            let name = camel(&function.name);
            let resource = function.kind.resource().map(|id| self.ty(id).name.clone()).unwrap_or_default();
            let of_resource = format!("{}{}", first_down(&resource), first_up(&name));
            let made = format!("make{resource}");
            let long = match function.kind {
                FunctionKind::Free => name.clone(),
                FunctionKind::Constructor(_) => made.clone(),
                FunctionKind::Method(_) | FunctionKind::Static(_) => of_resource.clone(),
            };
            let field = if place.is_empty() { long } else { format!("{place}{}", first_up(&long)) };
            let field = if side == Side::Export { fields.claim(&[&field], &what).name } else { String::new() };
            let member = match (function.kind, side) {
                (FunctionKind::Free, _) => free.claim(&[&name], &what),
                (FunctionKind::Method(id) | FunctionKind::Static(id), Side::Export) | (FunctionKind::Method(id), _) => {
                    let words: &[&str] = if side == Side::Export { &IN_RESOURCES } else { &IN_HOSTS };
                    resources.entry(id).or_insert_with(|| scope(Kind::Function, &[words])).claim(&[&name], &what)
                }
                (FunctionKind::Constructor(_), Side::Import) => free.claim(&[&made], &what),
                (FunctionKind::Static(_), Side::Import) => free.claim(&[&of_resource], &what),
                (FunctionKind::Constructor(_), Side::Export) => Spelled { name: "init".to_owned(), note: None },
            };
            all.push(FunctionNames { field, member, twin: None });
        }
        // The plain names go first.
        let functions = model.functions(owner, side);
        for (function, names) in functions.iter().zip(&mut all).filter(|(it, _)| side == Side::Export && it.waits) {
            let scope = match function.kind.resource() {
                None => &mut free,
                Some(id) => resources.entry(id).or_insert_with(|| scope(Kind::Function, &[&IN_RESOURCES])),
            };
            let plain = match function.kind {
                FunctionKind::Constructor(_) => "make".to_owned(),
                _ => camel(&function.name),
            };
            names.twin = Some(scope.claim(&[&format!("{plain}Async")], &format!("the twin of `{}`", function.path)));
        }
        all
    }

    /// The name of a type.
    pub(super) fn ty(&self, id: TypeId) -> &Spelled {
        self.types.get(&id).unwrap_or(&self.world)
    }

    /// The name of an interface, among those of its side.
    pub(super) fn interface(&self, id: InterfaceId) -> &str {
        self.interfaces.get(&id).map_or("", |it| &it.name)
    }

    /// Why an interface is called so.
    pub(super) fn interface_note(&self, id: InterfaceId) -> Option<&str> {
        self.interfaces.get(&id).and_then(|it| it.note.as_deref())
    }

    /// What an interface is called in the struct of the world, or in the host's protocol.
    pub(super) fn member(&self, id: InterfaceId) -> Spelled {
        self.members.get(&id).cloned().unwrap_or_default()
    }

    /// The names of an owner's functions, in their order.
    pub(super) fn functions(&self, owner: Owner, side: Side) -> &[FunctionNames] {
        self.functions.get(&(owner, side)).map_or(&[], Vec::as_slice)
    }

    /// Where the types of an owner are.
    pub(super) fn path(&self, model: &Model, owner: Owner) -> String {
        let world = &self.world.name;
        match owner {
            Owner::World => world.clone(),
            Owner::Interface(id) => {
                let side = side_name(model.interface(id).side);
                format!("{world}.{side}.{}", self.interface(id))
            }
        }
    }

    /// A name of the module `Swift`, by its module where the bindings have the same name.
    pub(super) fn std(&self, name: &str) -> String {
        let first = name.split('.').next().unwrap_or(name);
        if self.declared.contains(first) { format!("Swift.{name}") } else { name.to_owned() }
    }

    /// A name of the package, by its module where the bindings have the same name.
    pub(super) fn package(&self, name: &str) -> String {
        if self.declared.contains(name) { format!("TrimaranComponent.{name}") } else { name.to_owned() }
    }
}

/// The namespace of a side.
pub(super) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Import => "Imports",
        Side::Export => "Exports",
    }
}

/// From the shortest to the one that says most. An interface that is there in two versions has its version in its name.
fn spellings(model: &Model, interface: &Interface) -> Vec<String> {
    let name = pascal(&interface.name);
    let Some(package) = &interface.package else { return vec![name] };
    let twins: Vec<&str> = model
        .interfaces
        .iter()
        .filter(|other| other.side == interface.side && other.name == interface.name && other.path != interface.path)
        .filter_map(|other| other.package.as_ref())
        .filter(|other| other.namespace == package.namespace && other.name == package.name)
        .map(|other| other.version.as_deref().unwrap_or_default())
        .collect();
    let end = match &package.version {
        Some(version) if !twins.is_empty() => {
            let is_major = twins.iter().all(|other| major(other) != major(version));
            let shown = if is_major { major(version) } else { version };
            format!("V{}", shown.replace(|letter: char| !letter.is_ascii_alphanumeric(), "x"))
        }
        _ => String::new(),
    };
    let (of_package, space) = (pascal(&package.name), pascal(&package.namespace));
    ["".to_owned(), of_package.clone(), format!("{space}{of_package}")]
        .map(|start| format!("{start}{name}{end}"))
        .to_vec()
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// A name that begins with a small letter, as the name of a property does.
pub(super) fn first_down(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
    first.to_ascii_lowercase() + rest
}

/// A name that begins with a capital letter, behind another word.
pub(super) fn first_up(name: &str) -> String {
    let bare = name.trim_matches('`');
    let (first, rest) = bare.split_at_checked(1).unwrap_or((bare, ""));
    first.to_ascii_uppercase() + rest
}

/// The names of the fields of a record, of the cases of a variant or an enumeration, or of flags.
pub(super) fn labels<'a>(kind: Kind, names: impl Iterator<Item = &'a str>) -> Vec<Spelled> {
    let mut scope = scope(kind, &[]);
    names.map(|name| scope.claim(&[&camel(name)], &format!("`{name}`"))).map(quiet).collect()
}

/// A word in backticks needs no explanation.
pub(super) fn quiet(spelled: Spelled) -> Spelled {
    let note = spelled.note.filter(|_| !spelled.name.starts_with('`'));
    Spelled { note, ..spelled }
}
