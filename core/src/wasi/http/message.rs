//! Requests and responses of HTTP, as values.

use std::sync::Arc;

use crate::{InputSource, OutputSink};

/// A header of HTTP. The value is bytes, since those of servers need not be text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct HttpHeader {
    /// Its name. Those of requests are in lower case.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// What a component asks for by HTTP, but for the body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct HttpRequestHead {
    /// The method, such as `GET`.
    pub method: String,
    /// The scheme: `http`, or `https`, which it is where the guest says none.
    pub scheme: String,
    /// The host, in lower case and without the brackets of an IPv6 address.
    pub host: String,
    /// The port; that of the scheme where the guest says none.
    pub port: u16,
    /// The host and the port as the guest said them. There is no user's name in it: such a request fails in the guest.
    pub authority: String,
    /// The path, which begins with a slash, and the query.
    pub path_with_query: String,
    /// The headers, in their order. Those that belong to the connection are not among them: `Host`, `Connection`, `Transfer-Encoding` and
    /// the like, which a guest cannot set.
    pub headers: Vec<HttpHeader>,
    /// How many bytes the body has.
    pub body_size: u64,
    /// How long the guest waits for the connection, in nanoseconds; none is as long as it takes.
    pub connect_timeout: Option<u64>,
    /// How long it waits for the first byte of the response, in nanoseconds.
    pub first_byte_timeout: Option<u64>,
    /// How long it waits between two pieces of the response's body, in nanoseconds.
    pub between_bytes_timeout: Option<u64>,
}

/// The body of a response.
#[derive(Clone, uniffi::Enum)]
pub enum HttpBody {
    /// Bytes.
    Bytes {
        /// They.
        bytes: Vec<u8>,
    },
    /// A callback, which is asked for pieces until it gives none. To be asked for 0 bytes tells it that the guest wants no more.
    Source {
        /// What is asked for every piece.
        source: Arc<dyn InputSource>,
    },
}

/// What answers a request.
#[derive(Clone, uniffi::Record)]
pub struct HttpResponse {
    /// The status, such as 200.
    pub status: u16,
    /// The headers. A guest does not see those that belong to the connection.
    pub headers: Vec<HttpHeader>,
    /// The body.
    pub body: HttpBody,
    /// The trailers, which a guest finds behind the body.
    pub trailers: Vec<HttpHeader>,
}

/// A request that a component is to answer.
#[derive(Clone, uniffi::Record)]
pub struct ServedRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The scheme: `http` or `https`.
    pub scheme: String,
    /// The host and the port.
    pub authority: String,
    /// The path, which begins with a slash, and the query.
    pub path_with_query: String,
    /// The headers. A guest does not see those that belong to the connection.
    pub headers: Vec<HttpHeader>,
    /// The body.
    pub body: HttpBody,
    /// Takes the response: an empty piece when its head is there, which `ComponentServing.response` gives then, and the pieces of the body after
    /// it. It always has room: it waits until it has. What it fails with ends the guest, and comes out of `ComponentServing.run`.
    pub sink: Arc<dyn OutputSink>,
}

/// The head of a component's response.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct ServedResponse {
    /// The status, such as 200.
    pub status: u16,
    /// The headers, in their order, their names in lower case. Those that belong to the connection are not among them.
    pub headers: Vec<HttpHeader>,
    /// How many bytes the body will have, where the guest has said so: by `content-length`, or as it has no body.
    pub body_size: Option<u64>,
}
