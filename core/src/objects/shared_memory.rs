//! Shared memories: one memory for several threads and stores.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::compile::closable::Closable;
use crate::compile::engine::check_same;
use crate::errors::chain::chain;
use crate::errors::numbers::{natural, place};
use crate::errors::spelling::Spelled;
use crate::interruption::interrupt_check;
use crate::objects::bytes::Bytes;
use crate::objects::memory::grow_shared;
use crate::{Engine, Memory, MemoryType, Result, Store, WasmtimeError};

/// A memory that several threads may use at once, each from a store of its own.
///
/// It belongs to an engine and to no store: none of its methods waits for one. A number of 2, 4 or 8 bytes at
/// a multiple of its width is read and written whole; longer or other accesses that race with others see each
/// byte as it was before or after.
#[derive(uniffi::Object)]
pub struct SharedMemory {
    engine: wasmtime::Engine,
    pub(crate) inner: Closable<wasmtime::SharedMemory>,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum WaitOutcome {
    /// A notification woke it.
    Ok,
    /// The memory did not hold the expected value: it did not wait.
    Mismatch,
    /// The time was over.
    TimedOut,
}

#[uniffi::export]
#[cfg_attr(false, brief)]
impl SharedMemory {
    /// Makes a shared memory. Its type need not say that it is shared, but has to have a maximum.
    ///
    /// Fails with `Range` without a maximum or where the type is impossible, with `Config` where the engine
    /// has no shared memories (`Config.wasm_threads` or `Config.shared_memory`), and with `Limit` where there
    /// is no room.
    #[uniffi::constructor]
    #[cfg_attr(false, long)]
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<Arc<Self>> {
        let engine = engine.get()?;
        if ty.limits.max.is_none() {
            return Err(WasmtimeError::range(format!(
                "a shared memory needs a maximum: give Limits a maximum, in pages, as in Limits({}, {})",
                ty.limits.min,
                ty.limits.min.max(1)
            )));
        }
        let ty = MemoryType { shared: true, ..ty };
        let raw = ty.to_wasmtime()?;
        let memory = wasmtime::SharedMemory::new(&engine, raw).map_err(|error| {
            let reason = chain(&error);
            match reason.contains("shared_memory") || reason.contains("threads") {
                true if engine.is_pulley() => WasmtimeError::Config {
                    reason: format!(
                        "this engine has no shared memories: turn on Config.{}; guests of the interpreter have no use \
                         for them",
                        Spelled("shared_memory")
                    ),
                },
                true => WasmtimeError::Config {
                    reason: format!("this engine has no shared memories: turn on Config.{}", Spelled("wasm_threads")),
                },
                false => WasmtimeError::limit(format!("cannot make {ty}: {reason}")),
            }
        })?;
        Ok(Self::from_wasmtime(&engine, memory))
    }

    /// The memory's type. Its limits are those that it was made with.
    pub fn r#type(&self) -> Result<MemoryType> {
        Ok(MemoryType::from_wasmtime(&self.inner.get()?.ty()))
    }

    /// The size now, in pages.
    pub fn size(&self) -> Result<u64> {
        Ok(self.inner.get()?.size())
    }

    /// The size now, in bytes.
    pub fn data_len(&self) -> Result<u64> {
        Ok(self.inner.get()?.data_size() as u64)
    }

    /// The address of the first byte in this process, for foreign functions. It stays the same for as long as
    /// the memory lives. Nothing checks its use.
    #[cfg_attr(false, worded)]
    pub fn data_ptr(&self) -> Result<u64> {
        Ok(self.inner.get()?.data().as_ptr().addr() as u64)
    }

    /// Grows the memory by `delta` pages, 0 or more, for all threads, and returns its size before, in pages.
    /// Fails with `Limit` past its maximum.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, called(delta = "the number of pages to grow by"))]
    pub fn grow(&self, delta: i64) -> Result<u64> {
        let delta = natural(delta, "the number of pages to grow by")?;
        grow_shared(&self.inner.get()?, delta)
    }

    /// Copies `length` bytes out, beginning at `start`. Each byte is read atomically, the whole is not.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, by_hand(kotlin))]
    pub fn read(&self, start: i64, length: i64) -> Result<Vec<u8>> {
        let memory = self.inner.get()?;
        let bytes = Bytes::Shared(memory.data());
        bytes.read(bytes.range(start, length)?)
    }

    /// Copies `data` in, beginning at `start`. Each byte is written atomically, the whole is not.
    #[cfg_attr(false, worded)]
    #[cfg_attr(false, by_hand(kotlin))]
    pub fn write(&self, data: &[u8], start: i64) -> Result<()> {
        Bytes::Shared(self.inner.get()?.data()).write(start, data)
    }

    /// This memory as a `Memory` of `store`. Any number of stores may have one, all over the same bytes, and
    /// instances may import it. Fails with `WrongEngine` for a store of another engine.
    pub fn as_memory(&self, store: &Store) -> Result<Arc<Memory>> {
        Ok(Memory::of_shared(store, self.get_for(store)?))
    }

    /// Wakes up to `count` threads that wait at `address`, and returns how many there were, as
    /// `memory.atomic.notify` does (threads proposal). The address is a multiple of 4.
    #[uniffi::method(default(count = 4294967295))]
    pub fn notify(&self, address: i64, count: u32) -> Result<u32> {
        let address = place(address, "the address")?;
        self.inner.get()?.atomic_notify(address, count).map_err(|trap| refuse(trap, address, 4))
    }

    /// Waits at `address` while it holds `expected`, until it is notified or `timeout_ms` milliseconds have
    /// passed, as `memory.atomic.wait32` does (threads proposal). The address is a multiple of 4.
    ///
    /// What ends the calls of the language's threads or tasks ends the wait as well: Ctrl-C, an interrupt, a cancellation. It
    /// belongs to no store, so that neither an `InterruptHandle` nor a time limit of one does. Where another thread closes this
    /// handle meanwhile, it fails with `Closed`.
    #[cfg_attr(false, long)]
    #[uniffi::method(default(timeout_ms = None))]
    #[cfg_attr(false, worded)]
    pub fn wait32(&self, address: i64, expected: i32, timeout_ms: Option<u64>) -> Result<WaitOutcome> {
        let (address, memory) = (place(address, "the address")?, self.inner.get()?);
        self.wait(timeout_ms, |time| {
            let outcome = memory.atomic_wait32(address, expected.cast_unsigned(), Some(time));
            outcome.map_err(|trap| refuse(trap, address, 4))
        })
    }

    /// Like `wait32`, for 64-bit values, as `memory.atomic.wait64` does. The address is a multiple of 8.
    #[cfg_attr(false, long)]
    #[uniffi::method(default(timeout_ms = None))]
    #[cfg_attr(false, worded)]
    pub fn wait64(&self, address: i64, expected: i64, timeout_ms: Option<u64>) -> Result<WaitOutcome> {
        let (address, memory) = (place(address, "the address")?, self.inner.get()?);
        self.wait(timeout_ms, |time| {
            let outcome = memory.atomic_wait64(address, expected.cast_unsigned(), Some(time));
            outcome.map_err(|trap| refuse(trap, address, 8))
        })
    }

    /// Closes this handle. The memory itself lives until every store that uses it is closed as well.
    /// Closing twice does nothing.
    #[cfg_attr(false, long)]
    #[cfg_attr(false, worded)]
    pub fn release(&self) -> Result<()> {
        self.inner.close();
        Ok(())
    }
}

impl SharedMemory {
    pub(crate) fn from_wasmtime(engine: &wasmtime::Engine, memory: wasmtime::SharedMemory) -> Arc<Self> {
        Arc::new(Self { engine: engine.clone(), inner: Closable::new("shared memory", memory) })
    }

    pub(crate) fn get_for(&self, store: &Store) -> Result<wasmtime::SharedMemory> {
        store.check_open()?;
        check_same(&self.engine, store.engine(), "shared memory")?;
        self.inner.get()
    }

    /// Waits in slices, between which the language is asked whether to go on: nothing else wakes a thread that waits.
    fn wait(
        &self,
        timeout_ms: Option<u64>,
        slice: impl Fn(Duration) -> Result<wasmtime::WaitResult>,
    ) -> Result<WaitOutcome> {
        let start = Instant::now();
        let timeout = timeout_ms.map(Duration::from_millis);
        let mut is_later = false;
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(start.elapsed()));
            match slice(left.map_or(SLICE, |left| left.min(SLICE)))? {
                // Whoever wrote another value came between two slices: it is as good as woken. See `waits`.
                wasmtime::WaitResult::Mismatch if is_later => return Ok(WaitOutcome::Ok),
                wasmtime::WaitResult::TimedOut if left.is_none_or(|left| left > SLICE) => {
                    interrupt_check::check_wait()?;
                    self.inner.get().map(drop)?;
                }
                outcome => return Ok(outcome.into()),
            }
            is_later = true;
        }
    }
}

/// How long the host waits at a time. A notification that comes between two slices, of a value that stays as it is, finds nobody:
/// they are long beside what lies between them.
const SLICE: Duration = Duration::from_millis(100);

impl From<wasmtime::WaitResult> for WaitOutcome {
    fn from(result: wasmtime::WaitResult) -> Self {
        match result {
            wasmtime::WaitResult::Ok => Self::Ok,
            wasmtime::WaitResult::Mismatch => Self::Mismatch,
            wasmtime::WaitResult::TimedOut => Self::TimedOut,
        }
    }
}

/// The trap of an atomic operation that the host asked for, with the address that was at fault.
fn refuse(trap: wasmtime::Trap, address: u64, width: u64) -> WasmtimeError {
    match trap {
        wasmtime::Trap::HeapMisaligned => {
            WasmtimeError::range(format!("the address {address} is not a multiple of {width}"))
        }
        other => WasmtimeError::range(format!("no atomic access of {width} bytes at address {address}: {other}")),
    }
}
