//! Headers of HTTP, and how much room they take.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::errors::guest_text::Name;
use crate::{HttpHeader, Result, WasmtimeError};

/// How many bytes the headers of one message may take, as wasmtime-wasi-http counts them: with what the process needs for each.
pub(crate) const SECTION: usize = 128 << 10;

/// What the process needs for a header beside its text, or a little more.
const EACH: usize = 64;

/// How many bytes they take.
pub(crate) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + EACH).sum()
}

/// They, as the language has them.
pub(crate) fn listed(headers: &HeaderMap) -> Vec<HttpHeader> {
    let one = |(name, value): (&HeaderName, &HeaderValue)| HttpHeader {
        name: name.as_str().to_owned(),
        value: value.as_bytes().to_vec(),
    };
    headers.iter().map(one).collect()
}

/// The bytes of a header's text, in ISO 8859-1: what RFC 9110, section 5.5, says of text beyond ASCII, and what HTTP clients do. Fails
/// with `Encoding` for a character that ISO 8859-1 does not have.
#[uniffi::export]
pub fn http_header_value(name: &str, value: &str) -> Result<Vec<u8>> {
    let octet = |(offset, character): (usize, char)| {
        u8::try_from(u32::from(character)).map_err(|_| WasmtimeError::Encoding {
            reason: format!(
                "the text of the header `{}` has the character U+{:04X}, which ISO 8859-1 does not have: give bytes",
                Name(name),
                u32::from(character)
            ),
            offset: offset as u64,
        })
    };
    value.chars().enumerate().map(octet).collect()
}

/// They, as wasmtime has them; `None` where they take more than the most. Fails with `Config` for one that is no header.
pub(super) fn map(headers: Vec<HttpHeader>) -> Result<Option<HeaderMap>> {
    let mut map = HeaderMap::new();
    let mut room = SECTION;
    for HttpHeader { name, value } in headers {
        let Ok(key) = HeaderName::from_bytes(name.as_bytes()) else {
            let reason =
                format!("`{}` is no name of an HTTP header: expected letters, digits and hyphens", Name(&name));
            return Err(WasmtimeError::Config { reason });
        };
        let Ok(content) = HeaderValue::from_bytes(&value) else {
            let reason = format!("the value of the HTTP header `{}` holds a control character", Name(&name));
            return Err(WasmtimeError::Config { reason });
        };
        let Some(left) = room.checked_sub(name.len() + value.len() + EACH) else { return Ok(None) };
        room = left;
        if map.try_append(key, content).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(map))
}
