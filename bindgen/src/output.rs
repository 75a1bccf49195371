//! Which files may be written: nothing that was not generated is lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::header::is_generated;
use crate::{File, Problem, Result};

/// How deep a folder is looked through.
const DEPTH: usize = 8;

/// How long the name of a file may be, in bytes: what all usual file systems take.
const LONGEST: usize = 255;

/// What a run leaves behind that no one wrote by hand.
const CACHES: [&str; 4] = ["__pycache__", ".mypy_cache", ".ruff_cache", ".DS_Store"];

/// Writes the files into a folder, which is made if it is not there.
///
/// Fails with `Foreign` where the folder holds a file that was not generated, unless it is forced to. Generated files that
/// are not among these are removed. A file that is as it should be is not touched.
pub fn write(folder: &Path, files: &[File], is_forced: bool) -> Result<()> {
    for part in files.iter().flat_map(|file| file.path.split('/')) {
        if part.len() > LONGEST {
            let what = format!("a file: it has more than {LONGEST} bytes");
            return Err(Problem::Name { name: part.to_owned(), what });
        }
    }
    let mut there = Vec::new();
    find(folder, folder, 0, &mut there)?;
    let mut old = Vec::new();
    let mut foreign = Vec::new();
    for path in there {
        // What cannot be read was not generated.
        let text = fs::read(folder.join(&path)).unwrap_or_default();
        if is_generated(&text) { old.push(path) } else { foreign.push(path) }
    }
    if !foreign.is_empty() && !is_forced {
        return Err(Problem::Foreign { folder: folder.to_owned(), files: foreign });
    }
    for file in files {
        put(&folder.join(&file.path), &file.text)?;
    }
    let new: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
    for path in old.iter().filter(|path| !new.contains(&***path)) {
        let path = folder.join(path);
        fs::remove_file(&path).map_err(|error| Problem::io(&path, &error))?;
    }
    Ok(())
}

/// Writes one file alone. Fails with `Foreign` where it is there, and was not generated, unless it is forced to.
pub fn write_file(path: &Path, file: &File, is_forced: bool) -> Result<()> {
    if !is_forced && fs::read(path).is_ok_and(|before| !is_generated(&before)) {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        return Err(Problem::Foreign { folder, files: vec![file.path.clone()] });
    }
    put(path, &file.text)
}

/// The files in a folder, by their paths in it, in order.
fn find(root: &Path, folder: &Path, depth: usize, found: &mut Vec<String>) -> Result<()> {
    if depth == 0 && !folder.exists() {
        return Ok(());
    }
    let failed = |error: std::io::Error| Problem::io(folder, &error);
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    for path in entries {
        if path.file_name().is_some_and(|name| CACHES.iter().any(|cache| name == *cache)) {
            continue;
        }
        // A link is a file here, whatever it leads to: nothing is written through it without being asked.
        let is_folder = fs::symlink_metadata(&path).map_err(failed)?.is_dir();
        if is_folder && depth < DEPTH {
            find(root, &path, depth + 1, found)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            found.push(parts.join("/"));
        }
    }
    Ok(())
}

/// Writes one file, unless it has that text already.
fn put(path: &Path, text: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Problem::io(folder, &error))?;
    }
    fs::write(path, text).map_err(|error| Problem::io(path, &error))
}
