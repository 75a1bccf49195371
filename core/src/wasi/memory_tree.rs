//! The files and folders of a directory in memory, and how many bytes and files there may be.
//!
//! A file that has no name any more stays while it is open, and counts as long.

use std::collections::{BTreeMap, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

use wasmtime_wasi::p1::types::Errno;

/// The directory itself.
pub(super) const ROOT: u64 = 1;

/// How long a name may be, a guest's path, and the path of a file from the directory on, in bytes.
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4096;
const LONGEST_PLACE: usize = 1024;

/// A file or folder.
pub(super) struct Node {
    pub(super) content: Content,
    /// The folder that it is in, and whether it is still there.
    parent: u64,
    is_linked: bool,
    /// The length of its name there.
    name: usize,
    /// How many descriptors have it open.
    opened: u64,
    /// In nanoseconds since 1970 began.
    pub(super) accessed: u64,
    pub(super) modified: u64,
}

pub(super) enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<String, u64>),
}

impl Node {
    fn new(content: Content, parent: u64) -> Self {
        let now = now();
        Self { content, parent, is_linked: true, name: 0, opened: 0, accessed: now, modified: now }
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self.content, Content::Folder(_))
    }

    pub(super) fn links(&self) -> u64 {
        u64::from(self.is_linked)
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self) -> Result<&[u8], Errno> {
        match &self.content {
            Content::File(bytes) => Ok(bytes),
            Content::Folder(_) => Err(Errno::Isdir),
        }
    }

    /// The names in a folder.
    pub(super) fn names(&self) -> Result<&BTreeMap<String, u64>, Errno> {
        match &self.content {
            Content::Folder(names) => Ok(names),
            Content::File(_) => Err(Errno::Notdir),
        }
    }
}

/// The time of this machine, in nanoseconds since 1970 began.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Where a path leads.
pub(super) struct Place<'a> {
    /// The folder that has it, or would have it.
    pub(super) folder: u64,
    /// Its name there. None for a path that names the folder itself.
    pub(super) name: Option<&'a str>,
    /// What is there.
    pub(super) found: Option<u64>,
    /// Whether the path says that it is a folder, by a slash at its end.
    pub(super) wants_folder: bool,
}

impl<'a> Place<'a> {
    /// What is there.
    pub(super) fn node(&self) -> Result<u64, Errno> {
        self.found.ok_or(Errno::Noent)
    }

    /// Its name, for what cannot be done to the folder itself.
    fn named(&self) -> Result<&'a str, Errno> {
        self.name.ok_or(Errno::Inval)
    }
}

pub(super) struct Tree {
    nodes: HashMap<u64, Node>,
    next: u64,
    /// How many bytes the files have.
    bytes: u64,
    max_bytes: u64,
    max_files: u64,
}

impl Tree {
    pub(super) fn new(max_bytes: u64, max_files: u64) -> Self {
        let root = Node::new(Content::Folder(BTreeMap::new()), ROOT);
        Self { nodes: HashMap::from([(ROOT, root)]), next: ROOT + 1, bytes: 0, max_bytes, max_files }
    }

    /// Lets there be so many files and folders from now on, or as many as there are.
    pub(super) fn bound_files(&mut self, most: u64) {
        self.max_files = most.max(self.nodes.len() as u64 - 1);
    }

    /// The files and folders that there are, and how many there may be.
    pub(super) fn files_used(&self) -> (u64, u64) {
        (self.nodes.len() as u64 - 1, self.max_files)
    }

    /// The bytes that the files have, and how many they may have.
    pub(super) fn bytes_used(&self) -> (u64, u64) {
        (self.bytes, self.max_bytes)
    }

    pub(super) fn get(&self, node: u64) -> Result<&Node, Errno> {
        self.nodes.get(&node).ok_or(Errno::Noent)
    }

    pub(super) fn get_mut(&mut self, node: u64) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&node).ok_or(Errno::Noent)
    }

    /// Follows a path from a folder on, which it never leaves.
    pub(super) fn resolve<'a>(&self, start: u64, path: &'a str) -> Result<Place<'a>, Errno> {
        match path {
            "" => return Err(Errno::Noent),
            _ if path.len() > LONGEST_PATH => return Err(Errno::Nametoolong),
            _ if path.contains('\0') => return Err(Errno::Inval),
            _ if path.starts_with('/') => return Err(Errno::Perm),
            _ => {}
        }
        let wants_folder = path.ends_with('/') || path.ends_with("/.");
        let mut parts = path.split('/').filter(|part| !matches!(*part, "" | ".")).peekable();
        let (mut above, mut folder) = (Vec::new(), start);
        while let Some(part) = parts.next() {
            let names = self.get(folder)?.names()?;
            if part == ".." {
                folder = above.pop().ok_or(Errno::Perm)?;
                continue;
            }
            if part.len() > LONGEST_NAME {
                return Err(Errno::Nametoolong);
            }
            let found = names.get(part).copied();
            if parts.peek().is_none() {
                return Ok(Place { folder, name: Some(part), found, wants_folder });
            }
            above.push(folder);
            folder = found.ok_or(Errno::Noent)?;
        }
        self.get(folder)?.names()?;
        Ok(Place { folder, name: None, found: Some(folder), wants_folder: true })
    }

    /// Makes a file or folder where there is none.
    pub(super) fn create(&mut self, place: &Place<'_>, content: Content) -> Result<u64, Errno> {
        let name = place.named().map_err(|_| Errno::Exist)?;
        if place.found.is_some() {
            return Err(Errno::Exist);
        }
        if !self.get(place.folder)?.is_linked {
            return Err(Errno::Noent);
        }
        if self.length(place.folder) + name.len() > LONGEST_PLACE {
            return Err(Errno::Nametoolong);
        }
        // The directory itself is one of them.
        if self.nodes.len() as u64 > self.max_files {
            return Err(Errno::Dquot);
        }
        self.nodes.try_reserve(1).map_err(|_| Errno::Nospc)?;
        let node = self.next;
        self.next += 1;
        self.nodes.insert(node, Node::new(content, place.folder));
        self.link(place.folder, name, node)?;
        Ok(node)
    }

    /// The length of the path of a folder, with a slash after each name.
    fn length(&self, mut folder: u64) -> usize {
        let mut length = 0;
        while folder != ROOT {
            let Some(node) = self.nodes.get(&folder) else { break };
            length += node.name + 1;
            folder = node.parent;
        }
        length
    }

    fn link(&mut self, folder: u64, name: &str, node: u64) -> Result<(), Errno> {
        let parent = self.get_mut(folder)?;
        parent.modified = now();
        match &mut parent.content {
            Content::Folder(names) => names.insert(name.to_owned(), node),
            Content::File(_) => return Err(Errno::Notdir),
        };
        let linked = self.get_mut(node)?;
        (linked.parent, linked.name) = (folder, name.len());
        Ok(())
    }

    fn take_name(&mut self, folder: u64, name: &str) -> Result<(), Errno> {
        let parent = self.get_mut(folder)?;
        parent.modified = now();
        if let Content::Folder(names) = &mut parent.content {
            names.remove(name);
        }
        Ok(())
    }

    /// Removes a file, or a folder that is empty.
    pub(super) fn remove(&mut self, place: &Place<'_>, is_folder: bool) -> Result<(), Errno> {
        let node = place.node()?;
        let found = self.get(node)?;
        match (&found.content, is_folder) {
            (Content::File(_), true) => return Err(Errno::Notdir),
            (Content::File(_), false) if place.wants_folder => return Err(Errno::Notdir),
            (Content::Folder(_), false) => return Err(Errno::Isdir),
            (Content::Folder(names), true) if !names.is_empty() => return Err(Errno::Notempty),
            _ => {}
        }
        self.take_name(place.folder, place.named()?)?;
        self.unlinked(node);
        Ok(())
    }

    /// What has no name any more goes, unless it is open.
    fn unlinked(&mut self, node: u64) {
        if let Ok(found) = self.get_mut(node) {
            found.is_linked = false;
            self.free(node);
        }
    }

    fn free(&mut self, node: u64) {
        if self.nodes.get(&node).is_some_and(|found| !found.is_linked && found.opened == 0) {
            let freed = self.nodes.remove(&node);
            self.bytes -= freed.map_or(0, |freed| freed.bytes().map_or(0, <[u8]>::len)) as u64;
        }
    }

    pub(super) fn opened(&mut self, node: u64) {
        if let Ok(found) = self.get_mut(node) {
            found.opened += 1;
        }
    }

    pub(super) fn closed(&mut self, node: u64) {
        if let Ok(found) = self.get_mut(node) {
            found.opened = found.opened.saturating_sub(1);
            self.free(node);
        }
    }

    /// Gives a file or folder another place, where a file may be replaced by a file, and an empty folder by a folder.
    pub(super) fn rename(&mut self, from: &Place<'_>, to: &Place<'_>) -> Result<(), Errno> {
        let (node, old_name, new_name) = (from.node()?, from.named()?, to.named()?);
        let is_folder = self.get(node)?.is_folder();
        if !is_folder && (from.wants_folder || to.wants_folder) {
            return Err(Errno::Notdir);
        }
        if to.found == Some(node) {
            return Ok(());
        }
        if is_folder && self.is_within(to.folder, node) {
            return Err(Errno::Inval);
        }
        if let Some(replaced) = to.found {
            match (&self.get(replaced)?.content, is_folder) {
                (Content::File(_), true) => return Err(Errno::Notdir),
                (Content::Folder(_), false) => return Err(Errno::Isdir),
                (Content::Folder(names), true) if !names.is_empty() => return Err(Errno::Notempty),
                _ => {}
            }
        }
        if !self.get(to.folder)?.is_linked {
            return Err(Errno::Noent);
        }
        if self.length(to.folder) + new_name.len() + self.longest_below(node) > LONGEST_PLACE {
            return Err(Errno::Nametoolong);
        }
        self.take_name(from.folder, old_name)?;
        if let Some(replaced) = to.found {
            self.take_name(to.folder, new_name)?;
            self.unlinked(replaced);
        }
        self.link(to.folder, new_name, node)
    }

    fn is_within(&self, mut folder: u64, outer: u64) -> bool {
        loop {
            if folder == outer {
                return true;
            }
            match self.nodes.get(&folder) {
                Some(node) if folder != ROOT => folder = node.parent,
                _ => return false,
            }
        }
    }

    /// The longest path below a folder, with a slash before each name.
    fn longest_below(&self, node: u64) -> usize {
        let (mut longest, mut left) = (0, vec![(node, 0)]);
        while let Some((node, length)) = left.pop() {
            longest = longest.max(length);
            let names = self.get(node).and_then(Node::names).into_iter().flatten();
            left.extend(names.map(|(name, child)| (*child, length + 1 + name.len())));
        }
        longest
    }

    /// How many bytes there may be more.
    fn room(&self) -> u64 {
        self.max_bytes.saturating_sub(self.bytes)
    }

    /// Gives a file this size, with zeros behind what it has.
    pub(super) fn resize(&mut self, node: u64, size: u64) -> Result<(), Errno> {
        let room = self.room();
        let Content::File(bytes) = &mut self.nodes.get_mut(&node).ok_or(Errno::Noent)?.content else {
            return Err(Errno::Isdir);
        };
        let old = bytes.len() as u64;
        if size.saturating_sub(old) > room {
            return Err(Errno::Dquot);
        }
        let new = usize::try_from(size).map_err(|_| Errno::Fbig)?;
        if size > old {
            bytes.try_reserve(new - bytes.len()).map_err(|_| Errno::Nospc)?;
            bytes.resize(new, 0);
        } else {
            bytes.truncate(new);
            // What is no longer counted is no longer held.
            bytes.shrink_to_fit();
        }
        self.bytes = self.bytes - old + size;
        self.get_mut(node)?.modified = now();
        Ok(())
    }

    /// How many of `wanted` bytes fit into a file at a place: fewer where the directory is full then, and `Dquot` for none.
    pub(super) fn fitting(&self, node: u64, position: u64, wanted: u64) -> Result<u64, Errno> {
        let size = self.get(node)?.bytes()?.len() as u64;
        let most = size.saturating_add(self.room()).saturating_sub(position);
        if wanted != 0 && most == 0 { Err(Errno::Dquot) } else { Ok(wanted.min(most)) }
    }

    /// The bytes of a file from here on, up to so many; it grows where they are not there yet.
    pub(super) fn bytes_at(&mut self, node: u64, position: u64, length: u64) -> Result<&mut [u8], Errno> {
        let end = position.checked_add(length).ok_or(Errno::Fbig)?;
        if length != 0 && end > self.get(node)?.bytes()?.len() as u64 {
            self.resize(node, end)?;
        }
        let found = self.get_mut(node)?;
        found.modified = now();
        let Content::File(bytes) = &mut found.content else { return Err(Errno::Isdir) };
        let (start, end) = (position as usize, end as usize);
        Ok(if length == 0 { &mut [] } else { bytes.get_mut(start..end).ok_or(Errno::Io)? })
    }

    /// The files, by their paths from the directory on.
    pub(super) fn files(&self) -> Vec<(String, &[u8])> {
        let (mut files, mut left) = (Vec::new(), vec![(String::new(), ROOT)]);
        while let Some((path, node)) = left.pop() {
            let Ok(found) = self.get(node) else { continue };
            match &found.content {
                Content::File(bytes) => files.push((path, bytes.as_slice())),
                Content::Folder(names) => left.extend(names.iter().map(|(name, child)| {
                    let slash = if path.is_empty() { "" } else { "/" };
                    (format!("{path}{slash}{name}"), *child)
                })),
            }
        }
        files.sort_by(|one, other| one.0.cmp(&other.0));
        files
    }
}
