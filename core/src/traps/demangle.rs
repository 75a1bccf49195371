//! Names as people wrote them, out of the names that compilers make of them.

use crate::errors::guest_text;
use crate::process::stack;

/// The names of a call stack, each demangled once.
pub(super) struct Names<'a> {
    known: Vec<(&'a str, Option<String>)>,
    /// How much is demangled yet, in bytes of mangled names.
    left: usize,
}

impl<'a> Names<'a> {
    pub(super) fn new() -> Self {
        Self { known: Vec::new(), left: MANGLED_IN_ALL }
    }

    pub(super) fn demangled(&mut self, name: &'a str) -> Option<String> {
        if let Some((_, known)) = self.known.iter().find(|(other, _)| *other == name) {
            return known.clone();
        }
        let found = demangled(name, &mut self.left);
        self.known.push((name, found.clone()));
        found
    }
}

/// A name as people wrote it, where it is a mangled one. `left` is how much may be demangled yet, in bytes of mangled names.
pub(crate) fn demangled(name: &str, left: &mut usize) -> Option<String> {
    *left = name.starts_with('_').then(|| left.checked_sub(name.len())).flatten()?;
    demangle(name)
}

/// How much of a call stack's names is demangled, in bytes.
const MANGLED_IN_ALL: usize = 8 << 10;

/// A mangled name that is longer is left as it is, in bytes.
const MANGLED: usize = 512;

/// What is longer when it is demangled is left mangled, in bytes.
const DEMANGLED: usize = 2 << 10;

/// How deep a C++ name may be. What it takes to read one that was made to be hard grows as a power of that.
const DEEP: u32 = 56;

/// What that takes of the stack, in bytes, generously.
const STACK: usize = 1 << 20;

/// Rust and C++ names as people write them. A name of a few bytes can stand for gigabytes: it is left as it is where that becomes
/// long.
fn demangle(name: &str) -> Option<String> {
    if name.len() > MANGLED {
        return None;
    }
    if stack::has_space(STACK) { demangle_here(name) } else { stack::grow(STACK, || demangle_here(name)).ok()? }
}

fn demangle_here(name: &str) -> Option<String> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return guest_text::whole(DEMANGLED, |text| write!(text, "{rust:#}"));
    }
    // Without this prefix a name is its own: `f` is no `float`.
    if !name.trim_start_matches('_').starts_with('Z') || !name.starts_with('_') {
        return None;
    }
    let (parse, print) = (cpp_demangle::ParseOptions::default(), cpp_demangle::DemangleOptions::default());
    let symbol = cpp_demangle::Symbol::new_with_options(name, &parse.recursion_limit(DEEP)).ok()?;
    guest_text::whole(DEMANGLED, |mut text| symbol.structured_demangle(&mut text, &print.recursion_limit(2 * DEEP)))
}
