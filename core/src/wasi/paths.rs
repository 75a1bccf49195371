//! Slashes at the end of a guest's path. In POSIX they mean that the path names a directory, and that a symbolic link before
//! them is followed. Wasmtime-wasi does not do so everywhere.

use wiggle::{GuestMemory, GuestPtr};

/// How many slashes are read at most: no system takes a longer path.
const LONGEST: u32 = 1 << 16;

/// `lookupflags::symlink_follow` of WASI.
const FOLLOW: i32 = 1;

/// The lookup flags for a path. One that ends in `/` or `/.` gets `symlink_follow`.
pub(super) fn lookup_flags(memory: &GuestMemory<'_>, flags: i32, path: i32, length: i32) -> i32 {
    let last = byte(memory, path, length, 1);
    let wants_directory = last == Some(b'/') || (last == Some(b'.') && byte(memory, path, length, 2) == Some(b'/'));
    if wants_directory { flags | FOLLOW } else { flags }
}

/// The length of a path without the slashes at its end. A path of slashes alone keeps one.
pub(super) fn length_without_slashes(memory: &GuestMemory<'_>, path: i32, length: i32) -> i32 {
    let most = length.cast_unsigned().min(LONGEST);
    let slashes = (1..most).take_while(|&back| byte(memory, path, length, back) == Some(b'/')).count();
    i32::try_from(slashes).map_or(length, |slashes| length.wrapping_sub(slashes))
}

/// The byte at `back` bytes before the end of a path. `None` where that lies outside of memory: wasmtime-wasi reports that to
/// the guest.
fn byte(memory: &GuestMemory<'_>, path: i32, length: i32, back: u32) -> Option<u8> {
    let offset = length.cast_unsigned().checked_sub(back)?;
    memory.read(GuestPtr::new(path.cast_unsigned().checked_add(offset)?)).ok()
}
