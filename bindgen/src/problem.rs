//! Why no bindings are made.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// What this crate gives, or why not.
pub type Result<T> = std::result::Result<T, Problem>;

/// Why no bindings are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The WIT has a mistake. The text has the file, the line with a caret, and its number.
    Wit(String),
    /// A package is used that is not there.
    MissingPackage {
        /// The package.
        package: String,
        /// Where it is used: file, line and column.
        used_in: String,
        /// Where it was looked for.
        looked_in: Vec<PathBuf>,
        /// The packages that are there.
        known: Vec<String>,
    },
    /// There is no world of that name, or none was named and there are several.
    World {
        /// The name.
        asked: Option<String>,
        /// The worlds that are there.
        known: Vec<String>,
    },
    /// Something of WIT that no bindings can be made for yet.
    Unsupported {
        /// What it is: `a stream`.
        what: String,
        /// The function or the type that has it.
        place: String,
    },
    /// A component exports a type beside its interfaces. A world of WIT has no such thing, and no tool that makes components of
    /// WIT makes it: the world's own types are imports.
    TypeBeside {
        /// The name of the type.
        name: String,
    },
    /// No function that could wait has that name, nor has an interface.
    Waiting {
        /// The name.
        name: String,
        /// What there is: interfaces, and the world's own functions.
        known: Vec<String>,
    },
    /// A name that the language cannot spell.
    Name {
        /// The name.
        name: String,
        /// What it would be the name of.
        what: String,
    },
    /// The output folder has files that were not generated.
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Those files.
        files: Vec<String>,
    },
    /// The bytes are no component, or damaged.
    Component(String),
    /// A file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// How many names a sentence lists.
const LISTED: usize = 16;

/// How much of a name is shown, in bytes.
const SHOWN: usize = 128;

/// A name, of which a component may have chosen any.
pub(crate) fn short(name: &str) -> Cow<'_, str> {
    match name.split_at(name.floor_char_boundary(SHOWN)) {
        (whole, "") => whole.into(),
        (start, _) => format!("{start}…").into(),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(LISTED).map(|name| format!("`{}`", short(name))).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wit(text) => f.write_str(text),
            Self::MissingPackage { package, used_in, looked_in, known } => {
                let places: Vec<_> = looked_in.iter().map(|path| path.display().to_string()).collect();
                write!(
                    f,
                    "{used_in}: there is no package `{package}`: looked for it in {}; the packages there: {}",
                    list(&places),
                    list(known)
                )
            }
            Self::World { asked: Some(name), known } => {
                write!(f, "there is no world `{name}`: the worlds there: {}", list(known))
            }
            Self::World { asked: None, known } if known.is_empty() => {
                f.write_str("the package has no world: bindings are made for a world")
            }
            Self::World { asked: None, known } => {
                write!(f, "there are several worlds: name one of {} with --world", list(known))
            }
            Self::Unsupported { what, place } => {
                write!(f, "{place} has {what}, which bindings cannot be made for yet")
            }
            Self::TypeBeside { name } => write!(
                f,
                "the component exports the type `{}` beside its interfaces, which no world of WIT does: export it in an \
                 interface, with the functions that have it, or call the component without bindings",
                short(name)
            ),
            Self::Waiting { name, known } => write!(
                f,
                "there is no interface and no function `{}` that could wait: expected one of {}, or one of these with a dot \
                 and a function of it behind",
                short(name),
                list(known)
            ),
            Self::Name { name, what } => write!(f, "`{}` cannot be the name of {what}", short(name)),
            Self::Foreign { folder, files } => write!(
                f,
                "{} holds files that were not generated: {}; nothing was written, --force writes beside and over them",
                folder.display(),
                list(files)
            ),
            Self::Component(reason) => f.write_str(reason),
            Self::Io { path, reason } => write!(f, "{}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A file that cannot be read or written.
    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }
}
