//! How the names of a model are spelled in Python.

use std::collections::BTreeMap;

use crate::model::{FunctionKind, InterfaceId, Model, Owner, Side, TypeDef, TypeId, TypeKind};
use crate::naming::{Scope, Spelled, pascal, snake, upper};

/// The words of the language.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What the annotations and decorators in a class are written with: a member of such a name would hide it.
const IN_CLASSES: [&str; 11] =
    ["bool", "bytes", "classmethod", "float", "int", "list", "property", "staticmethod", "str", "tuple", "wit"];

/// What a file imports.
const IN_FILES: [&str; 22] = [
    "Any",
    "Bound",
    "Callable",
    "Component",
    "Enum",
    "Err",
    "Flag",
    "Instance",
    "Linker",
    "Ok",
    "Protocol",
    "Resource",
    "ResultError",
    "Self",
    "Sequence",
    "Some",
    "Store",
    "TypeAlias",
    "Engine",
    "Final",
    "Generic",
    "Path",
];

/// What the base class of resources has.
const IN_RESOURCES: [&str; 6] = ["alive", "close", "drop", "owned", "to_host", "type"];

/// What the class of a world has.
const IN_WORLDS: [&str; 3] = ["define", "instantiate", "instantiate_async"];

/// Whether Python takes a word as a name.
pub(super) fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    let starts = letters.next().is_some_and(|letter| letter == '_' || letter.is_alphabetic());
    starts && letters.all(|letter| letter == '_' || letter.is_alphanumeric()) && !KEYWORDS.contains(&word)
}

fn escape(word: &str) -> String {
    format!("{word}_")
}

fn scope(more: &[&[&'static str]]) -> Scope {
    Scope::new(KEYWORDS.into_iter().chain(more.iter().flat_map(|words| words.iter().copied())), escape)
}

/// The parameters of a function.
pub(super) fn params() -> Scope {
    scope(&[&["self", "cls", "api", "functions", "wit"]])
}

/// The members of a class that has no other ones.
pub(super) fn members() -> Scope {
    scope(&[&IN_CLASSES])
}

/// The members of a resource.
fn of_resource(side: Side) -> Scope {
    match side {
        Side::Export => scope(&[&IN_CLASSES, &IN_RESOURCES]),
        Side::Import => members(),
    }
}

/// The names in one file: an interface's or the world's.
#[derive(Debug, Default)]
pub(super) struct FileNames {
    /// The classes and aliases of its types.
    pub(super) types: BTreeMap<TypeId, Spelled>,
    /// The classes of the cases of its variants.
    pub(super) cases: BTreeMap<(TypeId, usize), Spelled>,
    /// The exceptions for its types.
    pub(super) exceptions: BTreeMap<TypeId, Spelled>,
    /// The class of the interface or of the world.
    pub(super) class: String,
    /// Why it has that name.
    pub(super) note: Option<String>,
    /// The class of what the world imports.
    pub(super) imports: Option<Spelled>,
    /// The names that are left.
    scope: Option<Scope>,
}

impl FileNames {
    /// The names that are left for what the file imports.
    pub(super) fn left(&self) -> Scope {
        self.scope.clone().unwrap_or_else(|| scope(&[&IN_FILES]))
    }

    /// Another name in the file.
    pub(super) fn claim(&mut self, spellings: &[&str], what: &str) -> Spelled {
        self.scope.get_or_insert_with(|| scope(&[&IN_FILES])).claim(spellings, what)
    }
}

/// How functions are spelled: in `_Functions`, and in the class that has them.
#[derive(Debug, Clone)]
pub(super) struct FunctionNames {
    /// In the class of the functions of an interface.
    pub(super) attribute: String,
    /// In the class of the interface, of the world, or of the resource.
    pub(super) member: Spelled,
    /// There as well, for the twin that is awaited: of what a component has and may wait in.
    pub(super) twin: Option<Spelled>,
}

/// All names of a model.
pub(super) struct Names {
    files: BTreeMap<Owner, FileNames>,
    modules: BTreeMap<InterfaceId, Spelled>,
    members: BTreeMap<InterfaceId, Spelled>,
    functions: BTreeMap<(Owner, Side), Vec<FunctionNames>>,
}

impl Names {
    /// The names of a model.
    pub(super) fn new(model: &Model) -> Self {
        let mut names = Self {
            files: BTreeMap::new(),
            modules: BTreeMap::new(),
            members: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        names.of_modules(model);
        for (place, interface) in model.interfaces.iter().enumerate() {
            let owner = Owner::Interface(InterfaceId(place));
            let mut file = of_types(model, &interface.types);
            let class = pascal(&interface.name);
            let what = format!("the interface `{}`", interface.path);
            let spelled = file.claim(&[&class, &format!("{class}Interface")], &what);
            (file.class, file.note) = (spelled.name, spelled.note);
            names.files.insert(owner, file);
            let side = interface.side;
            let of_owner = functions(model, owner, side, members());
            names.functions.insert((owner, side), of_owner);
        }
        names.of_world(model);
        names
    }

    fn of_world(&mut self, model: &Model) {
        let world = &model.world;
        let mut file = of_types(model, &world.types);
        // A file may have any name.
        let class = Some(pascal(&world.name)).filter(|it| is_name(it)).unwrap_or_else(|| "World".to_owned());
        let spelled = file.claim(&[&class, &format!("{class}World")], &format!("the world `{}`", world.name));
        let imports = format!("{}Imports", spelled.name);
        (file.class, file.note) = (spelled.name, spelled.note);
        file.imports = Some(file.claim(&[&imports], "the class of what the world imports"));
        self.files.insert(Owner::World, file);
        for side in [Side::Import, Side::Export] {
            let mut scope = scope(&[&IN_CLASSES, &IN_WORLDS]);
            for (id, interface) in model.interfaces_of(side) {
                let module = self.modules.get(&id).map(|it| it.name.clone()).unwrap_or_default();
                self.members.insert(id, scope.claim(&[&module], &format!("the interface `{}`", interface.path)));
            }
            self.functions.insert((Owner::World, side), functions(model, Owner::World, side, scope));
        }
    }

    fn of_modules(&mut self, model: &Model) {
        for side in [Side::Import, Side::Export] {
            let mut scope = scope(&[]);
            for (id, interface) in model.interfaces_of(side) {
                let spellings = model.spellings(interface).map(|name| snake(&name));
                let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
                let spelled = scope.claim(&spellings, &format!("the interface `{}`", interface.path));
                self.modules.insert(id, spelled);
            }
        }
    }

    /// The names in a file.
    pub(super) fn file(&self, owner: Owner) -> &FileNames {
        static NONE: std::sync::OnceLock<FileNames> = std::sync::OnceLock::new();
        self.files.get(&owner).unwrap_or_else(|| NONE.get_or_init(FileNames::default))
    }

    /// The file of an interface, without its ending.
    pub(super) fn module(&self, id: InterfaceId) -> &str {
        self.modules.get(&id).map_or("", |it| &it.name)
    }

    /// Why the file of an interface is called so.
    pub(super) fn module_note(&self, id: InterfaceId) -> Option<&str> {
        self.modules.get(&id).and_then(|it| it.note.as_deref())
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
            for (place, case) in cases.iter().enumerate() {
                let what = format!("the case `{}` of `{name}`", case.name);
                let plain = format!("{class}{}", pascal(&case.name));
                let spelled = file.claim(&[&plain, &format!("{plain}Case")], &what);
                file.cases.insert((*id, place), spelled);
            }
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
    let mut attributes = scope(&[&IN_CLASSES, &["uses"]]);
    let mut resources: BTreeMap<TypeId, Scope> = BTreeMap::new();
    let mut all = Vec::new();
    for function in model.functions(owner, side) {
        let what = format!("`{}`", function.path);
        let name = snake(&function.name);
        let resource = function.kind.resource().map(|id| snake(&model.ty(id).name)).unwrap_or_default();
        let attribute = match function.kind {
            FunctionKind::Free => name.clone(),
            FunctionKind::Constructor(_) => format!("new_{resource}"),
            FunctionKind::Method(_) | FunctionKind::Static(_) => format!("{resource}_{name}"),
        };
        let attribute = attributes.claim(&[&attribute], &what).name;
        let member = match (function.kind, side) {
            (FunctionKind::Free, _) => free.claim(&[&name], &what),
            (FunctionKind::Method(id) | FunctionKind::Static(id), Side::Export) | (FunctionKind::Method(id), _) => {
                resources.entry(id).or_insert_with(|| of_resource(side)).claim(&[&name], &what)
            }
            (FunctionKind::Constructor(_), Side::Import) => free.claim(&[&format!("new_{resource}")], &what),
            (FunctionKind::Static(_), Side::Import) => free.claim(&[&format!("{resource}_{name}")], &what),
            (FunctionKind::Constructor(_), Side::Export) => Spelled { name: "__init__".to_owned(), note: None },
        };
        all.push(FunctionNames { attribute, member, twin: None });
    }
    // The plain names go first.
    let functions = model.functions(owner, side);
    for (function, names) in functions.iter().zip(&mut all).filter(|(it, _)| side == Side::Export && it.waits) {
        let scope = match function.kind.resource() {
            None => &mut free,
            Some(id) => resources.entry(id).or_insert_with(|| of_resource(side)),
        };
        let plain = match function.kind {
            FunctionKind::Constructor(_) => "create".to_owned(),
            _ => snake(&function.name),
        };
        names.twin = Some(scope.claim(&[&format!("{plain}_async")], &format!("the twin of `{}`", function.path)));
    }
    all
}

/// The names of the fields of a record, of the members of an enumeration, or of flags.
pub(super) fn labels<'a>(names: impl Iterator<Item = &'a str>, is_upper: bool) -> Vec<Spelled> {
    let mut scope = members();
    let claim = |name: &str| {
        let plain = if is_upper { upper(name) } else { snake(name) };
        scope.claim(&[&plain], &format!("`{name}`"))
    };
    names.map(claim).collect()
}
