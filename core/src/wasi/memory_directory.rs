//! A directory in memory, which guests of any number of stores may be granted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use wasmtime_wasi::p1::types::Errno;

use crate::errors::counted::count;
use crate::errors::spelling::Spelled;
use crate::process::fork::{self, Locked};
use crate::process::heap::try_with_capacity;
use crate::wasi::memory_tree::{Content, Node, ROOT, Tree};
use crate::{Result, WasmtimeError};

/// How many bytes the files may have, and how many files and folders there may be, if nothing is said.
const BYTES: u64 = 64 << 20;
const FILES: u64 = 10_000;

/// The device of the next one. Files of the host have 1.
static NEXT_DEVICE: AtomicU64 = AtomicU64::new(2);

/// A file of a directory in memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct MemoryFile {
    /// Its path from the directory on, with slashes between the folders.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A directory in memory, which a store grants to its guests as one of the host. It may be granted in several stores, whose guests
/// then see each other's files, and the host reads and writes its files at any time.
///
/// What guests make it hold is bounded: by the bytes of all files, by the number of files and folders, by 255 bytes for a name, and
/// by 1024 bytes for a path. A guest that would go past a limit gets the error number 19 (`dquot`), or 37 (`nametoolong`). A file
/// takes the room of its size, whatever of it was written. There are no links.
#[derive(uniffi::Object)]
pub struct MemoryDirectory {
    tree: Mutex<Tree>,
    /// What guests know it by: the device of its files.
    pub(super) device: u64,
}

#[uniffi::export]
impl MemoryDirectory {
    /// Makes one with these files. A name that ends in a slash is an empty folder.
    ///
    /// All files together may have `max_bytes` bytes: if nothing is said 67108864, which is 64 MiB, or what it begins with if
    /// that is more. There may be `max_files` files and folders: if nothing is said 10000, or what it begins with. Fails with
    /// `Limit` where it begins with more, and with `Io` for a name that cannot be: an empty one, one that begins with a slash or
    /// leads upwards, or one below a file.
    #[uniffi::constructor]
    pub fn new(files: Vec<MemoryFile>, max_bytes: Option<u64>, max_files: Option<u64>) -> Result<Arc<Self>> {
        // The folders are counted when they are made.
        let sum = files.iter().map(|file| file.bytes.len() as u64).sum::<u64>();
        let mut tree = Tree::new(max_bytes.unwrap_or(BYTES.max(sum)), max_files.unwrap_or(u64::MAX));
        for file in files {
            put(&mut tree, &file.name, &file.bytes)?;
        }
        if max_files.is_none() {
            tree.bound_files(FILES);
        }
        Ok(Arc::new(Self { tree: Mutex::new(tree), device: NEXT_DEVICE.fetch_add(1, Ordering::Relaxed) }))
    }

    /// The names of the files, in their order.
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.lock().files().into_iter().map(|(name, _)| name).collect())
    }

    /// All files, in the order of their names. Fails with `Limit` where the process has no room for a copy.
    #[cfg_attr(false, worded)]
    pub fn files(&self) -> Result<Vec<MemoryFile>> {
        let tree = self.lock();
        let files = tree.files().into_iter();
        files.map(|(name, bytes)| Ok(MemoryFile { name, bytes: copy(bytes)? })).collect()
    }

    /// What a file holds. Fails with `Io` where there is none, and with `Limit` where the process has no room for a copy.
    pub fn read(&self, name: String) -> Result<Vec<u8>> {
        check_name(&name)?;
        let tree = self.lock();
        let node = tree.resolve(ROOT, &name).and_then(|place| place.node()).map_err(|errno| io(&name, errno))?;
        copy(tree.get(node).and_then(|found| found.bytes()).map_err(|errno| io(&name, errno))?)
    }

    /// Writes a file, and makes it and its folders where there are none. A name that ends in a slash is a folder, and has no bytes.
    /// Fails with `Limit` past the directory's limits, and with `Io` for a name that cannot be.
    pub fn write(&self, name: String, bytes: &[u8]) -> Result<()> {
        put(&mut self.lock(), &name, bytes)
    }

    /// Removes a file, or an empty folder. Fails with `Io` where there is none, or the folder has something in it.
    pub fn remove(&self, name: String) -> Result<()> {
        check_name(&name)?;
        let mut tree = self.lock();
        let place = tree.resolve(ROOT, &name).map_err(|errno| io(&name, errno))?;
        let is_folder = place.found.is_some_and(|node| tree.get(node).is_ok_and(|found| found.is_folder()));
        tree.remove(&place, is_folder).map_err(|errno| io(&name, errno))
    }
}

impl MemoryDirectory {
    pub(super) fn lock(&self) -> Locked<'_, Tree> {
        fork::lock(&self.tree)
    }
}

fn copy(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = try_with_capacity(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// Makes a file, and the folders that it is in. Where that fails, nothing has changed.
fn put(tree: &mut Tree, name: &str, bytes: &[u8]) -> Result<()> {
    check_name(name)?;
    let is_folder = name.ends_with('/');
    if is_folder && !bytes.is_empty() {
        return Err(WasmtimeError::Io {
            path: name.into(),
            reason: format!("a folder in memory has no bytes of its own: {} given", count(bytes.len() as u64, "byte")),
            code: None,
        });
    }
    let folders = name.trim_end_matches('/').match_indices('/').map(|(at, _)| at);
    let folders = folders.chain(is_folder.then_some(name.len()));
    let mut made = Vec::new();
    let done = folders
        .filter_map(|end| name.get(..end))
        .filter(|folder| !folder.is_empty())
        .try_for_each(|folder| put_folder(tree, folder, &mut made))
        .and_then(|()| if is_folder { Ok(()) } else { put_file(tree, name, bytes, &mut made) });
    done.map_err(|(errno, full)| {
        for path in made.into_iter().rev() {
            _ = tree.resolve(ROOT, path).and_then(|place| {
                let is_folder = place.found.is_some_and(|node| tree.get(node).is_ok_and(Node::is_folder));
                tree.remove(&place, is_folder)
            });
        }
        match (errno, full) {
            (Errno::Dquot, Full::Files) => no_room_for_files(tree, name),
            (Errno::Dquot, Full::Bytes) => no_room_for_bytes(tree, name, bytes.len() as u64),
            _ => io(name, errno),
        }
    })
}

/// Which limit an operation may meet.
#[derive(Clone, Copy)]
enum Full {
    Files,
    Bytes,
}

fn put_folder<'a>(tree: &mut Tree, folder: &'a str, made: &mut Vec<&'a str>) -> Result<(), (Errno, Full)> {
    let fails = |errno| (errno, Full::Files);
    let place = tree.resolve(ROOT, folder).map_err(fails)?;
    match place.found {
        Some(found) => tree.get(found).and_then(|found| found.names().map(|_| ())).map_err(fails),
        None => {
            tree.create(&place, Content::Folder(BTreeMap::new())).map_err(fails)?;
            made.push(folder);
            Ok(())
        }
    }
}

fn put_file<'a>(tree: &mut Tree, name: &'a str, bytes: &[u8], made: &mut Vec<&'a str>) -> Result<(), (Errno, Full)> {
    let place = tree.resolve(ROOT, name).map_err(|errno| (errno, Full::Files))?;
    let node = match place.found {
        Some(node) => node,
        None => {
            let node = tree.create(&place, Content::File(Vec::new())).map_err(|errno| (errno, Full::Files))?;
            made.push(name);
            node
        }
    };
    let size = bytes.len() as u64;
    let written =
        tree.resize(node, size).and_then(|()| tree.bytes_at(node, 0, size).map(|to| to.copy_from_slice(bytes)));
    written.map_err(|errno| (errno, Full::Bytes))
}

fn no_room_for_files(tree: &Tree, name: &str) -> WasmtimeError {
    let (used, most) = tree.files_used();
    let limit = Spelled("max_files");
    WasmtimeError::limit(format!(
        "the directory in memory has no room for {name:?} and the folders that it is in: {limit} is {most}, and there are {used} \
         files and folders"
    ))
}

fn no_room_for_bytes(tree: &Tree, name: &str, size: u64) -> WasmtimeError {
    let ((used, most), size) = (tree.bytes_used(), count(size, "byte"));
    let limit = Spelled("max_bytes");
    WasmtimeError::limit(format!(
        "the directory in memory has no room for the {size} of {name:?}: {limit} is {most}, and its files have {used}"
    ))
}

/// Fails where no file can have this name.
fn check_name(name: &str) -> Result<()> {
    let reason = match name {
        "" => "the name of a file in memory is empty",
        _ if name.contains('\0') => "the name of a file in memory holds a zero byte, where a guest's text ends",
        _ => return Ok(()),
    };
    Err(WasmtimeError::Io { path: name.into(), reason: reason.to_owned(), code: Some(libc::EINVAL) })
}

/// The error for the host of what a guest would have as a number.
fn io(name: &str, errno: Errno) -> WasmtimeError {
    let (code, reason) = match errno {
        Errno::Nospc => return WasmtimeError::limit(format!("the process has no memory left for {name:?}")),
        Errno::Noent => (libc::ENOENT, "there is no such file in the directory in memory"),
        Errno::Notdir => (libc::ENOTDIR, "a part of the path is a file, or the path of a file ends in a slash"),
        Errno::Isdir => (libc::EISDIR, "it is a folder"),
        Errno::Notempty => (libc::ENOTEMPTY, "the folder is not empty"),
        Errno::Nametoolong => (libc::ENAMETOOLONG, "a name has at most 255 bytes, and a path at most 1024"),
        Errno::Perm | Errno::Inval | Errno::Exist => (
            libc::EINVAL,
            "the name of a file in memory goes from the directory downwards, without a slash at its start",
        ),
        _ => (libc::EIO, "it cannot be done"),
    };
    // The system's own numbers: each language has classes for them.
    WasmtimeError::Io { path: name.into(), reason: reason.to_owned(), code: Some(code) }
}
