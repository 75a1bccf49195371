//! The text format, and telling it from the binary one.

use std::borrow::Cow;

use wast::Wat;
use wast::parser::{self, ParseBuffer};

use crate::compile::file;
use crate::errors::guest_text::Words;
use crate::process::stack;
use crate::{Result, WasmtimeError};

const MAGIC: &[u8] = b"\0asm";

/// Translates the WebAssembly text format to the binary format (core specification, section 6).
///
/// Bytes that are binary already come back unchanged. Fails with `Syntax`, which has line and column.
#[uniffi::export]
pub fn wat2wasm(text: &[u8]) -> Result<Vec<u8>> {
    if is_binary(text) { Ok(text.to_vec()) } else { encode(text) }
}

/// Whether these bytes begin as the binary format does.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// A module of either format, in the binary format.
pub(crate) fn to_binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    if is_binary(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    match begins_text(bytes)? {
        true => encode(bytes).map(Cow::Owned),
        false => Err(WasmtimeError::Compile { reason: "not a WebAssembly module: there are no bytes".to_owned() }),
    }
}

/// How large a file may be that begins with these bytes, and what a message calls it: a module or text. Fails with `Compile`
/// where it is neither.
pub(crate) fn size(head: &[u8]) -> Result<(u64, &'static str)> {
    if is_binary(head) {
        return Ok((file::MODULE, "module"));
    }
    begins_text(head).map(|_| (file::MODULE, "text"))
}

/// Whether bytes that are not binary may be text; if not, they are white space alone. Fails with `Compile` for anything else:
/// the parser's message would speak of tokens where someone gave a picture.
fn begins_text(bytes: &[u8]) -> Result<bool> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'(' | b';') => Ok(true),
        Some(_) => Err(WasmtimeError::Compile {
            reason: format!(
                "not a WebAssembly module: expected the bytes \\0asm or text that begins with '(', found {}",
                preview(bytes)
            ),
        }),
        None => Ok(false),
    }
}

/// How many bytes of stack the parser needs at most. It accepts a hundred nested parentheses, and takes 2.6 KiB for each.
const STACK: usize = 1 << 20;

fn encode(text: &[u8]) -> Result<Vec<u8>> {
    if stack::has_space(STACK) { parse(text) } else { stack::grow(2 * STACK, || parse(text))? }
}

fn parse(text: &[u8]) -> Result<Vec<u8>> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let (line, column) = position(text, error.valid_up_to());
            return Err(WasmtimeError::Syntax { reason: "the text is not UTF-8".to_owned(), line, column });
        }
    };
    let syntax = |error: wast::Error| {
        let (line, column) = error.span().linecol_in(text);
        let from_one = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        WasmtimeError::Syntax {
            reason: Words(error.message()).to_string(),
            line: from_one(line),
            column: from_one(column),
        }
    };
    let buffer = ParseBuffer::new(text).map_err(syntax)?;
    let mut module = parser::parse::<Wat<'_>>(&buffer).map_err(syntax)?;
    module.encode().map_err(syntax)
}

/// Line and column of a byte, both counted from 1.
fn position(text: &[u8], offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn preview(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(|byte| format!("\\x{byte:02x}")).collect()
}
