//! How an engine is configured.

use std::num::NonZeroUsize;
#[cfg(unix)]
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::compile::cache::CompileCache;
use crate::errors::chain;
use crate::errors::spelling::Spelled;
#[cfg(unix)]
use crate::process::task_stacks::Stacks;
#[cfg(unix)]
use crate::traps::carried::HostError;
use crate::traps::trap::FRAMES_SEEN;
use crate::{Allocation, ModuleLimits, Result, WasmtimeError};

/// Which compiler turns a module into machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Strategy {
    /// The best one that there is for the target.
    Auto,
    /// Cranelift, the optimising compiler.
    Cranelift,
}

/// How hard Cranelift tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum OptLevel {
    /// As little as possible: compiles fastest.
    None,
    /// For speed.
    Speed,
    /// For speed, and for small code.
    SpeedAndSize,
}

/// How compiled code is shown to a profiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum ProfilingStrategy {
    /// Not at all.
    None,
    /// By a jitdump file, for `perf inject` on Linux.
    Jitdump,
    /// By the interface of VTune.
    Vtune,
    /// By a perf map file, on Linux.
    Perfmap,
}

/// How garbage-collected references are managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Collector {
    /// The best one that there is for the target.
    Auto,
    /// Deferred reference counting: short pauses, but cycles are never freed.
    DeferredReferenceCounting,
    /// Never collects: for short runs.
    Null,
    /// A copying collector, which frees cycles.
    Copying,
}

/// Where compiled modules and components are kept between runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Cache {
    /// In the place and with the limits that wasmtime chooses for this user.
    Standard,
    /// In a folder, or as a TOML file says.
    File {
        /// The path of the folder, or of that file. A path that ends in `/` is that of a folder, which is made where there is none.
        path: Utf8PathBuf,
    },
}

/// A target-specific flag of Cranelift.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct CraneliftFlag {
    /// The flag's name.
    pub name: String,
    /// Its value; none enables a flag that is on or off.
    #[uniffi(default)]
    pub value: Option<String>,
}

macro_rules! config {
    ($(
        $(#[$words:meta])+
        $name:ident: $ty:ty $(=> $setter:ident)?,
    )*) => {
        /// The configuration of an engine. What is not set keeps the default of wasmtime 48.
        ///
        /// A configuration is a plain value: change it as you like, an engine reads it once when it is made.
        /// Sizes are in bytes. Names are those of `wasmtime::Config`.
        #[derive(Debug, Clone, Default, PartialEq, uniffi::Record)]
        pub struct Config {
            $(
                $(#[$words])+
                #[uniffi(default)]
                pub $name: Option<$ty>,
            )*
            /// Target-specific flags of Cranelift, applied in order. A flag changes the code that is made:
            /// one that promises what the machine cannot do makes a guest crash the process.
            #[uniffi(default)]
            pub cranelift_flags: Vec<CraneliftFlag>,
        }

        impl Config {
            /// The settings that wasmtime takes as they are.
            fn apply_plain(&self, config: &mut wasmtime::Config) {
                $($(
                    if let Some(value) = self.$name {
                        config.$setter(value);
                    }
                )?)*
            }
        }
    };
}

config! {
    /// Emits DWARF debug information for compiled code, for native debuggers.
    debug_info: bool => debug_info,
    /// Keeps what modules say of their source files, so that traps have the file, the line and the column. On by default. It takes
    /// as much memory as the module has of it, and is read only when somebody asks. Wasmtime's `WASMTIME_BACKTRACE_DETAILS` has no
    /// effect.
    wasm_backtrace_details: bool,
    /// Has a trap keep what can write a core dump of its store, for `wasm-tools` and debuggers. Off by default: each trap then lists
    /// all that the store has.
    coredump_on_trap: bool => coredump_on_trap,
    /// The threads proposal: atomics and shared memories in modules. Turning it on also lets the host make
    /// shared memories, unless `shared_memory` says otherwise. The portable interpreter does not have it.
    wasm_threads: bool => wasm_threads,
    /// The tail calls of WebAssembly 3.0.
    wasm_tail_call: bool => wasm_tail_call,
    /// The reference types of WebAssembly 2.0.
    wasm_reference_types: bool => wasm_reference_types,
    /// The vector instructions of WebAssembly 2.0.
    wasm_simd: bool => wasm_simd,
    /// The bulk memory operations of WebAssembly 2.0.
    wasm_bulk_memory: bool => wasm_bulk_memory,
    /// Several results of functions and blocks (WebAssembly 2.0).
    wasm_multi_value: bool => wasm_multi_value,
    /// Several memories in a module (WebAssembly 3.0).
    wasm_multi_memory: bool => wasm_multi_memory,
    /// Memories and tables with 64-bit addresses (WebAssembly 3.0).
    wasm_memory64: bool => wasm_memory64,
    /// The relaxed vector instructions of WebAssembly 3.0.
    wasm_relaxed_simd: bool => wasm_relaxed_simd,
    /// Gives relaxed vector instructions one result on every machine, at the cost of speed.
    wasm_relaxed_simd_deterministic: bool => relaxed_simd_deterministic,
    /// The component model.
    wasm_component_model: bool => wasm_component_model,
    /// The async part of the component model: functions that are async by their type, whose tasks go on while others wait. Off by
    /// default: where it is on, the guests of components run on fibers, and a call of one costs several times as much.
    wasm_component_model_async: bool,
    /// More of what guests may call in the async part of the component model, such as reads and writes of streams that wait. Needs
    /// `wasm_component_model_async`.
    wasm_component_model_more_async_builtins: bool => wasm_component_model_more_async_builtins,
    /// Async functions of the component model that wait on stacks of their own, and have no callback. Needs
    /// `wasm_component_model_async`.
    wasm_component_model_async_stackful: bool => wasm_component_model_async_stackful,
    /// The cooperative threads of the component model. Needs `wasm_component_model_async`.
    wasm_component_model_threading: bool => wasm_component_model_threading,
    /// The map type of the component model.
    wasm_component_model_map: bool => wasm_component_model_map,
    /// Lists of a fixed length of the component model. Wasmtime's support for them is not complete: leave it off for components that
    /// you do not trust.
    wasm_component_model_fixed_length_lists: bool => wasm_component_model_fixed_length_lists,
    /// The exceptions of WebAssembly 3.0.
    wasm_exceptions: bool => wasm_exceptions,
    /// The typed function references of WebAssembly 3.0.
    wasm_function_references: bool => wasm_function_references,
    /// The garbage-collected types of WebAssembly 3.0.
    wasm_gc: bool => wasm_gc,
    /// The wide arithmetic proposal: 128-bit addition and multiplication.
    wasm_wide_arithmetic: bool => wasm_wide_arithmetic,
    /// The custom page sizes proposal: memories with pages of one byte.
    wasm_custom_page_sizes: bool => wasm_custom_page_sizes,
    /// The stack switching proposal (x86-64 Linux only).
    wasm_stack_switching: bool => wasm_stack_switching,
    /// Which compiler is used.
    strategy: Strategy,
    /// Has Cranelift check its own intermediate code. Slow; for debugging.
    cranelift_debug_verifier: bool => cranelift_debug_verifier,
    /// How hard Cranelift tries.
    cranelift_opt_level: OptLevel,
    /// Gives every NaN one bit pattern, so that floating-point results are the same on every machine.
    cranelift_nan_canonicalization: bool => cranelift_nan_canonicalization,
    /// How compiled code is shown to a profiler.
    profiler: ProfilingStrategy,
    /// Keeps compiled modules and components between runs, for any number of processes at once, up to 512 MiB unless a file with
    /// settings says otherwise. What is damaged there is compiled again. They are machine code: give it a folder that nobody else
    /// writes to.
    cache: Cache,
    /// Lets guests be interrupted: by `Engine.increment_epoch` at their deadlines, by the timeout or a deadline of their
    /// store, and by an `InterruptHandle`.
    #[cfg_attr(
        false,
        also(
            kotlin = "[Thread.interrupt] of the thread that a guest runs on ends it as well, and comes out as an [InterruptedException].",
            swift = "The cancellation of the task that a guest runs in ends it as well, and comes out as a `CancellationError` in ``WasmtimeError/thrown(_:)``."
        )
    )]
    epoch_interruption: bool => epoch_interruption,
    /// Makes guests use fuel. A store begins with none.
    consume_fuel: bool => consume_fuel,
    /// Compiles the functions of a module on several threads.
    parallel_compilation: bool => parallel_compilation,
    /// Lets the host make shared memories. Off by default, as in wasmtime.
    shared_memory: bool => shared_memory,
    /// The greatest stack that guest code may use, in bytes: more than zero, at most 1 GiB. On a thread that has less left,
    /// guests run on a stack of their own.
    max_wasm_stack: u64,
    /// Support for garbage-collected references as a whole.
    gc_support: bool => gc_support,
    /// How garbage-collected references are managed.
    collector: Collector,
    /// Lets a memory move when it grows past its reservation.
    memory_may_move: bool => memory_may_move,
    /// The address space that is reserved for each memory, in bytes.
    memory_reservation: u64 => memory_reservation,
    /// The size of the guard region behind each memory, in bytes.
    memory_guard_size: u64 => memory_guard_size,
    /// The address space that is reserved again when a memory has moved, in bytes.
    memory_reservation_for_growth: u64 => memory_reservation_for_growth,
    /// Initialises memories by copy-on-write mappings, where the system has them.
    memory_init_cow: bool => memory_init_cow,
    /// Emits native unwind information for compiled code.
    native_unwind_info: bool => native_unwind_info,
    /// The target that code is compiled for, as a triple such as `x86_64-unknown-linux-gnu`, or `pulley64` for
    /// the portable interpreter. Code for another machine can be compiled, if this build has a compiler for it, but
    /// not run.
    #[cfg_attr(
        false,
        also(
            swift = "Where a system does not let an app generate code (iOS and its relatives), what is not set is `pulley64`; everywhere else it is this machine."
        )
    )]
    target: String,
    /// Uses Mach ports for traps on macOS, and not signals.
    macos_use_mach_ports: bool => macos_use_mach_ports,
    /// Uses the processor's own faults to detect traps, by signal handlers of the process.
    signals_based_traps: bool => signals_based_traps,
    /// Where instances get their memories and tables from.
    allocation: Allocation,
    /// How large a module may be that is compiled, and how long compiling may take.
    module_limits: ModuleLimits,
}

impl Config {
    /// How many bytes of stack guest code may use: `max_wasm_stack`, or wasmtime's default.
    pub(crate) fn guest_stack(&self) -> usize {
        const DEFAULT: u64 = 512 << 10;
        usize::try_from(self.max_wasm_stack.unwrap_or(DEFAULT)).unwrap_or(usize::MAX)
    }

    /// How large a memory may grow without moving, in bytes, by the settings or wasmtime's defaults.
    pub(crate) fn reserved(&self) -> u64 {
        // On other machines wasmtime reserves less, and 0 promises nothing.
        const DEFAULT: u64 = if cfg!(target_pointer_width = "64") && !cfg!(miri) { 4 << 30 } else { 0 };
        match self.memory_may_move {
            Some(false) => u64::MAX,
            // A memory of the pool never moves.
            _ if matches!(self.allocation, Some(Allocation::Pooling { .. })) => u64::MAX,
            _ => self.memory_reservation.unwrap_or(DEFAULT),
        }
    }

    /// Makes the cache, if there is one. Wasmtime's own configuration gets none.
    pub(crate) fn compile_cache(&self) -> Result<Option<CompileCache>> {
        let path = match &self.cache {
            None => return Ok(None),
            Some(Cache::Standard) => None,
            Some(Cache::File { path }) => Some(path.as_path()),
        };
        CompileCache::new(path).map(Some)
    }

    /// The same configuration as wasmtime's type.
    pub(crate) fn to_wasmtime(&self) -> Result<wasmtime::Config> {
        let invalid =
            |setting, reason: String| WasmtimeError::Config { reason: format!("{}: {reason}", Spelled(setting)) };
        let mut config = wasmtime::Config::new();
        if let Some(target) = &self.target {
            config.target(target).map_err(|error| invalid("target", chain::lines(&error)))?;
        }
        if self.wasm_threads == Some(true) && self.target.as_deref().is_some_and(|target| target.starts_with("pulley"))
        {
            let reason = "the interpreter has no atomics and no shared memories: leave it off, or use another target";
            return Err(invalid("wasm_threads", reason.to_owned()));
        }
        self.apply_plain(&mut config);
        // Wasmtime would read the lines of the source for each frame of each trap.
        config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
        if self.epoch_interruption == Some(true) {
            // A profile of their guests wants the outer calls as well.
            config.wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES_SEEN));
        }
        let is_async = self.wasm_component_model_async == Some(true);
        config.concurrency_support(is_async);
        #[cfg(unix)]
        if is_async {
            config.with_host_stack(Arc::new(Stacks { refusal: |error| HostError(error).into() }));
        }
        config.wasm_component_model_async(is_async);
        let parts = [
            ("wasm_component_model_more_async_builtins", self.wasm_component_model_more_async_builtins),
            ("wasm_component_model_async_stackful", self.wasm_component_model_async_stackful),
            ("wasm_component_model_threading", self.wasm_component_model_threading),
        ];
        if let Some((name, _)) = parts.iter().find(|(_, value)| *value == Some(true) && !is_async) {
            let reason = format!("it is a part of {}: turn that on as well", Spelled("wasm_component_model_async"));
            return Err(invalid(name, reason));
        }
        if self.shared_memory.is_none() && self.wasm_threads == Some(true) {
            config.shared_memory(true);
        }
        if let Some(allocation) = &self.allocation {
            config.allocation_strategy(allocation.to_wasmtime()?);
        }
        if let Some(strategy) = self.strategy {
            config.strategy(match strategy {
                Strategy::Auto => wasmtime::Strategy::Auto,
                Strategy::Cranelift => wasmtime::Strategy::Cranelift,
            });
        }
        if let Some(level) = self.cranelift_opt_level {
            config.cranelift_opt_level(match level {
                OptLevel::None => wasmtime::OptLevel::None,
                OptLevel::Speed => wasmtime::OptLevel::Speed,
                OptLevel::SpeedAndSize => wasmtime::OptLevel::SpeedAndSize,
            });
        }
        if let Some(profiler) = self.profiler {
            config.profiler(match profiler {
                ProfilingStrategy::None => wasmtime::ProfilingStrategy::None,
                ProfilingStrategy::Jitdump => wasmtime::ProfilingStrategy::JitDump,
                ProfilingStrategy::Vtune => wasmtime::ProfilingStrategy::VTune,
                ProfilingStrategy::Perfmap => wasmtime::ProfilingStrategy::PerfMap,
            });
        }
        if let Some(collector) = self.collector {
            config.collector(match collector {
                Collector::Auto => wasmtime::Collector::Auto,
                Collector::DeferredReferenceCounting => wasmtime::Collector::DeferredReferenceCounting,
                Collector::Null => wasmtime::Collector::Null,
                Collector::Copying => wasmtime::Collector::Copying,
            });
        }
        if let Some(bytes) = self.max_wasm_stack {
            const GREATEST: u64 = 1 << 30;
            let size = usize::try_from(bytes.min(GREATEST + 1)).unwrap_or_default();
            if bytes > GREATEST {
                return Err(invalid(
                    "max_wasm_stack",
                    format!("{bytes} bytes are too many: expected at most {GREATEST}"),
                ));
            }
            config.max_wasm_stack(size);
            // Wasmtime wants its async stacks larger than this one. Nothing here uses them.
            config.async_stack_size(size.saturating_add(1 << 20));
        }
        for flag in &self.cranelift_flags {
            // SAFETY: wasmtime cannot check what a flag promises about the machine. The documentation of
            // `cranelift_flags` says so.
            unsafe {
                match &flag.value {
                    Some(value) => config.cranelift_flag_set(&flag.name, value),
                    None => config.cranelift_flag_enable(&flag.name),
                };
            }
        }
        Ok(config)
    }
}
