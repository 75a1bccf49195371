//! Frames: where in a module a guest stopped, and in which file of its source.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::errors::guest_text::{Lines, Name, Part, Sentence};

/// A function of a guest's source that was running, and where in its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct FrameSymbol {
    /// The function's name in the source, as `Frame.func_name` shows names; none where the module does not say it.
    pub name: Option<String>,
    /// The path of the file, as the compiler knew it: up to 2,048 bytes of UTF-8; `…` stands for the rest.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column, counted from 1, in bytes.
    pub column: Option<u32>,
}

/// One call of a guest's call stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Frame {
    /// The function's index in its module.
    pub func_index: u32,
    /// The function's name, from the module's name section, or else one that it is exported by: demangled, where it is a mangled
    /// one of ordinary size, and otherwise as it is, up to 2,048 bytes of UTF-8; `…` stands for the rest. It is the guest's: the
    /// text of a frame shows it without control characters.
    pub func_name: Option<String>,
    /// The module's name, from its name section, up to 2,048 bytes in the same way.
    pub module_name: Option<String>,
    /// Where it stopped, in bytes from the start of the function's body.
    pub func_offset: Option<u64>,
    /// Where it stopped, in bytes from the start of the module.
    pub module_offset: Option<u64>,
    /// Where in the source that is. Functions that the compiler has inlined into each other stand one behind the other, the
    /// innermost first. Empty where the module does not say it, or `debug_info` still has to be asked.
    #[uniffi(default)]
    pub symbols: Vec<FrameSymbol>,
    /// What reads the symbols of the module, where it has any.
    #[uniffi(default)]
    pub debug_info: Option<Arc<DebugInfo>>,
    /// What can write a core dump of the store: on the innermost frame of a trap, where `Config.coredump_on_trap` is set.
    #[uniffi(default)]
    pub core_dump: Option<Arc<CoreDump>>,
}

impl Frame {
    /// Where in the source it stopped: what is known already, or what the module says.
    fn known_symbols(&self) -> Vec<FrameSymbol> {
        match (&self.debug_info, self.module_offset) {
            (Some(info), Some(offset)) if self.symbols.is_empty() => info.symbols(offset),
            _ => self.symbols.clone(),
        }
    }
}

/// What knows where the code of a module stands in its source files.
pub(crate) trait ReadSymbols: Send + Sync {
    /// The functions that the code at this offset of the module belongs to, innermost first.
    fn symbols(&self, module_offset: u64) -> Vec<FrameSymbol>;
}

/// What a module says of its source files, in the custom sections that compilers write with `-g` (DWARF 2 to 5). It is read when
/// somebody asks.
#[derive(uniffi::Object)]
pub struct DebugInfo {
    reader: Box<dyn ReadSymbols>,
}

#[uniffi::export]
impl DebugInfo {
    /// Where in the source the instruction at this offset of the module stands, as in `Frame.symbols`: empty where the module does
    /// not say it.
    pub fn symbols(&self, module_offset: u64) -> Vec<FrameSymbol> {
        self.reader.symbols(module_offset)
    }
}

impl DebugInfo {
    pub(crate) fn new(reader: impl ReadSymbols + 'static) -> Self {
        Self { reader: Box::new(reader) }
    }
}

/// What is left of a store whose guest has trapped, for `write`.
#[derive(uniffi::Object)]
pub struct CoreDump {
    /// A later room knows its type.
    kept: Box<dyn Any + Send + Sync>,
}

impl CoreDump {
    pub(crate) fn new(kept: impl Any + Send + Sync) -> Self {
        Self { kept: Box::new(kept) }
    }

    /// What it keeps, if that is of this type.
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.kept.downcast_ref()
    }
}

/// Frames are compared by where they stand, and not by who knows more of it.
macro_rules! equal {
    ($($name:ident)*) => {
        $(
            impl fmt::Debug for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(stringify!($name))
                }
            }

            impl PartialEq for $name {
                fn eq(&self, _: &Self) -> bool {
                    true
                }
            }

            impl Eq for $name {}

            impl Hash for $name {
                fn hash<H: Hasher>(&self, _: &mut H) {}
            }
        )*
    };
}

equal!(DebugInfo CoreDump);

/// How much of a path a text shows, in bytes of UTF-8.
const PATH: usize = 512;

impl FrameSymbol {
    /// The file, the line and the column, as far as they are known.
    fn place(&self) -> Option<impl fmt::Display> {
        let file = self.file.as_deref()?;
        Some(fmt::from_fn(move |formatter| {
            write!(formatter, "{}", Part(PATH, file))?;
            let numbers = [self.line, self.line.and(self.column)];
            numbers.into_iter().flatten().try_for_each(|number| write!(formatter, ":{number}"))
        }))
    }
}

impl fmt::Display for FrameSymbol {
    /// The function, and where in its file.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(formatter, "{}", Name(name))?,
            None => formatter.write_str("a function")?,
        }
        match self.place() {
            Some(place) => write!(formatter, " at {place}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Frame {
    /// The function, where in the module, and where in the source.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", InModule(self))?;
        match self.known_symbols().first().and_then(FrameSymbol::place) {
            Some(place) => write!(formatter, " ({place})"),
            None => Ok(()),
        }
    }
}

/// A frame by what wasm says of it.
struct InModule<'a>(&'a Frame);

impl fmt::Display for InModule<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.func_name {
            Some(name) => write!(formatter, "function `{}`", Name(name))?,
            None => write!(formatter, "function {}", self.0.func_index)?,
        }
        match self.0.module_offset {
            Some(offset) => write!(formatter, " at offset {offset:#x} of the module"),
            None => Ok(()),
        }
    }
}

/// A call stack in lines, as wasmtime writes it.
pub struct Backtrace<'a>(pub &'a [Frame]);

impl fmt::Display for Backtrace<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "wasm backtrace:")?;
        for (place, frame) in self.0.iter().enumerate() {
            write!(formatter, "\n  {place:>3}: ")?;
            if let Some(offset) = frame.module_offset {
                write!(formatter, "{offset:#8x} - ")?;
            }
            let symbols = frame.known_symbols();
            if symbols.is_empty() {
                write!(formatter, "{}!", Name(frame.module_name.as_deref().unwrap_or("<unknown>")))?;
            }
            write_symbols(formatter, frame, &symbols)?;
        }
        Ok(())
    }
}

fn write_symbols(formatter: &mut fmt::Formatter<'_>, frame: &Frame, symbols: &[FrameSymbol]) -> fmt::Result {
    let by_itself = [FrameSymbol { name: None, file: None, line: None, column: None }];
    let symbols = if symbols.is_empty() { &by_itself } else { symbols };
    for (depth, symbol) in symbols.iter().enumerate() {
        if depth > 0 {
            write!(formatter, "\n                - ")?;
        }
        let own = if depth == 0 || symbols.len() == depth + 1 { frame.func_name.as_deref() } else { None };
        match symbol.name.as_deref().or(own) {
            Some(name) => write!(formatter, "{}", Name(name))?,
            None if depth == 0 => write!(formatter, "<wasm function {}>", frame.func_index)?,
            None => write!(formatter, "<inlined function>")?,
        }
        if let Some(place) = symbol.place() {
            write!(formatter, "\n                    at {place}")?;
        }
    }
    Ok(())
}

/// The trap's words, the function in which it happened, and all calls of the stack where that says more.
pub(crate) fn sentence(reason: &str, frames: &[Frame]) -> String {
    match frames {
        [] => Sentence(reason).to_string(),
        [only] if only.known_symbols().is_empty() => format!("{}, in {only}", Sentence(reason)),
        [first, ..] => {
            Lines(format_args!("{}, in {}\n{}", Sentence(reason), InModule(first), Backtrace(frames))).to_string()
        }
    }
}
