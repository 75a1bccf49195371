//! What the core exports, in the generator's own terms.

/// A name with its documentation and the place in the source that declares it.
#[derive(Debug, Clone)]
pub struct Named {
    pub name: String,
    /// A line each, as written: Markdown, with links in square brackets and names of other exports in backticks.
    pub docs: Vec<String>,
    pub place: Place,
    /// Whether the languages can have it as text, by its `Display`.
    pub is_shown: bool,
}

/// Where something stands in the source.
#[derive(Debug, Clone)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

/// What crosses between the core and a language.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    Bool,
    Int {
        signed: bool,
        bits: u8,
    },
    Float {
        bits: u8,
    },
    /// Text, and a path, which crosses as text: the code that is generated converts by `into`.
    Text,
    Bytes,
    /// An object of the core. It crosses as the pointer of its `Arc`, which is UniFFI's handle.
    Object(String),
    /// An object of the language that the core calls.
    Foreign(String),
    Record(String),
    Enum(String),
    Option(Box<Type>),
    List(Box<Type>),
}

impl Type {
    /// Whether the languages have it themselves, in which case nothing is serialised.
    pub fn is_native(&self) -> bool {
        match self {
            Self::Bool | Self::Int { .. } | Self::Float { .. } | Self::Text | Self::Bytes | Self::Object(_) => true,
            Self::Foreign(_) | Self::Record(_) | Self::Enum(_) => false,
            Self::Option(inner) | Self::List(inner) => inner.is_native(),
        }
    }

    /// Rust's words for it, with objects and traits by their plain names.
    pub fn rust(&self) -> String {
        match self {
            Self::Bool => "bool".into(),
            Self::Int { signed, bits } => format!("{}{bits}", if *signed { 'i' } else { 'u' }),
            Self::Float { bits } => format!("f{bits}"),
            Self::Text => "String".into(),
            Self::Bytes => "Vec<u8>".into(),
            Self::Object(name) | Self::Foreign(name) | Self::Record(name) | Self::Enum(name) => name.clone(),
            Self::Option(inner) => format!("Option<{}>", inner.rust()),
            Self::List(inner) => format!("Vec<{}>", inner.rust()),
        }
    }
}

/// How the core takes a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    Value,
    /// `&T` of an object, `&str` or `&[u8]`.
    Reference,
}

#[derive(Debug, Clone)]
pub struct Param {
    pub name: String,
    pub ty: Type,
    pub pass: Pass,
    /// As the attribute has it: the empty text for the type's own default.
    pub default: Option<String>,
    /// Its words in a sentence, where they are not its name's: `#[cfg_attr(false, called(delta = "the number of pages"))]`.
    pub called: Option<String>,
}

/// What a method is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Nothing: a function or a constructor.
    None,
    /// `&self`.
    Reference,
    /// `self: Arc<Self>`.
    Shared,
}

/// How long a body takes, for a language whose threads share a lock (Python's GIL).
///
/// `#[cfg_attr(false, brief)]` beside a method or an exported block says the one, `#[cfg_attr(false, long)]` the other. The
/// compiler drops such an attribute, which is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It may run a guest, compile, wait or move a whole memory: the lock is let go. What is not marked is this.
    Long,
    /// A moment's work once it is inside the store: the lock may be kept.
    Brief,
}

/// A method, a constructor or a function.
#[derive(Debug, Clone)]
pub struct Method {
    /// With the name that the languages see.
    pub named: Named,
    /// Rust's name, which another one was given to, or which is written `r#type`.
    pub rust_name: String,
    pub receiver: Receiver,
    pub params: Vec<Param>,
    /// None for `()`.
    pub result: Option<Type>,
    /// Whether it gives a `Result` with the one error.
    pub fails: bool,
    pub pace: Pace,
    /// Each package has words of its own for it, such as a property or another name: `#[cfg_attr(false, worded)]`.
    pub is_worded: bool,
    /// The languages in which its body is special, and stands beside the generated ones: `#[cfg_attr(false, by_hand(python))]`.
    pub by_hand: Vec<String>,
}

impl Method {
    /// Whether its body in that language is written by hand.
    pub fn is_by_hand(&self, language: &str) -> bool {
        self.by_hand.iter().any(|by_hand| by_hand == language)
    }

    /// The parameter that is the store, which most methods have first.
    pub fn store(&self) -> Option<&Param> {
        self.params.first().filter(|param| param.ty == Type::Object("Store".into()))
    }

    pub fn is_native(&self) -> bool {
        self.params.iter().all(|param| param.ty.is_native()) && self.result.as_ref().is_none_or(Type::is_native)
    }
}

#[derive(Debug, Clone)]
pub struct Object {
    pub named: Named,
    pub constructors: Vec<Method>,
    pub methods: Vec<Method>,
}

/// A field of a record or of a variant.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub docs: Vec<String>,
    /// What Kotlin or Swift has to add: `#[cfg_attr(false, also(kotlin = "…", swift = "…"))]`.
    pub also: Vec<(String, String)>,
    pub ty: Type,
    /// As the attribute has it: the empty text for the type's own default.
    pub default: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Record {
    pub named: Named,
    /// Whether it exports `Display`: then the languages have a text for people of it.
    pub is_shown: bool,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone)]
pub struct Variant {
    pub name: String,
    pub docs: Vec<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone)]
pub struct Enum {
    pub named: Named,
    /// Whether it exports `Display`.
    pub is_shown: bool,
    pub variants: Vec<Variant>,
    pub is_error: bool,
    pub methods: Vec<Method>,
}

impl Enum {
    /// Whether no variant has fields: then a variant is a number.
    pub fn is_plain(&self) -> bool {
        self.variants.iter().all(|variant| variant.fields.is_empty())
    }

    /// The objects, where each variant is one: then the object alone says which variant it is.
    pub fn union(&self) -> Option<Vec<(&Variant, &Field, &str)>> {
        let objects = self.variants.iter().map(|variant| match variant.fields.as_slice() {
            [field @ Field { ty: Type::Object(name), .. }] => Some((variant, field, name.as_str())),
            _ => None,
        });
        objects.collect::<Option<Vec<_>>>().filter(|objects| !objects.is_empty())
    }
}

/// A trait that the languages implement.
#[derive(Debug, Clone)]
pub struct Foreign {
    pub named: Named,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub objects: Vec<Object>,
    pub records: Vec<Record>,
    pub enums: Vec<Enum>,
    pub foreign: Vec<Foreign>,
    pub functions: Vec<Method>,
}

impl Model {
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.named.name == name)
    }

    pub fn record(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.named.name == name)
    }

    pub fn choice(&self, name: &str) -> Option<&Enum> {
        self.enums.iter().find(|choice| choice.named.name == name)
    }

    /// The one error.
    pub fn error(&self) -> Option<&Enum> {
        self.enums.iter().find(|choice| choice.is_error)
    }
}
