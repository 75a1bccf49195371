//! What the command line of one package has that those of the others have not.

use crate::WasiHttp;

/// What a package has of its own.
pub(super) struct Package<'a> {
    /// How the program is called.
    pub(super) program: &'a str,
    /// The client that sends guests' HTTP requests.
    pub(super) http: Option<WasiHttp>,
}
