//! The text format, and telling it from the binary one.

use std::borrow::Cow;

use wast::Wat;
use wast::parser::{self, ParseBuffer};

use crate::compile::beginnings::{BINARY, Kind, Sort};
use crate::compile::file;
use crate::errors::guest_text::Words;
use crate::errors::spelling::Spelled;
use crate::process::stack;
use crate::{Result, WasmtimeError};

/// Translates the WebAssembly text format to the binary format (core specification, section 6).
///
/// Bytes that are binary already come back unchanged. Fails with `Syntax`, which has line, column and the line itself.
#[uniffi::export]
pub fn wat2wasm(text: &[u8]) -> Result<Vec<u8>> {
    if is_binary(text) { Ok(text.to_vec()) } else { encode(text) }
}

/// Whether these bytes begin as the binary format does.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(BINARY)
}

/// A module or a component of either format, in the binary format. `sort` is what messages call it.
pub(crate) fn to_binary(bytes: &[u8], sort: Sort) -> Result<Cow<'_, [u8]>> {
    if is_binary(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    match begins_text(bytes, sort)? {
        true => encode(bytes).map(Cow::Owned),
        false => {
            Err(WasmtimeError::Compile { reason: format!("not a WebAssembly {}: there are no bytes", sort.word()) })
        }
    }
}

/// How large a file may be that begins with these bytes, and what a message calls it: a module, a component or text. Fails with
/// `Compile` where it is none of them.
pub(crate) fn size(head: &[u8], sort: Sort) -> Result<(u64, &'static str)> {
    if is_binary(head) {
        return Ok((file::MODULE, sort.word()));
    }
    begins_text(head, sort).map(|_| (file::MODULE, "text"))
}

/// Whether bytes that are not binary may be text; if not, they are white space alone. Fails with `Compile` for anything else:
/// the parser's message would speak of tokens where someone gave a picture.
fn begins_text(bytes: &[u8], sort: Sort) -> Result<bool> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'(' | b';') => Ok(true),
        Some(_) if is_path(bytes) => Err(WasmtimeError::wrong_type(format!(
            "the {} is the path of a file: read the file with {}",
            sort.word(),
            Spelled("from_file")
        ))),
        Some(_) => Err(WasmtimeError::Compile {
            reason: match Kind::of(bytes) {
                Some(kind) => kind.advice(),
                None => format!(
                    "not a WebAssembly {}: expected the bytes \\0asm or text that begins with '(', found {}",
                    sort.word(),
                    preview(bytes)
                ),
            },
        }),
        None => Ok(false),
    }
}

/// Whether bytes are the path of a file with a module.
fn is_path(bytes: &[u8]) -> bool {
    const LONGEST: usize = 4096;
    let ends = |end: &[u8]| bytes.len() > end.len() && bytes.to_ascii_lowercase().ends_with(end);
    bytes.len() <= LONGEST && !bytes.iter().any(u8::is_ascii_control) && (ends(b".wasm") || ends(b".wat"))
}

/// How many bytes of stack the parser needs at most. It accepts a hundred nested parentheses, and takes 2.6 KiB for each.
const STACK: usize = 1 << 20;

fn encode(text: &[u8]) -> Result<Vec<u8>> {
    if stack::has_space(STACK) { parse(text) } else { stack::grow(2 * STACK, || parse(text))? }
}

fn parse(text: &[u8]) -> Result<Vec<u8>> {
    let unicode = std::str::from_utf8(text)
        .map_err(|error| WasmtimeError::syntax("the text is not UTF-8".to_owned(), text, error.valid_up_to()))?;
    let syntax =
        |error: wast::Error| WasmtimeError::syntax(Words(error.message()).to_string(), text, error.span().offset());
    let buffer = ParseBuffer::new(unicode).map_err(syntax)?;
    let mut module = parser::parse::<Wat<'_>>(&buffer).map_err(syntax)?;
    module.encode().map_err(syntax)
}

fn preview(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(|byte| format!("\\x{byte:02x}")).collect()
}
