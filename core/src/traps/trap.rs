//! Traps: why a guest stopped, and where.

use wiggle::Region;

use crate::errors::chain::chain;
use crate::errors::guest_text;
use crate::errors::guest_text::{Name, Sentence};
use crate::traps::carried::{HostError, Interrupted};
use crate::traps::demangle::Names;
use crate::traps::{moved, symbols, words};
use crate::{Frame, TrapCode, WasmtimeError};

/// What wasmtime-wasi says of a caller without a memory; it has no type for that.
const NO_MEMORY: &str = "missing required memory export";

/// The trap or exit inside an error, if there is one.
pub(crate) fn from_error(error: &wasmtime::Error) -> Option<WasmtimeError> {
    let frames = || frames(error);
    if let Some(Interrupted(cause)) = error.downcast_ref() {
        let (code, reason, interruption) = (Some(TrapCode::Interrupt), cause.reason(), Some(*cause));
        return Some(WasmtimeError::Trap { code, reason, interruption, frames: frames() });
    }
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        let code = TrapCode::from_wasmtime(*trap);
        let mut reason = trap.to_string();
        if let Some(fault) = fault(error, code) {
            reason = format!("{reason}: {fault}");
        }
        return Some(WasmtimeError::Trap { code, reason, interruption: None, frames: frames() });
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
    if guest_text::whole(NO_MEMORY.len(), |text| write!(text, "{}", error.root_cause())).as_deref() == Some(NO_MEMORY) {
        let reason =
            "the guest uses WASI and exports no memory: expected one that it exports as `memory`; a call by the \
                      host has no guest at all, so that the host cannot call the functions of WASI"
                .to_owned();
        return Some(WasmtimeError::Link { reason, module: String::new(), name: "memory".to_owned() });
    }
    if error.is::<wasmtime::ThrownException>() {
        let code = Some(TrapCode::UncaughtException);
        let reason = "an exception was thrown and nobody caught it".to_owned();
        return Some(WasmtimeError::Trap { code, reason, interruption: None, frames: frames() });
    }
    // Our own functions say what is wrong in our own words: it is WASI that refuses what the guest asked of it.
    error.is::<wasmtime::WasmBacktrace>().then(|| {
        let refused = error.downcast_ref().and_then(pointer);
        let (code, reason) = refused.map_or_else(
            || {
                let said = Sentence(error.root_cause()).to_string();
                (None, words::ours(&said).unwrap_or(said))
            },
            |(code, reason)| (Some(code), reason),
        );
        WasmtimeError::Trap { code, reason, interruption: None, frames: frames() }
    })
}

/// Which address of a memory the guest has used, in wasmtime's words, where it is outside of it. Wasmtime has no public type for
/// that.
fn fault(error: &wasmtime::Error, code: Option<TrapCode>) -> Option<String> {
    const LONGEST: usize = 128;
    if code != Some(TrapCode::MemoryOutOfBounds) {
        return None;
    }
    // The text of the call stack is longer, and is not made to its end.
    let words = |cause: &(dyn std::error::Error + 'static)| guest_text::whole(LONGEST, |text| write!(text, "{cause}"));
    error.chain().filter_map(words).find(|words| words.starts_with("memory fault at wasm address "))
}

/// How many of a guest's calls wasmtime shows: those that a profile has.
pub(crate) const FRAMES_SEEN: usize = 256;

/// How many of them an error has, as many as wasmtime shows of itself.
const FRAMES: usize = 20;

/// The guest's call stack, innermost first.
fn frames(error: &wasmtime::Error) -> Vec<Frame> {
    let mut names = Names::new();
    error
        .downcast_ref::<wasmtime::WasmBacktrace>()
        .map(|backtrace| backtrace.frames().iter().take(FRAMES).filter_map(|info| frame(info, &mut names)).collect())
        .unwrap_or_default()
}

/// What is wrong with a pointer that a guest gave to WASI.
fn pointer(error: &wiggle::GuestError) -> Option<(TrapCode, String)> {
    use wiggle::GuestError::{InFunc, PtrNotAligned, PtrOutOfBounds, PtrOverflow};
    let outside = "the guest gave WASI a pointer outside of its memory";
    match error {
        InFunc { err, .. } => pointer(err),
        PtrOverflow => Some((TrapCode::MemoryOutOfBounds, outside.to_owned())),
        PtrOutOfBounds(Region { start, len }) => {
            Some((TrapCode::MemoryOutOfBounds, format!("{outside}: {len} bytes at offset {start}")))
        }
        PtrNotAligned(Region { start, .. }, alignment) => {
            let reason = format!(
                "the guest gave WASI a pointer that is not aligned: offset {start} is no multiple of {alignment}"
            );
            Some((TrapCode::HeapMisaligned, reason))
        }
        _ => None,
    }
}

/// Where the frame stands in the file that was given, if that is known. None where the file has no such function.
pub(crate) fn module_offset(info: &wasmtime::FrameInfo) -> Option<Option<u64>> {
    let moved = moved::of(info.module());
    if moved.is_some_and(|moved| u64::from(info.func_index()) >= moved.functions) {
        return None;
    }
    Some(info.module_offset().map(|offset| (offset as u64).saturating_sub(moved.map_or(0, |moved| moved.by))))
}

/// A frame, as it is in the file that was given. None where there is no such function.
fn frame<'a>(info: &'a wasmtime::FrameInfo, names: &mut Names<'a>) -> Option<Frame> {
    let module_offset = module_offset(info)?;
    Some(Frame {
        func_index: info.func_index(),
        func_name: info.func_name().map(|name| names.demangled(name).unwrap_or_else(|| guest_text::start(name))),
        module_name: info.module().name().map(guest_text::start),
        func_offset: info.func_offset().map(|offset| offset as u64),
        module_offset,
        symbols: Vec::new(),
        core_dump: None,
        debug_info: symbols::of(info.module().image_range().start.addr()),
    })
}

impl WasmtimeError {
    /// Translates an error of wasmtime's after a guest ran: a trap, an exit, or the error of a host function. `otherwise`
    /// makes an error of the text of any other one.
    pub(crate) fn from_guest(error: wasmtime::Error, otherwise: impl FnOnce(String) -> Self) -> Self {
        let frames = if error.is::<HostError>() { frames(&error) } else { Vec::new() };
        match error.downcast::<HostError>() {
            // The language that called the outermost guest shows which one it was.
            Ok(HostError(Self::Host { reason, thrown, .. })) => Self::Host { reason, thrown, frames },
            Ok(HostError(original)) => original,
            Err(error) => match from_error(&error) {
                Some(trap) => trap.with_core_dump(error),
                None => otherwise(chain(&error)),
            },
        }
    }

    /// The error of a call.
    #[cold]
    pub(crate) fn from_call(error: wasmtime::Error) -> Self {
        Self::from_guest(error, |reason| Self::no_stack(&reason).unwrap_or(Self::Unexpected { reason }))
    }
}
