//! Named pipes and other files that may have to be waited for: nothing waits for them where a guest cannot be ended.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::cell::Cell;
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use trimaran::adapter::InterruptCheck;
use trimaran::{
    Config, Engine, Extern, Instance, Interruption, Linker, Module, Preopen, Result, Store, Val, WasiConfig, WasiInput,
    WasiOutput, WasmtimeError,
};

/// What a guest does with the descriptors that it has, and with the file `pipe` of a directory.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 4)
    (data (i32.const 64) "pipe" "onetwo")
    (func $piece (param $start i32) (param $length i32)
        (i32.store (i32.const 0) (local.get $start))
        (i32.store (i32.const 4) (local.get $length)))
    ;; Gives the error number, or that many bytes less than none.
    (func $done (param $error i32) (result i32)
        (select (local.get $error) (i32.sub (i32.const 0) (i32.load (i32.const 8))) (local.get $error)))
    (func (export "write") (param $fd i32) (param $start i32) (param $length i32) (result i32)
        (call $piece (local.get $start) (local.get $length))
        (call $done (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "read") (param $fd i32) (result i32)
        (call $piece (i32.const 1024) (i32.const 1000))
        (call $done (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "flood") (param $fd i32)
        (call $piece (i32.const 1024) (i32.const 65536))
        (loop (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0)))
    ;; Waits until the descriptor can be written.
    (func (export "wait") (param $fd i32)
        (i32.store8 (i32.const 520) (i32.const 2))
        (i32.store (i32.const 528) (local.get $fd))
        (drop (call $poll (i32.const 512) (i32.const 600) (i32.const 1) (i32.const 8))))
    (func (export "open") (param $flags i32) (param $rights i64) (result i32)
        (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4) (local.get $flags) (local.get $rights)
            (i64.const 0) (i32.const 0) (i32.const 16))))"#;

struct Guest {
    store: Arc<Store>,
    instance: Arc<Instance>,
}

impl Guest {
    fn new(wasi: WasiConfig) -> Self {
        let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
        let engine = Engine::new(Config { target, epoch_interruption: Some(true), ..Config::default() }).unwrap();
        let (store, linker) = (Store::new(&engine).unwrap(), Linker::new(&engine).unwrap());
        linker.define_wasi().unwrap();
        store.set_wasi(wasi).unwrap();
        let module = Module::new(&engine, GUEST.as_bytes()).unwrap();
        let instance = linker.instantiate(&store, &module).unwrap();
        Self { store, instance }
    }

    fn call(&self, name: &str, arguments: &[Val]) -> Result<Vec<Val>> {
        let Extern::OfFunc { func } = self.instance.export(&self.store, name).unwrap() else { panic!("{name}") };
        func.call(&self.store, arguments.to_vec())
    }

    /// The number that a function gives.
    fn number(&self, name: &str, arguments: &[Val]) -> i32 {
        match self.call(name, arguments).unwrap().as_slice() {
            [Val::I32 { value }] => *value,
            _ => panic!("{name} gives no number"),
        }
    }

    /// Fails unless a time limit ends the function.
    fn ends(&self, name: &str, arguments: &[Val]) {
        self.store.set_timeout(Some(50)).unwrap();
        let done = self.call(name, arguments).map(drop);
        let is_ended = matches!(done, Err(WasmtimeError::Trap { interruption: Some(Interruption::TimeLimit), .. }));
        assert!(is_ended, "{done:?}");
        self.store.set_timeout(None).unwrap();
    }
}

fn int(value: i32) -> Val {
    Val::I32 { value }
}

/// A directory with a named pipe.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("trimaran-{name}-{}", std::process::id()));
        _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        let pipe = CString::new(path.join("pipe").as_os_str().as_bytes()).unwrap();
        // SAFETY: `mkfifo` reads a text that ends in a zero.
        assert_eq!(unsafe { libc::mkfifo(pipe.as_ptr(), 0o600) }, 0);
        Self(path)
    }

    fn pipe(&self) -> String {
        self.0.join("pipe").to_str().unwrap().to_owned()
    }

    fn output(&self) -> Option<WasiOutput> {
        Some(WasiOutput::File { path: self.pipe().into(), append: false })
    }

    /// Opens the pipe without waiting for its other side.
    fn open(&self, is_read: bool) -> File {
        let mut options = File::options();
        options.read(is_read).write(!is_read).custom_flags(libc::O_NONBLOCK);
        options.open(self.pipe()).unwrap()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_guest_ends_that_reads_a_pipe_nobody_writes() {
    let room = Room::new("reads");
    let stdin = Some(WasiInput::File { path: room.pipe().into() });
    let guest = Guest::new(WasiConfig { stdin, ..WasiConfig::default() });
    guest.ends("read", &[int(0)]);
    let mut writer = room.open(false);
    guest.ends("read", &[int(0)]);
    writer.write_all(b"three").unwrap();
    assert_eq!(guest.number("read", &[int(0)]), -5);
    drop(writer);
    assert_eq!(guest.number("read", &[int(0)]), 0);
}

#[test]
fn a_guest_ends_that_writes_a_pipe_nobody_reads() {
    let room = Room::new("writes");
    let store = Store::new(&Engine::new(Config::default()).unwrap()).unwrap();
    let nobody = store.set_wasi(WasiConfig { stdout: room.output(), ..WasiConfig::default() });
    assert!(matches!(nobody, Err(WasmtimeError::Io { code: Some(libc::ENXIO), .. })), "{nobody:?}");
    let mut reader = room.open(true);
    let guest = Guest::new(WasiConfig { stdout: room.output(), stderr: room.output(), ..WasiConfig::default() });
    assert_eq!(guest.number("write", &[int(1), int(68), int(3)]), -3);
    guest.ends("flood", &[int(1)]);
    guest.ends("flood", &[int(2)]);
    guest.ends("wait", &[int(1)]);
    let mut start = [0; 3];
    reader.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"one");
}

#[test]
fn all_that_a_guest_writes_arrives_in_a_slow_pipe() {
    let room = Room::new("slow");
    let reader = room.open(true);
    // SAFETY: the descriptor is open; from now on its reads wait.
    assert_eq!(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, 0) }, 0);
    let guest = Guest::new(WasiConfig { stdout: room.output(), ..WasiConfig::default() });
    let collect = std::thread::spawn(move || {
        let (mut reader, mut bytes) = (reader, Vec::new());
        reader.read_to_end(&mut bytes).unwrap();
        bytes.len()
    });
    let mut sum = 0;
    for _ in 0..4 {
        sum -= guest.number("write", &[int(1), int(0), int(200_000)]);
    }
    drop(guest);
    assert_eq!((sum, collect.join().unwrap()), (800_000, 800_000));
}

#[test]
fn a_guest_opens_no_pipe() {
    let room = Room::new("opens");
    for quota in [None, Some(1_000)] {
        let host_path = room.0.to_str().unwrap().into();
        let preopen =
            Preopen { host_path, guest_path: "/".to_owned(), read_only: false, max_bytes: quota, max_files: None };
        let guest = Guest::new(WasiConfig { preopens: vec![preopen], ..WasiConfig::default() });
        guest.store.set_timeout(Some(20_000)).unwrap();
        let open = |flags: i32, rights: i64| guest.number("open", &[int(flags), Val::I64 { value: rights }]);
        const NXIO: i32 = 60;
        let (read, write) = (2, 64);
        assert_eq!([open(0, read), open(0, write), open(1, read | write)], [NXIO; 3]);
    }
}

#[test]
fn two_outputs_share_a_file() {
    let room = Room::new("shares");
    let path = room.0.join("log").to_str().unwrap().to_owned();
    for append in [false, true] {
        let output = Some(WasiOutput::File { path: path.as_str().into(), append });
        let guest = Guest::new(WasiConfig { stdout: output.clone(), stderr: output, ..WasiConfig::default() });
        assert_eq!(guest.number("write", &[int(1), int(68), int(3)]), -3);
        assert_eq!(guest.number("write", &[int(2), int(71), int(3)]), -3);
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), "onetwoonetwo");
}

/// In a child, whose standard output nobody reads.
#[test]
fn a_guest_ends_that_writes_an_inherited_output_nobody_reads() {
    let child = || {
        let mut ends = [0; 2];
        // SAFETY: there is room for two descriptors. `dup2` and `alarm` may be called at any time; this is a child with one thread.
        unsafe {
            libc::alarm(30);
            assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
            assert_eq!(libc::dup2(ends[1], 1), 1);
            assert_eq!(libc::dup2(ends[1], 2), 2);
        }
        let (stdout, stderr) = (Some(WasiOutput::Inherit), Some(WasiOutput::Inherit));
        let guest = Guest::new(WasiConfig { stdout, stderr, ..WasiConfig::default() });
        assert_eq!(guest.number("write", &[int(1), int(68), int(3)]), -3);
        guest.ends("flood", &[int(1)]);
        guest.ends("flood", &[int(2)]);
    };
    // SAFETY: the child does its work and ends; what other threads hold, it does not ask for.
    let process = unsafe { libc::fork() };
    if process == 0 {
        let done = std::panic::catch_unwind(child);
        // SAFETY: this may be called at any time.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    let mut status = 0;
    // SAFETY: there is room for the status.
    unsafe { libc::waitpid(process, &raw mut status, 0) };
    assert_eq!(status, 0);
}

std::thread_local! {
    static IS_STOPPED: Cell<bool> = const { Cell::new(false) };
}

/// A language that does not let this thread go on.
struct Stops;

impl InterruptCheck for Stops {
    fn check(&self) -> Result<()> {
        match IS_STOPPED.get() {
            true => Err(WasmtimeError::Busy { reason: "stopped".to_owned() }),
            false => Ok(()),
        }
    }
}

#[test]
fn a_module_comes_through_a_pipe() {
    trimaran::adapter::watch_waits(Box::new(Stops));
    let (room, engine) = (Room::new("module"), Engine::new(Config::default()).unwrap());
    IS_STOPPED.set(true);
    let stopped = Module::from_file(&engine, room.pipe().into()).map(drop);
    assert!(matches!(stopped, Err(WasmtimeError::Busy { .. })), "{stopped:?}");
    IS_STOPPED.set(false);
    let path = room.pipe();
    let writer = std::thread::spawn(move || std::fs::write(path, "(module (memory 3))").unwrap());
    Module::from_file(&engine, room.pipe().into()).unwrap();
    writer.join().unwrap();
}
