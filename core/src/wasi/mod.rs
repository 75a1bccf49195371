//! WASI: preview 1 and its predecessor for modules, 0.2 for components.

pub(crate) mod clock;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod descriptors;
pub(crate) mod exit;
pub(crate) mod functions;
pub(crate) mod host_file;
pub(crate) mod host_text;
pub(crate) mod http;
pub(crate) mod memory_directory;
pub(crate) mod memory_open;
pub(crate) mod memory_paths;
pub(crate) mod memory_tree;
pub(crate) mod paths;
pub(crate) mod poll;
pub(crate) mod preview0;
pub(crate) mod preview1;
pub(crate) mod preview1_functions;
pub(crate) mod preview2;
pub(crate) mod quota;
pub(crate) mod read_dir;
pub(crate) mod source;
pub(crate) mod stdin;
pub(crate) mod stdout;
pub(crate) mod stream;
pub(crate) mod wait;
