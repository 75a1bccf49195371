//! The command line of every package.

pub(crate) mod bindgen;
pub(crate) mod command_line;
pub(crate) mod component;
pub(crate) mod explore;
mod inspect;
pub(crate) mod package;
pub(crate) mod run;
pub(crate) mod streams;
pub(crate) mod wave;
