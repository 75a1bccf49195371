//! Frames: where in a module a guest stopped.

use std::fmt;

use crate::errors::guest_text::{Name, Sentence};

/// One call of a guest's call stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Frame {
    /// The function's index in its module.
    pub func_index: u32,
    /// The function's name, from the module's name section: demangled, where it is a mangled one of ordinary size, and otherwise
    /// as it is, up to 2,048 bytes of UTF-8; `…` stands for the rest. It is the guest's: the text of a frame shows it without
    /// control characters.
    pub func_name: Option<String>,
    /// The module's name, from its name section, up to 2,048 bytes in the same way.
    pub module_name: Option<String>,
    /// Where it stopped, in bytes from the start of the function's body.
    pub func_offset: Option<u64>,
    /// Where it stopped, in bytes from the start of the module.
    pub module_offset: Option<u64>,
}

impl fmt::Display for Frame {
    /// The function, and where in the module.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.func_name {
            Some(name) => write!(formatter, "function `{}`", Name(name))?,
            None => write!(formatter, "function {}", self.func_index)?,
        }
        match self.module_offset {
            Some(offset) => write!(formatter, " at offset {offset:#x} of the module"),
            None => Ok(()),
        }
    }
}

/// The trap's words, and the function in which it happened.
pub(crate) fn sentence(reason: &str, frames: &[Frame]) -> String {
    match frames.first() {
        Some(frame) => format!("{}, in {frame}", Sentence(reason)),
        None => Sentence(reason).to_string(),
    }
}
