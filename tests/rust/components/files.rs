//! `wasi:filesystem` of directories in memory and of those with a quota: a program of preview 1 finds in them as a command of WASI 0.2 what
//! it finds as a module.

use std::path::PathBuf;
use std::sync::Arc;

use trimaran::{
    Component, ComponentLinker, Engine, Linker, MemoryDirectory, MemoryFile, MemoryPreopen, Module, OutputPipe,
    Preopen, Store, StoreLimits, WasiConfig, WasiOutput, wat2wasm,
};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

use super::call;

/// Functions for files.
const FUNCTIONS: &str = include_str!("../../modules/wasi_files.wat");

/// A program that calls these functions one after the other, and writes their results. A parameter of 64 bits is written as `L5`.
fn program(calls: &[&str]) -> Vec<u8> {
    let mut body = String::new();
    for line in calls {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let arguments: String = words
            .map(|word| match word.strip_prefix('L') {
                Some(long) => format!("(i64.const {long})"),
                None => format!("(i32.const {word})"),
            })
            .collect();
        let called = format!("(call ${name} {arguments})");
        let wide = if matches!(name, "size" | "number") { called } else { format!("(i64.extend_i32_s {called})") };
        body += &format!("(call $log {wide})");
    }
    let named = FUNCTIONS
        .replace("(func (export \"", "(func $\u{0}(export \"")
        .split("(func $\u{0}")
        .map(str::to_owned)
        .reduce(|text, part| {
            let name = part.split('"').nth(1).unwrap().to_owned();
            format!("{text}(func ${name} {part}")
        })
        .unwrap();
    let end = named.rfind(')').unwrap();
    let text = format!(
        "{} (global $at (mut i32) (i32.const 131072))
         (func $log (param i64)
           (i64.store (global.get $at) (local.get 0)) (global.set $at (i32.add (global.get $at) (i32.const 8))))
         (func (export \"_start\") {body}
           (drop (call $write (i32.const 1) (i32.const 131072) (i32.sub (global.get $at) (i32.const 131072))))))",
        &named[..end]
    );
    wat2wasm(text.as_bytes()).unwrap()
}

fn adapted(program: &[u8]) -> Vec<u8> {
    let encoder = ComponentEncoder::default().validate(true).module(program).unwrap();
    let mut encoder =
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER).unwrap();
    encoder.encode().unwrap()
}

/// What the calls give, as a module or as a command.
fn results(engine: &Engine, calls: &[&str], config: WasiConfig, is_command: bool) -> Vec<i64> {
    let store = Store::new(engine).unwrap();
    let pipe = OutputPipe::new(None).unwrap();
    store.set_wasi(WasiConfig { stdout: Some(WasiOutput::Pipe { pipe: pipe.clone() }), ..config }).unwrap();
    let program = program(calls);
    if is_command {
        let component = Component::new(engine, &adapted(&program)).unwrap();
        let linker = ComponentLinker::new(engine).unwrap();
        linker.define_wasi().unwrap();
        let instance = linker.instantiate(&store, &component).unwrap();
        call(&instance, &store, &["wasi:cli/run@0.2.0", "run"], &[]).unwrap();
    } else {
        let linker = Linker::new(engine).unwrap();
        linker.define_wasi().unwrap();
        let instance = linker.instantiate(&store, &Module::new(engine, &program).unwrap()).unwrap();
        let trimaran::Extern::OfFunc { func } = instance.export(&store, "_start").unwrap() else { panic!() };
        func.call(&store, Vec::new()).unwrap();
    }
    let bytes = pipe.contents().unwrap();
    bytes.chunks(8).map(|chunk| i64::from_le_bytes(chunk.try_into().unwrap())).collect()
}

/// A directory of the host with the file `note.txt`.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("trimaran-components-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("note.txt"), text).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn directory() -> Arc<MemoryDirectory> {
    let file = |name: &str, bytes: &[u8]| MemoryFile { name: name.to_owned(), bytes: bytes.to_vec() };
    MemoryDirectory::new(vec![file("note.txt", b"there"), file("sub/a", b"deep")], Some(100), Some(6)).unwrap()
}

fn in_memory(directory: &Arc<MemoryDirectory>, read_only: bool) -> WasiConfig {
    let preopen = MemoryPreopen { directory: Arc::clone(directory), guest_path: "/data".to_owned(), read_only };
    WasiConfig { memory_preopens: vec![preopen], ..WasiConfig::default() }
}

/// Files are `note.txt` at 64 (8 bytes; `note` 4), `sub/a` at 80 (5; `sub` 3), `other` at 96 (5), `../up` at 112 (5), `sub/deep/b` at 128
/// (10), and `/etc` at 144 (4).
const CALLS: &[&str] = &[
    "granted 3",
    "kind 3 64 8",
    "kind 3 80 3",
    "kind 3 80 5",
    "kind 3 96 5",
    "kind 3 112 5",
    "kind 3 144 4",
    // Reads, and what cannot be written.
    "open 3 64 8 0 1 0",
    "read 4 2048 100",
    "count",
    "read 4 2048 100",
    "count",
    "write 4 2048 3",
    "size 4",
    "pread 4 3072 3 L1",
    "count",
    "close 4",
    "close 4",
    // Writes, grows and shrinks.
    "open 3 96 5 1 3 0",
    "write 4 2048 5",
    "write 4 4096 7",
    "size 4",
    "seek 4 L-3 2",
    "number",
    "tell 4",
    "pwrite 4 2051 2 L12",
    "size 4",
    "pread 4 3072 4 L11",
    "count",
    "set_size 4 L5",
    "size 4",
    "seek 4 L-9 0",
    "close 4",
    // At the end of a file, and a new one.
    "open 3 96 5 0 3 1",
    "write 4 2048 4",
    "size 4",
    "close 4",
    "open 3 96 5 5 3 0",
    "open 3 64 8 8 3 0",
    "size 4",
    "close 4",
    // A file that has no name any more.
    "open 3 96 5 0 3 0",
    "unlink 3 96 5",
    "write 4 2048 5",
    "size 4",
    "close 4",
    "open 3 96 5 0 1 0",
    "open 3 96 5 1 3 0",
    "close 4",
    // Folders.
    "mkdir 3 64 4",
    "mkdir 3 64 4",
    "rmdir 3 80 3",
    "rmdir 3 64 8",
    "unlink 3 80 3",
    "open 3 80 3 2 1 0",
    "open 4 96 5 1 3 0",
    "write 5 2048 5",
    "close 5",
    "readdir 4 4096 L0",
    "count",
    "close 4",
    "readdir 3 4096 L0",
    "count",
    "open 3 80 3 0 3 0",
    "open 3 64 8 2 1 0",
    // Names.
    "rename 3 96 5 3 64 4",
    "rename 3 96 5 3 80 5",
    "kind 3 96 5",
    "kind 3 80 5",
    "rename 3 80 3 3 128 10",
    "rename 3 144 4 3 96 5",
    "rename 3 64 8 3 112 5",
    "link 3 64 8 3 96 5",
    "symlink 64 8 3 96 5",
    "readlink 3 64 8",
    "rmdir 3 64 4",
    "unlink 3 80 5",
    "unlink 3 80 5",
    "unlink 3 96 5",
];

#[test]
fn a_directory_in_memory_is_the_same_for_a_module_and_a_command() {
    let engine = super::engine();
    for read_only in [false, true] {
        let (old, new) = (directory(), directory());
        // Where nothing can be opened to be written, the adapter has an error of its own for a place in it.
        let calls: Vec<_> = CALLS.iter().copied().filter(|call| !read_only || !call.starts_with("seek")).collect();
        let before = results(&engine, &calls, in_memory(&old, read_only), false);
        let after = results(&engine, &calls, in_memory(&new, read_only), true);
        assert_eq!(before.len(), calls.len());
        let differing: Vec<_> =
            calls.iter().zip(before.iter().zip(&after)).filter(|(_, (before, after))| before != after).collect();
        assert!(differing.is_empty(), "read only: {read_only}: {differing:?}");
        assert_eq!(old.files().unwrap(), new.files().unwrap());
    }
}

#[test]
fn the_limits_of_a_directory_in_memory_hold_for_a_command() {
    let engine = super::engine();
    let directory = directory();
    // 100 bytes, of which 9 are used, and 6 files, of which there are 3.
    let calls = [
        "open 3 96 5 1 3 0",
        "set_size 4 L91",
        "size 4",
        "set_size 4 L92",
        "size 4",
        "seek 4 L0 2",
        "write 4 4096 1",
        "count",
        "close 4",
        "mkdir 3 64 4",
        "mkdir 3 144 1",
        "open 3 64 3 1 3 0",
        "open 3 64 2 1 3 0",
    ];
    let after = results(&engine, &calls, in_memory(&directory, false), true);
    // `dquot` is 19; an absolute path is `perm`, 63.
    assert_eq!(after[..7], [0, 0, 91, 19, 91, 0, 19]);
    assert_eq!(after[8..], [0, 0, 63, 0, 19]);
    assert_eq!(directory.names().unwrap(), ["not", "note.txt", "other", "sub/a"]);
}

#[test]
fn a_quota_holds_for_a_command() {
    let engine = super::engine();
    let folder = Folder::new("quota", "there");
    let preopen = Preopen {
        host_path: folder.0.to_string_lossy().into_owned().into(),
        guest_path: "/data".to_owned(),
        read_only: false,
        max_bytes: Some(10),
        max_files: Some(2),
    };
    let config = || WasiConfig { preopens: vec![preopen.clone()], ..WasiConfig::default() };
    let calls = [
        // Ten bytes may be added, and two files.
        "open 3 96 5 1 3 0",
        "write 4 2048 6",
        "write 4 2048 6",
        "size 4",
        "write 4 2048 1",
        "set_size 4 L3",
        "set_size 4 L11",
        "close 4",
        "mkdir 3 64 4",
        "mkdir 3 80 3",
        "rmdir 3 64 4",
        "mkdir 3 80 3",
        // What is removed may be added again; files that were there count when they grow.
        "open 3 64 8 0 3 1",
        "write 4 2048 7",
        "size 4",
        "write 4 2048 1",
        "close 4",
        "unlink 3 96 5",
        "open 3 64 8 0 3 1",
        "write 4 2048 3",
        "size 4",
        "close 4",
        "rename 3 64 8 3 96 5",
        "symlink 64 8 3 64 8",
        "link 3 96 5 3 64 4",
    ];
    let new = results(&engine, &calls, config(), true);
    let (full, fits) = (19, 0);
    // A stream writes all or fails: what there is room for is in the file.
    assert_eq!(new[..12], [0, fits, full, 10, full, 0, full, 0, 0, full, 0, 0]);
    assert_eq!(new[12..17], [0, fits, 12, full, 0]);
    assert_eq!(new[17..], [0, 0, fits, 15, 0, 0, 0, full]);
    assert_eq!(std::fs::read(folder.0.join("other")).unwrap().len(), 15);
}

#[test]
fn a_command_has_directories_of_the_host_and_of_memory() {
    let engine = super::engine();
    let folder = Folder::new("both", "of the host");
    let preopen = Preopen {
        host_path: folder.0.to_string_lossy().into_owned().into(),
        guest_path: "/host".to_owned(),
        read_only: false,
        max_bytes: None,
        max_files: None,
    };
    let directory = directory();
    let config = WasiConfig { preopens: vec![preopen], ..in_memory(&directory, false) };
    let calls = [
        "open 3 64 8 0 1 0",
        "size 5",
        "close 5",
        "open 4 64 8 0 1 0",
        "size 5",
        "close 5",
        "rename 3 64 8 4 96 5",
        "link 4 64 8 3 96 5",
        "open 4 96 5 1 3 0",
        "write 5 2048 5",
        "close 5",
    ];
    // `xdev` is 75.
    assert_eq!(results(&engine, &calls, config, true), [0, 11, 0, 0, 5, 0, 75, 75, 0, 0, 0]);
    assert_eq!(directory.names().unwrap(), ["note.txt", "other", "sub/a"]);
}

#[test]
fn files_of_a_directory_in_memory_count_as_descriptors() {
    let engine = super::engine();
    let directory = directory();
    let component = Component::new(
        &engine,
        &adapted(&program(&[
            "open 3 64 8 0 1 0",
            "open 3 64 8 0 1 0",
            "open 3 64 8 0 1 0",
            "close 4",
            "open 3 64 8 0 1 0",
        ])),
    )
    .unwrap();
    let linker = ComponentLinker::new(&engine).unwrap();
    linker.define_wasi().unwrap();
    let store = Store::new(&engine).unwrap();
    store.set_limits(StoreLimits { file_descriptors: Some(6), ..StoreLimits::default() }).unwrap();
    let pipe = OutputPipe::new(None).unwrap();
    let stdout = Some(WasiOutput::Pipe { pipe: pipe.clone() });
    store.set_wasi(WasiConfig { stdout, ..in_memory(&directory, false) }).unwrap();
    let instance = linker.instantiate(&store, &component).unwrap();
    call(&instance, &store, &["wasi:cli/run@0.2.0", "run"], &[]).unwrap();
    let bytes = pipe.contents().unwrap();
    let results: Vec<_> = bytes.chunks(8).map(|chunk| i64::from_le_bytes(chunk.try_into().unwrap())).collect();
    // `nomem` is 48.
    assert_eq!(results, [0, 0, 48, 0, 0]);
}
