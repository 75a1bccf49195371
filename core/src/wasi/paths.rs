//! Slashes at the end of a guest's path, which POSIX gives a meaning and wasmtime-wasi does not everywhere: the path names a
//! directory, and a symbolic link before them is followed.

use wiggle::{GuestMemory, GuestPtr};

/// How many slashes are looked at: no system takes a longer path.
const LONGEST: u32 = 1 << 16;

/// `lookupflags::symlink_follow` of WASI.
const FOLLOW: i32 = 1;

/// The flags for a path that is looked up: one that ends in a slash, or in `/.`, is followed to what has to be a directory.
pub(super) fn lookup_flags(memory: &GuestMemory<'_>, flags: i32, path: i32, length: i32) -> i32 {
    let last = byte(memory, path, length, 1);
    let wants_directory = last == Some(b'/') || (last == Some(b'.') && byte(memory, path, length, 2) == Some(b'/'));
    if wants_directory { flags | FOLLOW } else { flags }
}

/// The length of a path without the slashes at its end. Of a path of nothing but slashes one is left.
pub(super) fn length_without_slashes(memory: &GuestMemory<'_>, path: i32, length: i32) -> i32 {
    let most = length.cast_unsigned().min(LONGEST);
    let slashes = (1..most).take_while(|&back| byte(memory, path, length, back) == Some(b'/')).count();
    i32::try_from(slashes).map_or(length, |slashes| length.wrapping_sub(slashes))
}

/// The byte that is so many before the end of a path; none where there is none, which wasmtime-wasi tells the guest of.
fn byte(memory: &GuestMemory<'_>, path: i32, length: i32, back: u32) -> Option<u8> {
    let offset = length.cast_unsigned().checked_sub(back)?;
    memory.read(GuestPtr::new(path.cast_unsigned().checked_add(offset)?)).ok()
}
