//! WASI 0.2 for components.

mod clocks;
mod files;
mod http;
mod http_fields;
mod http_requests;
mod http_responses;
pub(crate) mod http_served;
pub(crate) mod interfaces;
mod io;
mod kept;
mod kept_streams;
mod kept_words;
pub(super) mod waiting;
