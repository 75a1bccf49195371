//! How the names of a model are spelled in Kotlin.

use std::collections::BTreeMap;

use super::words::{IN_RESOURCES, IN_WORLDS, members, numbered, or_else, scope, types};
use crate::model::{FunctionKind, InterfaceId, Model, Owner, Side, TypeDef, TypeId, TypeKind};
use crate::naming::{Scope, Spelled, camel, pascal};

/// The names in one file: an interface's or the world's.
#[derive(Debug, Default)]
pub(super) struct FileNames {
    /// The classes and aliases of its types.
    pub(super) types: BTreeMap<TypeId, Spelled>,
    /// The classes of the cases of its variants, in those of the variants.
    pub(super) cases: BTreeMap<(TypeId, usize), Spelled>,
    /// What reads and writes its types.
    pub(super) codecs: BTreeMap<TypeId, String>,
    /// The exceptions for its types.
    pub(super) exceptions: BTreeMap<TypeId, Spelled>,
    /// The class of the interface or of the world.
    pub(super) class: Spelled,
    /// The class of the functions that are bound to an instance.
    pub(super) functions: String,
    /// The function that defines what the host has.
    pub(super) define: String,
    /// The class of what the world imports.
    pub(super) imports: Spelled,
    /// The names that are left.
    scope: Option<Scope>,
}

impl FileNames {
    /// The names that are left for what the file imports.
    pub(super) fn left(&self) -> Scope {
        self.scope.clone().unwrap_or_else(types)
    }

    fn claim(&mut self, spellings: &[&str], what: &str) -> Spelled {
        self.scope.get_or_insert_with(types).claim(spellings, what)
    }

    /// The names of what is not public and belongs to the class.
    fn claim_parts(&mut self) {
        let class = self.class.name.clone();
        self.functions = self.claim(&[&format!("{class}Functions")], "the class of the functions").name;
        self.define = self.claim(&[&format!("define{class}")], "what defines the functions").name;
    }
}

/// How functions are spelled: where they are bound, and in the class that has them.
#[derive(Debug, Clone)]
pub(super) struct FunctionNames {
    /// In the class of the functions of an owner.
    pub(super) attribute: String,
    /// In the class of the interface, of the world, or of the resource.
    pub(super) member: Spelled,
    /// There as well, for the twin that suspends: of what a component has and may wait in.
    pub(super) twin: Option<Spelled>,
}

/// All names of a model.
pub(super) struct Names {
    /// The package of the world.
    pub(super) root: String,
    files: BTreeMap<Owner, FileNames>,
    packages: BTreeMap<InterfaceId, Spelled>,
    members: BTreeMap<InterfaceId, Spelled>,
    functions: BTreeMap<(Owner, Side), Vec<FunctionNames>>,
}

impl Names {
    /// The names of a model, whose world is in that package.
    pub(super) fn new(model: &Model, root: &str) -> Self {
        let mut names = Self {
            root: root.to_owned(),
            files: BTreeMap::new(),
            packages: BTreeMap::new(),
            members: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        names.of_packages(model);
        for (place, interface) in model.interfaces.iter().enumerate() {
            let owner = Owner::Interface(InterfaceId(place));
            let mut file = of_types(model, &interface.types);
            let class = pascal(&interface.name);
            let what = format!("the interface `{}`", interface.path);
            file.class = file.claim(&[&class, &format!("{class}Interface")], &what);
            file.claim_parts();
            names.files.insert(owner, file);
            let of_owner = functions(model, owner, interface.side, members(&["functions"]));
            names.functions.insert((owner, interface.side), of_owner);
        }
        names.of_world(model);
        names
    }

    fn of_world(&mut self, model: &Model) {
        let world = &model.world;
        let mut file = of_types(model, &world.types);
        // A component's file may have any name.
        let class = pascal(&world.name);
        let is_class = class.starts_with(|letter: char| letter.is_ascii_uppercase());
        let class = if is_class { class } else { "World".to_owned() };
        file.class = file.claim(&[&class, &format!("{class}World")], &format!("the world `{}`", world.name));
        let imports = format!("{}Imports", file.class.name);
        file.imports = file.claim(&[&imports], "the class of what the world imports");
        file.claim_parts();
        self.files.insert(Owner::World, file);
        for side in [Side::Import, Side::Export] {
            let mut scope = members(&IN_WORLDS);
            for (id, interface) in model.interfaces_of(side) {
                let package = self.packages.get(&id).map(|it| it.name.clone()).unwrap_or_default();
                self.members.insert(id, scope.claim(&[&package], &format!("the interface `{}`", interface.path)));
            }
            self.functions.insert((Owner::World, side), functions(model, Owner::World, side, scope));
        }
    }

    fn of_packages(&mut self, model: &Model) {
        for side in [Side::Import, Side::Export] {
            let mut scope = scope(&[], |word| format!("{word}Interface"));
            for (id, interface) in model.interfaces_of(side) {
                let spellings = model.spellings(interface).map(|name| camel(&name));
                let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
                let spelled = scope.claim(&spellings, &format!("the interface `{}`", interface.path));
                self.packages.insert(id, spelled);
            }
        }
    }

    /// The names in a file.
    pub(super) fn file(&self, owner: Owner) -> &FileNames {
        static NONE: std::sync::OnceLock<FileNames> = std::sync::OnceLock::new();
        self.files.get(&owner).unwrap_or_else(|| NONE.get_or_init(FileNames::default))
    }

    /// The last part of the package of an interface.
    pub(super) fn last_of(&self, id: InterfaceId) -> Spelled {
        self.packages.get(&id).cloned().unwrap_or_default()
    }

    /// The package of an owner.
    pub(super) fn package(&self, model: &Model, owner: Owner) -> String {
        match owner {
            Owner::World => self.root.clone(),
            Owner::Interface(id) => {
                format!("{}.{}.{}", self.root, super::folder(model.interface(id)), self.last_of(id).name)
            }
        }
    }

    /// What an interface is called in the class of the world, or in the class of what the world imports.
    pub(super) fn member(&self, id: InterfaceId) -> Spelled {
        self.members.get(&id).cloned().unwrap_or_default()
    }

    /// The names of an owner's functions, in their order.
    pub(super) fn functions(&self, owner: Owner, side: Side) -> &[FunctionNames] {
        self.functions.get(&(owner, side)).map_or(&[], Vec::as_slice)
    }
}

fn of_types(model: &Model, types: &[TypeId]) -> FileNames {
    let mut file = FileNames::default();
    for id in types {
        let def = model.ty(*id);
        let spelled = file.claim(&[&pascal(&def.name)], &format!("the type `{}`", def.name));
        file.types.insert(*id, spelled);
    }
    for id in types {
        let TypeDef { name, kind, is_error, .. } = model.ty(*id);
        let class = file.types.get(id).map(|it| it.name.clone()).unwrap_or_default();
        if let TypeKind::Variant(cases) = kind {
            // In its class, a case that is called as the variant would hide it.
            let mut scope = Scope::new([&*class, "Companion"], |word| format!("{word}Case")).numbered(numbered);
            for (place, case) in cases.iter().enumerate() {
                let what = format!("the case `{}` of `{name}`", case.name);
                file.cases.insert((*id, place), scope.claim(&[&pascal(&case.name)], &what));
            }
        }
        if matches!(kind, TypeKind::Record(_) | TypeKind::Variant(_) | TypeKind::Enum(_) | TypeKind::Flags(_)) {
            let codec = file.claim(&[&format!("{class}Codec")], &format!("what reads and writes `{name}`"));
            file.codecs.insert(*id, codec.name);
        }
        if *is_error {
            let spelled = file.claim(&[&format!("{class}Exception")], &format!("the exception for `{name}`"));
            file.exceptions.insert(*id, spelled);
        }
    }
    file
}

/// The names of functions. `free` has those that the class of the owner has already.
fn functions(model: &Model, owner: Owner, side: Side, mut free: Scope) -> Vec<FunctionNames> {
    let mut attributes = scope(&[], |word| or_else(word, ""));
    let mut resources: BTreeMap<TypeId, Scope> = BTreeMap::new();
    let mut all = Vec::new();
    for function in model.functions(owner, side) {
        let what = format!("`{}`", function.path);
        let resource = function.kind.resource().map(|id| model.ty(id).name.clone()).unwrap_or_default();
        let (name, in_resource) = (camel(&function.name), camel(&format!("{resource}-{}", function.name)));
        let new = camel(&format!("new-{resource}"));
        let attribute = match function.kind {
            FunctionKind::Free => &name,
            FunctionKind::Constructor(_) => &new,
            FunctionKind::Method(_) | FunctionKind::Static(_) => &in_resource,
        };
        let attribute = attributes.claim(&[attribute], &what).name;
        let own = if side == Side::Export { &IN_RESOURCES[..] } else { &[] };
        let member = match (function.kind, side) {
            (FunctionKind::Free, _) => free.claim(&[&name], &what),
            (FunctionKind::Method(id) | FunctionKind::Static(id), Side::Export) | (FunctionKind::Method(id), _) => {
                resources.entry(id).or_insert_with(|| members(own)).claim(&[&name], &what)
            }
            (FunctionKind::Constructor(_), Side::Import) => free.claim(&[&new], &what),
            (FunctionKind::Static(_), Side::Import) => free.claim(&[&in_resource], &what),
            (FunctionKind::Constructor(_), Side::Export) => Spelled::default(),
        };
        all.push(FunctionNames { attribute, member, twin: None });
    }
    // The plain names go first.
    let functions = model.functions(owner, side);
    for (function, names) in functions.iter().zip(&mut all).filter(|(it, _)| side == Side::Export && it.waits) {
        let scope = match function.kind.resource() {
            None => &mut free,
            Some(id) => resources.entry(id).or_insert_with(|| members(&IN_RESOURCES)),
        };
        let plain = match function.kind {
            FunctionKind::Constructor(_) => "create".to_owned(),
            _ => camel(&function.name),
        };
        names.twin = Some(scope.claim(&[&format!("{plain}Suspend")], &format!("the twin of `{}`", function.path)));
    }
    all
}
