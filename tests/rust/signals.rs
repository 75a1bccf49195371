//! Another runtime in the same process, whose signal handler comes after wasmtime's: each of its faults reaches it, however
//! often the very same one comes.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::arch::asm;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use trimaran::{
    Caller, Config, Engine, Extern, Func, FuncType, HostFunction, Instance, Module, Store, Val, WasmtimeError,
};

/// Where a thread that has faulted goes on, and how often that happened.
static RESUME: AtomicI64 = AtomicI64::new(0);
static MENDED: AtomicUsize = AtomicUsize::new(0);

/// The handler of the other runtime: it makes the thread go on elsewhere, as a runtime does with a trap.
extern "C" fn other(_signal: libc::c_int, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    MENDED.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the system gives a handler that asks for it by `SA_SIGINFO` a `ucontext_t`, which is its own.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    context.uc_mcontext.gregs[libc::REG_RIP as usize] = RESUME.load(Ordering::Relaxed);
}

fn install() {
    // SAFETY: zeros are a valid `sigaction`, and the handler takes what `SA_SIGINFO` says.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = (other as *const ()).addr();
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        assert_eq!(libc::sigaction(libc::SIGSEGV, &action, ptr::null_mut()), 0);
    }
}

/// Reads address 8 so many times, each with the very same registers and flags: the count is in memory.
fn fault(times: u64) {
    let left = AtomicU64::new(times);
    // SAFETY: the read faults, and the handler makes the thread go on behind it. It changes no memory but the two that it is given.
    unsafe {
        asm!(
            "lea {at}, [rip + 3f]",
            "mov [{resume}], {at}",
            "2:",
            "xor {at}, {at}",
            "mov {at}, [{nowhere}]",
            "3:",
            "dec qword ptr [{left}]",
            "jnz 2b",
            at = out(reg) _,
            resume = in(reg) RESUME.as_ptr(),
            nowhere = in(reg) 8_usize,
            left = in(reg) left.as_ptr(),
        );
    }
}

/// Only one of the tests may change the handlers.
static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn a_handler_that_comes_in_a_turn_or_in_a_host_function_is_found_by_the_next_call() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let engine = Engine::new(Config::default()).unwrap();
    let module =
        Module::new(&engine, b"(module (memory 1) (func (export \"f\") (drop (i32.load (i32.const -8)))))").unwrap();
    let store = Store::new(&engine).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let Extern::OfFunc { func } = instance.export(&store, "f").unwrap() else { panic!("f is a function") };
    let traps = move |store: &Store| {
        install();
        // A tick of the clock, or a few.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let before = MENDED.load(Ordering::Relaxed);
        let Err(trap) = func.call(store, Vec::new()) else { panic!("the load is out of bounds") };
        assert!(matches!(trap, WasmtimeError::Trap { .. }), "{trap}");
        assert_eq!(MENDED.load(Ordering::Relaxed), before, "it was taken for a fault of another runtime");
    };
    RESUME.store(0, Ordering::Relaxed);
    store.begin_turn().unwrap();
    traps(&store);
    traps(&store);
    store.end_turn().unwrap();
    let host = Arc::new(InHost(traps));
    let host = Func::of_values(&store, &FuncType { params: vec![], results: vec![] }, host).unwrap();
    host.call(&store, Vec::new()).unwrap();
}

struct InHost<F>(F);

impl<F: Fn(&Store) + Send + Sync> HostFunction for InHost<F> {
    fn call(&self, caller: &Caller, _: Vec<Val>) -> Result<Vec<Val>, WasmtimeError> {
        (self.0)(caller.store());
        Ok(Vec::new())
    }
}

#[test]
fn the_same_fault_of_another_runtime_comes_again_and_again() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let engine = Engine::new(Config::default()).unwrap();
    let module =
        Module::new(&engine, b"(module (memory 1) (func (export \"f\") (drop (i32.load (i32.const -8)))))").unwrap();
    let before = MENDED.load(Ordering::Relaxed);
    install();
    // Here wasmtime's handlers are put in front again.
    let store = Store::new(&engine).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let Extern::OfFunc { func } = instance.export(&store, "f").unwrap() else { panic!("f is a function") };
    for _ in 0..10 {
        fault(1_000);
        let Err(trap) = func.call(&store, Vec::new()) else { panic!("the load is out of bounds") };
        assert!(matches!(trap, WasmtimeError::Trap { .. }), "{trap}");
    }
    assert_eq!(MENDED.load(Ordering::Relaxed) - before, 10_000);
}
