//! Traps: why a guest stopped, and where.

use std::fmt;

use crate::WasmtimeError;
use crate::errors::shown;
use crate::errors::shown::{Name, Sentence};
use crate::interruption::interrupt::Interrupted;
use crate::interruption::moved;
use crate::process::stack;

macro_rules! trap_codes {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Why a guest trapped. The names and their order are wasmtime's (`wasmtime::Trap`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
        pub enum TrapCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl TrapCode {
            fn from_wasmtime(trap: wasmtime::Trap) -> Option<Self> {
                match trap {
                    $(wasmtime::Trap::$name => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

trap_codes! {
    /// The call stack is exhausted.
    StackOverflow,
    /// An access outside a linear memory.
    MemoryOutOfBounds,
    /// An atomic access whose address is not a multiple of its width.
    HeapMisaligned,
    /// An access outside a table.
    TableOutOfBounds,
    /// An indirect call to a null table element.
    IndirectCallToNull,
    /// An indirect call to a function of another type.
    BadSignature,
    /// An integer operation overflowed.
    IntegerOverflow,
    /// An integer was divided by zero.
    IntegerDivisionByZero,
    /// A float that no integer can hold was converted to one.
    BadConversionToInteger,
    /// An `unreachable` instruction was executed.
    UnreachableCodeReached,
    /// The guest was interrupted: by a time limit, by a handle, or by an epoch deadline.
    Interrupt,
    /// All fuel is used up.
    OutOfFuel,
    /// An atomic wait on a memory that is not shared.
    AtomicWaitNonSharedMemory,
    /// A null reference was used.
    NullReference,
    /// An access outside an array.
    ArrayOutOfBounds,
    /// An allocation that can never succeed.
    AllocationTooLarge,
    /// A reference was cast to a type that it does not have.
    CastFailure,
    /// A component was entered against the rules of reentrance.
    CannotEnterComponent,
    /// An async-lifted export ended without a result.
    NoAsyncResult,
    /// A suspension met no handler for its tag.
    UnhandledTag,
    /// A continuation was resumed twice.
    ContinuationAlreadyConsumed,
    /// The Pulley interpreter met an opcode that was disabled at compile time.
    DisabledOpcode,
    /// The event loop can make no progress.
    AsyncDeadlock,
    /// A component called out when it may not.
    CannotLeaveComponent,
    /// A synchronous task would have blocked before it returned.
    CannotBlockSyncTask,
    /// A bit pattern that is no `char`.
    InvalidChar,
    /// Wasmtime's own check: string encoding is not finished.
    DebugAssertStringEncodingFinished,
    /// Wasmtime's own check: code units differ.
    DebugAssertEqualCodeUnits,
    /// Wasmtime's own check: a pointer is not aligned.
    DebugAssertPointerAligned,
    /// Wasmtime's own check: upper bits are set.
    DebugAssertUpperBitsUnset,
    /// A string reaches past the end of its memory.
    StringOutOfBounds,
    /// A list reaches past the end of its memory.
    ListOutOfBounds,
    /// A variant has an invalid discriminant.
    InvalidDiscriminant,
    /// A pointer is not aligned.
    UnalignedPointer,
    /// `task.cancel` by a task that was not cancelled.
    TaskCancelNotCancelled,
    /// `task.cancel` or `task.return` more than once.
    TaskCancelOrReturnTwice,
    /// `subtask.cancel` after the subtask ended.
    SubtaskCancelAfterTerminal,
    /// `task.return` with another type.
    TaskReturnInvalid,
    /// `waitable-set.drop` while something waits.
    WaitableSetDropHasWaiters,
    /// `subtask.drop` before the subtask ended.
    SubtaskDropNotResolved,
    /// `thread.new-indirect` with a function of another type.
    ThreadNewIndirectInvalidType,
    /// `thread.new-indirect` with an uninitialised function.
    ThreadNewIndirectUninitialized,
    /// A backpressure counter overflowed.
    BackpressureOverflow,
    /// A callback returned an unknown code.
    UnsupportedCallbackCode,
    /// A thread was resumed that is not suspended.
    CannotResumeThread,
    /// A future or stream is in use already.
    ConcurrentFutureStreamOp,
    /// A reference count overflowed.
    ReferenceCountOverflow,
    /// A stream was read or written with too large a count.
    StreamOpTooBig,
    /// A waitable was used synchronously and asynchronously.
    WaitableSyncAndAsync,
    /// An exception was thrown and nobody caught it.
    UncaughtException,
}

/// One call of a guest's call stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Frame {
    /// The function's index in its module.
    pub func_index: u32,
    /// The function's name, from the module's name section: demangled, where it is a mangled one of ordinary size, and otherwise
    /// as it is. It is the guest's: the text of a frame shows it without control characters.
    pub func_name: Option<String>,
    /// The module's name, from its name section.
    pub module_name: Option<String>,
    /// Where it stopped, in bytes from the start of the function's body.
    pub func_offset: Option<u64>,
    /// Where it stopped, in bytes from the start of the module.
    pub module_offset: Option<u64>,
}

/// What wasmtime-wasi says of a caller without a memory; it has no type for that.
const NO_MEMORY: &str = "missing required memory export";

/// The trap or exit inside an error, if there is one.
pub(crate) fn from_error(error: &wasmtime::Error) -> Option<WasmtimeError> {
    let frames = || {
        let mut names = Names { known: Vec::new(), left: MANGLED_IN_ALL };
        error
            .downcast_ref::<wasmtime::WasmBacktrace>()
            .map(|backtrace| backtrace.frames().iter().filter_map(|info| frame(info, &mut names)).collect())
            .unwrap_or_default()
    };
    if let Some(Interrupted(cause)) = error.downcast_ref() {
        let (code, reason, interruption) = (Some(TrapCode::Interrupt), cause.reason(), Some(*cause));
        return Some(WasmtimeError::Trap { code, reason, interruption, frames: frames() });
    }
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        let code = TrapCode::from_wasmtime(*trap);
        return Some(WasmtimeError::Trap { code, reason: trap.to_string(), interruption: None, frames: frames() });
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return Some(WasmtimeError::Exit { status: exit.0 });
    }
    if let Some(unknown) = error.downcast_ref::<wasmtime::UnknownImportError>() {
        let (module, name) = (unknown.module().to_owned(), unknown.name().to_owned());
        let (shown_module, shown_name) = (Name(&module), Name(&name));
        let reason = format!("the guest called `{shown_module}` `{shown_name}`, which is not defined in the linker");
        return Some(WasmtimeError::Link { reason, module, name });
    }
    if error.is::<wasmtime::GcHeapOutOfMemory<()>>() {
        let reason = "the heap of garbage-collected values has no room for what the guest asked for".to_owned();
        return Some(WasmtimeError::Limit { reason });
    }
    if error.is::<wasmtime::error::OutOfMemory>() {
        return Some(WasmtimeError::Limit { reason: "the process has no memory left".to_owned() });
    }
    // Not the text of the error itself: that is the guest's call stack, in names that wasmtime demangles without bound.
    if shown::whole(NO_MEMORY.len(), |text| write!(text, "{}", error.root_cause())).as_deref() == Some(NO_MEMORY) {
        let reason = "the guest uses WASI and exports no memory: expected one that it exports as `memory`".to_owned();
        return Some(WasmtimeError::Link { reason, module: String::new(), name: "memory".to_owned() });
    }
    if error.is::<wasmtime::ThrownException>() {
        let code = Some(TrapCode::UncaughtException);
        let reason = "an exception was thrown and nobody caught it".to_owned();
        return Some(WasmtimeError::Trap { code, reason, interruption: None, frames: frames() });
    }
    // Our own functions say what is wrong in our own words: it is WASI that refuses what the guest asked of it.
    error.is::<wasmtime::WasmBacktrace>().then(|| {
        let code = error.downcast_ref().and_then(pointer);
        let reason = Sentence(error.root_cause()).to_string();
        WasmtimeError::Trap { code, reason, interruption: None, frames: frames() }
    })
}

/// What is wrong with a pointer that a guest gave to WASI.
fn pointer(error: &wiggle::GuestError) -> Option<TrapCode> {
    match error {
        wiggle::GuestError::InFunc { err, .. } => pointer(err),
        wiggle::GuestError::PtrOverflow | wiggle::GuestError::PtrOutOfBounds(_) => Some(TrapCode::MemoryOutOfBounds),
        wiggle::GuestError::PtrNotAligned(..) => Some(TrapCode::HeapMisaligned),
        _ => None,
    }
}

/// A frame, as it is in the file that was given. None where there is no such function.
fn frame<'a>(info: &'a wasmtime::FrameInfo, names: &mut Names<'a>) -> Option<Frame> {
    let moved = moved::of(info.module());
    if moved.is_some_and(|moved| u64::from(info.func_index()) >= moved.functions) {
        return None;
    }
    let raw = info.symbols().iter().find_map(|symbol| symbol.name()).or(info.func_name());
    Some(Frame {
        func_index: info.func_index(),
        func_name: raw.map(|name| names.demangled(name).unwrap_or_else(|| name.to_owned())),
        module_name: info.module().name().map(str::to_owned),
        func_offset: info.func_offset().map(|offset| offset as u64),
        module_offset: info
            .module_offset()
            .map(|offset| (offset as u64).saturating_sub(moved.map_or(0, |moved| moved.by))),
    })
}

/// The names of a call stack, each demangled once.
struct Names<'a> {
    known: Vec<(&'a str, Option<String>)>,
    /// How much is demangled yet, in bytes of mangled names.
    left: usize,
}

impl<'a> Names<'a> {
    fn demangled(&mut self, name: &'a str) -> Option<String> {
        if let Some((_, known)) = self.known.iter().find(|(other, _)| *other == name) {
            return known.clone();
        }
        let found = name.starts_with('_').then(|| self.left.checked_sub(name.len())).flatten().and_then(|left| {
            self.left = left;
            demangle(name)
        });
        self.known.push((name, found.clone()));
        found
    }
}

/// How much of a call stack's names is demangled, in bytes.
const MANGLED_IN_ALL: usize = 8 << 10;

/// A mangled name that is longer is left as it is, in bytes.
const MANGLED: usize = 512;

/// What is longer when it is demangled is left mangled, in bytes.
const DEMANGLED: usize = 2 << 10;

/// How deep a C++ name may be. What it takes to read one that was made to be hard grows as a power of that.
const DEEP: u32 = 56;

/// What that takes of the stack, in bytes, generously.
const ROOM: usize = 1 << 20;

/// Rust and C++ names as people write them. A name of a few bytes can stand for gigabytes: it is left as it is where that becomes
/// long.
fn demangle(name: &str) -> Option<String> {
    if name.len() > MANGLED {
        return None;
    }
    if stack::has_room(ROOM) { demangle_here(name) } else { stack::grow(ROOM, || demangle_here(name)).ok()? }
}

fn demangle_here(name: &str) -> Option<String> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return shown::whole(DEMANGLED, |text| write!(text, "{rust:#}"));
    }
    // Without this prefix a name is its own: `f` is no `float`.
    if !name.trim_start_matches('_').starts_with('Z') || !name.starts_with('_') {
        return None;
    }
    let (parse, print) = (cpp_demangle::ParseOptions::default(), cpp_demangle::DemangleOptions::default());
    let symbol = cpp_demangle::Symbol::new_with_options(name, &parse.recursion_limit(DEEP)).ok()?;
    shown::whole(DEMANGLED, |mut text| symbol.structured_demangle(&mut text, &print.recursion_limit(2 * DEEP)))
}

impl fmt::Display for Frame {
    /// The function, and where in the module.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.func_name {
            Some(name) => write!(formatter, "function `{}`", Name(name))?,
            None => write!(formatter, "function {}", self.func_index)?,
        }
        match self.module_offset {
            Some(offset) => write!(formatter, " at offset {offset:#x} of the module"),
            None => Ok(()),
        }
    }
}

/// The trap's words, and the function in which it happened.
pub(crate) fn sentence(reason: &str, frames: &[Frame]) -> String {
    match frames.first() {
        Some(frame) => format!("{}, in {frame}", Sentence(reason)),
        None => Sentence(reason).to_string(),
    }
}
