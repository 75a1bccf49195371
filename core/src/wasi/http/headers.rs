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
pub(super) fn listed(headers: &HeaderMap) -> Vec<HttpHeader> {
    let one = |(name, value): (&HeaderName, &HeaderValue)| HttpHeader {
        name: name.as_str().to_owned(),
        value: value.as_bytes().to_vec(),
    };
    headers.iter().map(one).collect()
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
