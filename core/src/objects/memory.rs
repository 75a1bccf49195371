//! Memories: the bytes that a guest and its host share.

use std::sync::Arc;

use wasmtime::{AsContext, StoreContextMut};

use crate::errors::chain::chain;
use crate::errors::counted::count;
use crate::errors::numbers::natural;
use crate::errors::spelling::Spelled;
use crate::objects::bytes::{Bytes, hexdump};
use crate::stores::store::{StoreData, StoreId, of_store};
use crate::{MemoryType, Result, Store, WasmtimeError};

/// A linear memory. It belongs to one store.
///
/// Its size is a whole number of pages, of 65,536 bytes unless its type says otherwise. Offsets and lengths
/// are in bytes. An access past the end fails with `Bounds`, and reads or writes nothing.
#[derive(uniffi::Object)]
pub struct Memory {
    owner: StoreId,
    kind: Kind,
}

of_store!(Memory);

enum Kind {
    Own(wasmtime::Memory),
    /// A shared memory as this store sees it. It needs no turn in the store.
    Shared(wasmtime::SharedMemory),
}

#[uniffi::export]
#[cfg_attr(false, brief)]
impl Memory {
    /// Makes a memory in `store`. Fails with `Range` if the type is impossible, with `Limit` if there is no room, and
    /// with `Type` for a shared type: use `SharedMemory` for that.
    #[uniffi::constructor]
    #[cfg_attr(false, long)]
    pub fn new(store: &Store, ty: MemoryType) -> Result<Arc<Self>> {
        if ty.shared {
            return Err(WasmtimeError::wrong_type(format!("{ty} is shared: make it with SharedMemory")));
        }
        let raw = ty.to_wasmtime()?;
        let memory = store.enter(|context| {
            let mut context = context;
            wasmtime::Memory::new(&mut context, raw).map_err(|error| {
                let error = context.data().limiter.too_large(&error).unwrap_or(error);
                WasmtimeError::limit(format!("cannot make {ty}: {}", chain(&error)))
            })
        })?;
        Ok(Self::from_wasmtime(store, memory))
    }

    /// The memory's type. Its limits are those that it was made with.
    pub fn r#type(&self, store: &Store) -> Result<MemoryType> {
        self.visit(
            store,
            |memory, context| Ok(MemoryType::from_wasmtime(&memory.ty(context))),
            |shared| Ok(MemoryType::from_wasmtime(&shared.ty())),
        )
    }

    /// The size now, in pages.
    pub fn size(&self, store: &Store) -> Result<u64> {
        self.visit(store, |memory, context| Ok(memory.size(context)), |shared| Ok(shared.size()))
    }

    /// The size now, in bytes.
    pub fn data_len(&self, store: &Store) -> Result<u64> {
        self.visit(
            store,
            |memory, context| Ok(memory.data_size(context) as u64),
            |shared| Ok(shared.data_size() as u64),
        )
    }

    /// The size of a page, in bytes.
    pub fn page_size(&self, store: &Store) -> Result<u64> {
        self.visit(store, |memory, context| Ok(memory.page_size(context)), |shared| Ok(shared.page_size()))
    }

    /// The address of the first byte in this process, for foreign functions. Nothing checks its
    /// use. It is invalid once the memory grows or its store is closed.
    #[cfg_attr(false, worded)]
    pub fn data_ptr(&self, store: &Store) -> Result<u64> {
        self.visit(
            store,
            |memory, context| Ok(memory.data_ptr(context).addr() as u64),
            |shared| Ok(shared.data().as_ptr().addr() as u64),
        )
    }

    /// Grows the memory by `delta` pages, 0 or more, and returns its size before, in pages. Fails with `Limit`
    /// past the maximum of its type or of its store; then nothing has changed.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, called(delta = "the number of pages to grow by"))]
    pub fn grow(&self, store: &Store, delta: i64) -> Result<u64> {
        let delta = natural(delta, "the number of pages to grow by")?;
        self.visit(
            store,
            |memory, context| {
                let (size, ty) = (memory.size(&*context), memory.ty(&*context));
                memory.grow(&mut *context, delta).map_err(|error| {
                    let limiter = &context.data().limiter;
                    let desired = u128::from(size.saturating_add(delta)) << ty.page_size_log2();
                    if let Some(limit) = forbidden(&ty, size.checked_add(delta)).or(limiter.forbids_memory(desired)) {
                        return cannot_grow(delta, size, &limit);
                    }
                    if limiter.refuses(u64::try_from(desired).unwrap_or(u64::MAX)) {
                        return is_viewed(delta, size);
                    }
                    cannot_grow(delta, size, &chain(&error))
                })
            },
            |shared| grow_shared(shared, delta),
        )
    }

    /// Copies `length` bytes out, beginning at `start`.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, by_hand(kotlin))]
    pub fn read(&self, store: &Store, start: i64, length: i64) -> Result<Vec<u8>> {
        self.with_bytes(store, |bytes| bytes.read(bytes.range(start, length)?))
    }

    /// Copies `data` in, beginning at `start`.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, by_hand(kotlin))]
    pub fn write(&self, store: &Store, data: &[u8], start: i64) -> Result<()> {
        self.with_bytes(store, |mut bytes| bytes.write(start, data))
    }

    /// Sets `length` bytes, beginning at `start`, to `value`.
    pub fn fill(&self, store: &Store, value: u8, start: i64, length: i64) -> Result<()> {
        self.with_bytes(store, |mut bytes| bytes.fill(value, start, length))
    }

    /// Copies `length` bytes from `source` to `destination`. The two ranges may overlap.
    #[cfg_attr(false, called(source = "the offset"))]
    pub fn copy_within(&self, store: &Store, source: i64, destination: i64, length: i64) -> Result<()> {
        self.with_bytes(store, |mut bytes| bytes.copy_within(source, destination, length))
    }

    /// The offset of the first `needle` that lies within `length` bytes from `start`, or up to the end where
    /// no length is given; none where there is none. An empty needle is found at once.
    #[uniffi::method(default(start = 0, length = None))]
    pub fn find(&self, store: &Store, needle: &[u8], start: i64, length: Option<i64>) -> Result<Option<i64>> {
        self.with_bytes(store, |bytes| bytes.find(needle, start, length))
    }

    /// The text of `length` bytes of UTF-8, beginning at `start`. Fails with `Encoding` where it is not UTF-8.
    #[cfg_attr(false, by_hand(python))]
    pub fn read_string(&self, store: &Store, start: i64, length: i64) -> Result<String> {
        self.with_bytes(store, |bytes| bytes.read_string(start, length))
    }

    /// The text from `start` up to the first byte `terminator`, as in C with 0. Fails with `Encoding`
    /// where it is not UTF-8 or no terminator follows.
    #[cfg_attr(false, long)]
    #[uniffi::method(default(terminator = 0))]
    pub fn read_terminated(&self, store: &Store, start: i64, terminator: u8) -> Result<String> {
        self.with_bytes(store, |bytes| bytes.read_terminated(start, terminator))
    }

    /// `length` bytes from `start` as text for people: `width` bytes a line (1 to 4096), by offset, in hex and
    /// as ASCII. Fails with `Range` for any other width.
    #[uniffi::method(default(start = 0, length = 256, width = 16))]
    pub fn hexdump(&self, store: &Store, start: i64, length: i64, width: i64) -> Result<String> {
        let width = usize::try_from(width)
            .ok()
            .filter(|width| (1..=4096).contains(width))
            .ok_or_else(|| WasmtimeError::range(format!("the width is {width}: expected 1 to 4096 bytes a line")))?;
        self.with_bytes(store, |bytes| {
            let range = bytes.range(start, length)?;
            let first = range.start;
            hexdump(&bytes.read(range)?, first, width)
        })
    }
}

/// Declares the typed accessors. Each is one number in little-endian order, at any offset.
macro_rules! numbers {
    ($(#[doc = $reads:literal] $load:ident #[doc = $writes:literal] $store:ident $ty:ty;)*) => {
        #[uniffi::export]
        #[cfg_attr(false, brief)]
        impl Memory {
            $(
                #[doc = $reads]
                pub fn $load(&self, store: &Store, offset: i64) -> Result<$ty> {
                    self.with_bytes(store, |bytes| Ok(<$ty>::from_le_bytes(bytes.load(offset)?)))
                }

                #[doc = $writes]
                pub fn $store(&self, store: &Store, offset: i64, value: $ty) -> Result<()> {
                    self.with_bytes(store, |mut bytes| bytes.write(offset, &value.to_le_bytes()))
                }
            )*
        }
    };
}

numbers! {
    /// Reads a signed 8-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_i8
    /// Writes a signed 8-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_i8 i8;
    /// Reads an unsigned 8-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_u8
    /// Writes an unsigned 8-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_u8 u8;
    /// Reads a signed 16-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_i16
    /// Writes a signed 16-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_i16 i16;
    /// Reads an unsigned 16-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_u16
    /// Writes an unsigned 16-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_u16 u16;
    /// Reads a signed 32-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_i32
    /// Writes a signed 32-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_i32 i32;
    /// Reads an unsigned 32-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_u32
    /// Writes an unsigned 32-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_u32 u32;
    /// Reads a signed 64-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_i64
    /// Writes a signed 64-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_i64 i64;
    /// Reads an unsigned 64-bit integer at `offset`, in little-endian order. It need not be aligned.
    load_u64
    /// Writes an unsigned 64-bit integer at `offset`, in little-endian order. It need not be aligned.
    store_u64 u64;
    /// Reads a 32-bit float at `offset`, in little-endian order. It need not be aligned.
    load_f32
    /// Writes a 32-bit float at `offset`, in little-endian order. It need not be aligned.
    store_f32 f32;
    /// Reads a 64-bit float at `offset`, in little-endian order. It need not be aligned.
    load_f64
    /// Writes a 64-bit float at `offset`, in little-endian order. It need not be aligned.
    store_f64 f64;
}

impl Memory {
    pub(crate) fn from_wasmtime(store: &Store, memory: wasmtime::Memory) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), kind: Kind::Own(memory) })
    }

    pub(crate) fn of_shared(store: &Store, memory: wasmtime::SharedMemory) -> Arc<Self> {
        Arc::new(Self { owner: store.id(), kind: Kind::Shared(memory) })
    }

    pub(crate) fn is_of(&self, store: &Store) -> bool {
        self.owner == store.id()
    }

    pub(crate) fn to_extern(&self, store: &Store) -> Result<wasmtime::Extern> {
        store.check_owner(self.owner, "memory")?;
        Ok(match &self.kind {
            Kind::Own(memory) => (*memory).into(),
            Kind::Shared(memory) => memory.clone().into(),
        })
    }

    /// Whether it is this memory of its store's. One without a byte has no address of its own, and is not known again.
    pub(crate) fn is_just(&self, memory: &wasmtime::Memory, context: impl AsContext) -> bool {
        let Kind::Own(own) = &self.kind else { return false };
        own.data_size(&context) != 0 && own.data_ptr(&context) == memory.data_ptr(&context)
    }

    pub(crate) fn visit<R>(
        &self,
        store: &Store,
        own: impl FnOnce(&wasmtime::Memory, &mut StoreContextMut<'_, StoreData>) -> Result<R>,
        shared: impl FnOnce(&wasmtime::SharedMemory) -> Result<R>,
    ) -> Result<R> {
        store.check_owner(self.owner, "memory")?;
        match &self.kind {
            Kind::Own(memory) => store.enter(|mut context| own(memory, &mut context)),
            Kind::Shared(memory) => shared(memory),
        }
    }

    pub(crate) fn with_bytes<R>(&self, store: &Store, work: impl FnOnce(Bytes<'_>) -> Result<R>) -> Result<R> {
        store.check_owner(self.owner, "memory")?;
        match &self.kind {
            Kind::Own(memory) => store.enter(|mut context| work(Bytes::Own(memory.data_mut(&mut context)))),
            Kind::Shared(memory) => work(Bytes::Shared(memory.data())),
        }
    }
}

/// Grows a shared memory: no store is entered.
pub(crate) fn grow_shared(memory: &wasmtime::SharedMemory, delta: u64) -> Result<u64> {
    let size = memory.size();
    memory.grow(delta).map_err(|error| {
        let why = forbidden(&memory.ty(), size.checked_add(delta)).unwrap_or_else(|| chain(&error));
        cannot_grow(delta, size, &why)
    })
}

fn is_viewed(delta: u64, size: u64) -> WasmtimeError {
    WasmtimeError::limit(format!(
        "cannot grow the memory by {}: it has {size}, would have to move, and a view of its store's memories is \
         out (let go of the view first, or make the engine with a greater {})",
        count(delta, "page"),
        Spelled("memory_reservation")
    ))
}

/// Why the type of a memory forbids that it has so many pages, if it does; without a number, more than there are numbers for.
fn forbidden(ty: &wasmtime::MemoryType, pages: Option<u64>) -> Option<String> {
    let passes = |most: u64| pages.is_none_or(|pages| pages > most);
    let bits = if ty.is_64() { 64 } else { 32_u8 };
    let most = 1_u64.checked_shl(u32::from(bits.saturating_sub(ty.page_size_log2())));
    match (ty.maximum(), most) {
        (Some(max), _) if passes(max) => Some(format!("its maximum is {max}")),
        (_, Some(most)) if passes(most) => Some(format!("a memory of its type has {most} at most")),
        _ => None,
    }
}

fn cannot_grow(delta: u64, size: u64, why: &str) -> WasmtimeError {
    let pages = count(delta, "page");
    WasmtimeError::limit(format!("cannot grow the memory by {pages}: it has {size}, and {why}"))
}
