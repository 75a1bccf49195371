//! The files of core and of the gate use each other in one direction, and so do the rooms of core, which are its folders.
//!
//! A file names another one's items by `use crate::room::file::Item`, or by what `lib.rs` exports of it. Each such name is an
//! edge of a graph, which must have no circle: who reads a file need read only what stands below it.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// The files of a crate, each as the path of its module, with their tokens. `lib.rs` and `mod.rs` only say what there is.
struct Files {
    tokens: BTreeMap<String, TokenStream>,
    /// What `lib.rs` exports, by the file that has it.
    exports: BTreeMap<String, String>,
}

impl Files {
    fn read(folder: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        let mut paths = Vec::new();
        find(&root, &mut paths);
        let mut tokens = BTreeMap::new();
        for path in paths {
            let module = path.strip_prefix(&root).unwrap().with_extension("");
            let name = module.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("::");
            if name != "lib" && !name.ends_with("mod") {
                tokens.insert(name, parse(&path));
            }
        }
        let mut files = Self { tokens, exports: BTreeMap::new() };
        let mut exported = Vec::new();
        uses(parse(&root.join("lib.rs")), &mut exported);
        files.exports = exported.iter().filter_map(|path| Some((path.last()?.clone(), files.file(path)?))).collect();
        files
    }

    /// The file that a path without its `crate` leads to.
    fn file(&self, path: &[String]) -> Option<String> {
        let longest = (1..=path.len()).rev().map(|length| path[..length].join("::"));
        let own = longest.into_iter().find(|module| self.tokens.contains_key(module));
        own.or_else(|| self.exports.get(path.first()?).cloned())
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::new();
        for (name, tokens) in &self.tokens {
            let mut paths = Vec::new();
            in_crate(tokens.clone(), &mut paths);
            let found = paths.iter().filter_map(|path| self.file(path)).filter(|other| other != name).collect();
            graph.insert(name.clone(), found);
        }
        graph
    }
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn parse(path: &Path) -> TokenStream {
    let source = fs::read_to_string(path).unwrap();
    source.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The paths that `pub use` names at the root of a crate.
fn uses(tokens: TokenStream, paths: &mut Vec<Vec<String>>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        if token.to_string() == "use" {
            tree(&tokens[index + 1..], &[], paths);
        }
    }
}

/// The paths that begin with `crate`, wherever they stand: also within macros and attributes.
fn in_crate(tokens: TokenStream, paths: &mut Vec<Vec<String>>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => in_crate(group.stream(), paths),
            TokenTree::Ident(word) if word == "crate" && is_colons(&tokens[index + 1..]) => {
                tree(&tokens[index + 3..], &[], paths);
            }
            _ => {}
        }
    }
}

fn is_colons(tokens: &[TokenTree]) -> bool {
    tokens.len() > 2 && tokens[..2].iter().all(|token| token.to_string() == ":")
}

/// The paths of a tree as `use` has it, from behind `start`.
fn tree(tokens: &[TokenTree], start: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = start.to_vec();
    let mut rest = tokens;
    loop {
        match rest.first() {
            Some(TokenTree::Ident(word)) => path.push(word.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                for part in inner.split(|token| token.to_string() == ",") {
                    tree(part, &path, paths);
                }
                return;
            }
            _ => break,
        }
        match rest.get(1..) {
            Some(behind) if is_colons(behind) => rest = &behind[2..],
            _ => break,
        }
    }
    paths.push(path);
}

/// The nodes that are left when those that use no other one are taken away again and again: each leads to a circle.
fn circles(graph: &Graph) -> Graph {
    let mut left = graph.clone();
    loop {
        let done: Vec<_> = left.iter().filter(|(_, used)| used.is_empty()).map(|(name, _)| name.clone()).collect();
        if done.is_empty() {
            return left;
        }
        for name in done {
            left.remove(&name);
            left.values_mut().for_each(|used| _ = used.remove(&name));
        }
    }
}

/// The same of the folders.
fn rooms(files: &Graph) -> Graph {
    let room = |file: &str| file.split("::").next().unwrap().to_owned();
    let mut graph = Graph::new();
    for (name, used) in files {
        let others = used.iter().map(|file| room(file)).filter(|other| *other != room(name));
        graph.entry(room(name)).or_default().extend(others);
    }
    graph
}

#[test]
fn no_files_of_core_use_each_other_in_a_circle() {
    let graph = Files::read("core/src").graph();
    assert!(graph["stores::entry"].contains("stores::store") && graph["linking::linker"].contains("stores::store"));
    assert_eq!(circles(&graph), Graph::new());
}

#[test]
fn no_rooms_of_core_use_each_other_in_a_circle() {
    assert_eq!(circles(&rooms(&Files::read("core/src").graph())), Graph::new());
}

#[test]
fn no_files_of_the_gate_use_each_other_in_a_circle() {
    let graph = Files::read("gate/src").graph();
    assert!(graph["turns"].contains("gate"));
    assert_eq!(circles(&graph), Graph::new());
}

/// What is named by its place relative to a file would not be seen above.
#[test]
fn files_name_each_other_from_the_root() {
    for folder in ["core/src", "gate/src"] {
        for (name, tokens) in Files::read(folder).tokens {
            let top = tokens.into_iter().filter(|token| !matches!(token, TokenTree::Group(_)));
            let words: Vec<_> = top.map(|token| token.to_string()).collect();
            assert!(!words.windows(2).any(|pair| pair[0] == "super" && pair[1] == ":"), "{folder}: {name}");
        }
    }
}

#[test]
fn a_circle_is_found() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            graph.entry((*to).to_owned()).or_default();
        }
        graph
    };
    assert_eq!(circles(&graph(&[("a", "b"), ("b", "c")])), Graph::new());
    assert_eq!(circles(&graph(&[("a", "b"), ("b", "c"), ("c", "b")])).len(), 3);
}
