//! Values as bytes, in the order of their type: what a language writes for a guest, and reads of what a guest gave.
//!
//! A language's own code runs before a guest's store is entered, when it writes, and after it was left, when it reads. Inside of
//! the store there are only these bytes. So no property, destructor or collector of a language can come back into a store
//! that is in use, and a value that does not fit its type is refused before the guest has seen anything of the call.
//!
//! All numbers are little-endian. In the order of the type there stand:
//!
//! | type | bytes |
//! |---|---|
//! | `bool` | 1: 0 or 1 |
//! | integers and floats | as many as the type has |
//! | `char` | 4: the scalar value |
//! | `string` | a count of bytes in 4, and the bytes in UTF-8 |
//! | list of numbers | a count of numbers in 4, and their bytes |
//! | list | a count of items in 4, and the items |
//! | list of a fixed length | as a list, or as a list of numbers |
//! | map | a count of entries in 4, and a key and a value of each |
//! | record, tuple, row | the fields |
//! | variant, enum, option, result | the number of the case in 4, and its payload |
//! | flags | 4: the first name is the lowest bit |
//! | own, borrow | 4: the index of the handle, which stands beside the bytes |
//! | stream, future | 4: the index of the end that is read, which stands among the handles |
//!
//! A string or a list of numbers may stand beside the bytes, too: its count has the highest bit set then, and the index of the
//! part follows in 4 bytes. Large ones need not be copied so.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use wasmtime::component::ResourceAny;

use crate::component::abi::end::End;
use crate::component::abi::plan::{Cases, Kind, Plan};
use crate::component::spare;
use crate::stores::host_objects::{HostResource, Ownership};
use crate::traps::carried::HostError;
use crate::{Result, WasmtimeError};

/// Says of a count that its bytes stand beside the stream.
pub const BESIDE: u32 = 1 << 31;

/// From how many bytes on a string or a list of numbers stands beside the stream.
pub const LARGE: usize = 1 << 10;

/// A resource on its way into a guest.
#[derive(Debug)]
pub enum Handle {
    /// One that a guest gave.
    Any(ResourceAny),
    /// One of the host, by its number, and whether a guest owns it.
    Host(u32, Ownership),
    /// No resource, but the end of a stream or of a future that is read.
    End(End),
}

/// A resource that came out of a guest.
#[derive(Debug)]
pub enum Taken {
    /// It, and whether it is owned.
    Resource(ResourceAny, bool),
    /// No resource, but the end of a stream or of a future that is read.
    End(End),
}

/// Strings and lists of numbers that a language has where only it can reach them, such as the arrays of a JVM. They are copied once: from there
/// into the guest, or out of the guest to there.
pub trait Arrays: Sync {
    /// How many numbers the array of that place among those for the guest has, or bytes where it is a string.
    fn length(&self, place: usize) -> Option<usize>;

    /// Copies that array into the guest's memory: as many bytes as it has. `element` is the type of the numbers; for a string, `None`.
    /// It must not run code of the language.
    fn read(&self, place: usize, element: Option<&Kind>, to: &mut [u8]) -> Result<()>;

    /// Makes an array of what a guest gives, and returns its place among those. `None` where it makes none: then the bytes cross as
    /// others do. It must not run code of the language.
    fn take(&self, element: Option<&Kind>, bytes: &[u8]) -> Option<usize>;
}

/// Where a string or a list of numbers is that goes into a guest.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Bytes(&'a [u8]),
    /// One of so many bytes among the language's arrays.
    Array(&'a dyn Arrays, usize, usize),
}

impl Part<'_> {
    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Array(_, _, length) => *length,
        }
    }

    /// Copies it to where there is just enough room.
    pub(super) fn copy(&self, element: Option<&Kind>, to: &mut [u8]) -> wasmtime::Result<()> {
        match self {
            Self::Bytes(bytes) => to.copy_from_slice(bytes),
            Self::Array(arrays, place, _) => arrays.read(*place, element, to).map_err(HostError)?,
        }
        Ok(())
    }
}

/// Values on their way into a guest.
#[derive(Default, Clone, Copy)]
pub struct Values<'a> {
    /// The stream.
    pub bytes: &'a [u8],
    /// What stands beside it.
    pub beside: &'a [&'a [u8]],
    /// What stands beside it where only the language reaches it. Its places follow those of `beside`.
    pub arrays: Option<&'a dyn Arrays>,
    /// The resources.
    pub handles: &'a [Handle],
    /// The host's types of resources.
    pub hosts: &'a [HostResource],
}

/// Reads values one after the other.
pub(super) struct Reader<'a> {
    values: Values<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: Values<'a>) -> Self {
        Self { values }
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> wasmtime::Result<[u8; N]> {
        let (found, rest) = self.values.bytes.split_first_chunk().ok_or_else(ends_early)?;
        self.values.bytes = rest;
        Ok(*found)
    }

    #[inline]
    pub(super) fn number(&mut self) -> wasmtime::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A count of elements of `size` bytes, and their bytes.
    #[inline]
    pub(super) fn part(&mut self, size: usize) -> wasmtime::Result<(usize, Part<'a>)> {
        let count = self.number()?;
        if count & BESIDE != 0 {
            let part = self.beside(size).ok_or_else(ends_early)?;
            let count = (count & !BESIDE) as usize;
            return if count.checked_mul(size) == Some(part.len()) { Ok((count, part)) } else { Err(ends_early()) };
        }
        let length = (count as usize).checked_mul(size).ok_or_else(ends_early)?;
        let (found, rest) = self.values.bytes.split_at_checked(length).ok_or_else(ends_early)?;
        self.values.bytes = rest;
        Ok((count as usize, Part::Bytes(found)))
    }

    fn beside(&mut self, size: usize) -> Option<Part<'a>> {
        let index = self.number().ok()? as usize;
        if let Some(bytes) = self.values.beside.get(index) {
            return Some(Part::Bytes(bytes));
        }
        let (arrays, place) = (self.values.arrays?, index - self.values.beside.len());
        Some(Part::Array(arrays, place, arrays.length(place)?.checked_mul(size)?))
    }

    /// The elements of a list of that length, which `each` reads one by one. Its count is in the stream, as that of any list, and its
    /// numbers may stand beside it.
    pub(super) fn fixed(
        &mut self,
        length: u32,
        element: &Plan,
        mut each: impl FnMut(&mut Reader<'_>) -> wasmtime::Result<()>,
    ) -> wasmtime::Result<()> {
        if !element.kind.is_number() {
            let count = self.number()?;
            return if count == length { (0..length).try_for_each(|_| each(self)) } else { Err(ends_early()) };
        }
        let (count, part) = self.part(element.size)?;
        if count != length as usize {
            return Err(ends_early());
        }
        let mut copied = Vec::new();
        let bytes = match part {
            Part::Bytes(bytes) => bytes,
            Part::Array(..) => {
                copied.try_reserve_exact(part.len()).map_err(|_| no_room(part.len()))?;
                copied.resize(part.len(), 0);
                part.copy(Some(&element.kind), &mut copied)?;
                &copied
            }
        };
        let values: Values<'_> = self.values;
        let mut inner = Reader { values: Values { bytes, ..values } };
        (0..length).try_for_each(|_| each(&mut inner))
    }

    /// Which case it is, and what its payload is, if it has one.
    pub(super) fn case<'b>(&mut self, cases: &'b Cases) -> wasmtime::Result<(u32, Option<&'b Plan>)> {
        let index = self.number()?;
        let case = cases.cases.get(index as usize).ok_or_else(|| refused("there is no such case"))?;
        Ok((index, case.payload.as_deref()))
    }

    /// The host's types of resources.
    pub(super) fn hosts(&self) -> &'a [HostResource] {
        self.values.hosts
    }

    /// A resource, and its place among those of the call.
    pub(super) fn handle(&mut self) -> wasmtime::Result<(usize, &'a Handle)> {
        let place = self.number()? as usize;
        Ok((place, self.values.handles.get(place).ok_or_else(ends_early)?))
    }

    /// How many bytes are left.
    pub(super) fn rest(&self) -> usize {
        self.values.bytes.len()
    }

    /// Fails where there is more than was read.
    pub(super) fn end(&self) -> wasmtime::Result<()> {
        if self.values.bytes.is_empty() { Ok(()) } else { Err(refused("there are more values than their types have")) }
    }
}

fn ends_early() -> wasmtime::Error {
    refused("the values end before their types do")
}

/// A stream that is not what its type wants: a mistake of the adapter that wrote it.
#[cold]
pub(super) fn refused(reason: &str) -> wasmtime::Error {
    HostError(WasmtimeError::Unexpected { reason: reason.to_owned() }).into()
}

/// Values that a guest gave.
#[derive(Debug)]
pub struct Given {
    /// The stream.
    pub bytes: Vec<u8>,
    /// What stands beside it.
    pub beside: Vec<Vec<u8>>,
    /// From how many bytes on a string or a list of numbers is put beside the stream.
    pub large: usize,
    /// The resources.
    pub handles: Vec<Taken>,
}

thread_local! {
    /// `Given::large` of what this thread lifts.
    static LARGE_NOW: Cell<usize> = const { Cell::new(LARGE) };
}

/// `Given::large` was something else before, and is again when this is dropped.
pub(crate) struct Lifting(usize);

/// From now on, what this thread lifts has so many bytes at least beside the stream.
pub(crate) fn lifting(large: usize) -> Lifting {
    Lifting(LARGE_NOW.replace(large))
}

impl Drop for Lifting {
    fn drop(&mut self) {
        LARGE_NOW.set(self.0);
    }
}

impl Default for Given {
    fn default() -> Self {
        Self { bytes: Vec::new(), beside: Vec::new(), large: LARGE_NOW.get(), handles: Vec::new() }
    }
}

impl Given {
    /// The same with a buffer that the thread has kept.
    pub fn reusing() -> Self {
        Self { bytes: spare::stream(), ..Self::default() }
    }

    /// Adds bytes. Fails with `Limit` where the process has no room for them.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) -> wasmtime::Result<()> {
        if self.bytes.try_reserve(bytes.len()).is_err() {
            return Err(no_room(bytes.len()));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    pub(crate) fn put_number(&mut self, number: u32) -> wasmtime::Result<()> {
        self.put(&number.to_le_bytes())
    }

    pub(super) fn put_handle(&mut self, handle: Taken) -> wasmtime::Result<()> {
        self.put_number(u32::try_from(self.handles.len())?)?;
        self.handles.push(handle);
        Ok(())
    }
}

/// Where a guest's values go.
pub(super) struct Output<'a> {
    pub(super) given: &'a mut Given,
    /// The language's arrays, where it has some.
    pub(super) arrays: Option<&'a dyn Arrays>,
}

impl Deref for Output<'_> {
    type Target = Given;

    fn deref(&self) -> &Given {
        self.given
    }
}

impl DerefMut for Output<'_> {
    fn deref_mut(&mut self) -> &mut Given {
        self.given
    }
}

impl Output<'_> {
    /// Adds so many elements by their bytes. They are numbers of that kind, or those of a string.
    #[inline]
    pub(super) fn put_part(&mut self, count: usize, element: Option<&Kind>, bytes: &[u8]) -> wasmtime::Result<()> {
        let count = u32::try_from(count).map_err(|_| no_room(bytes.len()))?;
        if bytes.len() >= LARGE
            && let Some(place) = self.arrays.and_then(|arrays| arrays.take(element, bytes))
        {
            self.put_number(count | BESIDE)?;
            return self.put_number(u32::try_from(place)?);
        }
        self.given.put_part(count, bytes)
    }
}

impl Given {
    /// Adds so many numbers by their bytes.
    #[inline]
    pub(crate) fn put_part(&mut self, count: u32, bytes: &[u8]) -> wasmtime::Result<()> {
        if bytes.len() < self.large {
            self.put_number(count)?;
            return self.put(bytes);
        }
        self.put_number(count | BESIDE)?;
        self.put_number(u32::try_from(self.beside.len())?)?;
        let mut part = spare::part(bytes.len()).map_err(|_| no_room(bytes.len()))?;
        part.extend_from_slice(bytes);
        self.beside.push(part);
        Ok(())
    }
}

#[cold]
fn no_room(length: usize) -> wasmtime::Error {
    HostError(WasmtimeError::limit(format!("the process has no room for {length} bytes of a component's values")))
        .into()
}

/// What a language wrote for a guest, owned: the results of a host function.
#[derive(Debug, Default)]
pub struct Written {
    /// The stream.
    pub bytes: Vec<u8>,
    /// What stands beside it.
    pub beside: Vec<Vec<u8>>,
    /// The resources.
    pub handles: Vec<Handle>,
    /// The host's types of resources, where there are resources.
    pub hosts: Option<std::sync::Arc<[HostResource]>>,
    /// The names of the function, in words, where there are resources.
    pub names: Option<Box<str>>,
}
