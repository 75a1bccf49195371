//! The cache of compiled modules: a damaged file is compiled again.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trimaran::{Cache, Component, Config, Engine, Extern, Instance, Module, Store, Val, WasmtimeError};

/// A folder for a cache, with its settings, which goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("trimaran-cache-{}-{name}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let settings = format!("[cache]\ndirectory = {:?}\n", path.join("cache"));
        fs::write(path.join("cache.toml"), settings).unwrap();
        Self(path)
    }

    fn engine(&self) -> Arc<Engine> {
        let path = self.0.join("cache.toml").to_str().unwrap().into();
        let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
        Engine::new(Config { target, cache: Some(Cache::File { path }), ..Config::default() }).unwrap()
    }

    /// The compiled modules in it.
    fn files(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.0.join("cache/modules")).unwrap().map(|entry| entry.unwrap().path());
        let all = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        // The others are notes of the thread that keeps the cache in order.
        let mut files: Vec<_> = all.filter(|file| file.extension().is_none()).collect();
        files.sort();
        files
    }

    fn file(&self) -> PathBuf {
        let [file] = self.files().try_into().unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn source(number: i32) -> String {
    format!("(module (func (export \"f\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const {number}))))")
}

/// What the function of a module gives for 6.
fn run(engine: &Engine, source: &str) -> i32 {
    let module = Module::new(engine, source.as_bytes()).unwrap();
    let store = Store::new(engine).unwrap();
    let instance = Instance::new(&store, &module, Vec::new()).unwrap();
    let Ok(Extern::OfFunc { func }) = instance.export(&store, "f") else { panic!("no function") };
    match func.call(&store, vec![Val::I32 { value: 6 }]).unwrap().pop() {
        Some(Val::I32 { value }) => value,
        _ => panic!("no i32"),
    }
}

/// Which file it is, whatever its name and its content.
fn identity(file: &Path) -> u64 {
    fs::metadata(file).unwrap().ino()
}

/// Puts a whole file in the place of another one, as the cache does. It is written beside the cache's folder: the thread that
/// keeps the cache in order removes files there that it does not know.
fn put(folder: &Folder, file: &Path, content: &[u8]) -> u64 {
    let other = folder.0.join("new");
    fs::write(&other, content).unwrap();
    fs::rename(&other, file).unwrap();
    identity(file)
}

#[test]
fn a_module_is_compiled_once() {
    let folder = Folder::new("once");
    assert_eq!(run(&folder.engine(), &source(7)), 42);
    let before = identity(&folder.file());
    assert_eq!(run(&folder.engine(), &source(7)), 42);
    assert_eq!(identity(&folder.file()), before, "it was written again");
    assert_eq!(run(&folder.engine(), &source(8)), 48);
    assert_eq!(folder.files().len(), 2);
}

#[test]
fn a_damaged_file_is_compiled_again() {
    let folder = Folder::new("damaged");
    assert_eq!(run(&folder.engine(), &source(7)), 42);
    let (engine, file) = (folder.engine(), folder.file());
    let whole = fs::read(&file).unwrap();
    // Whether it was replaced, by what was there before.
    let check = |what: &str, content: &[u8]| {
        let put = put(&folder, &file, content);
        assert_eq!(run(&engine, &source(7)), 42, "{what}");
        let is_replaced = identity(&file) != put;
        assert!(!is_replaced || fs::read(&file).unwrap() == whole, "{what}: by something else");
        is_replaced
    };
    let mut found = 0;
    for number in 0..200 {
        let mut content = whole.clone();
        let (place, bit) = (number * whole.len() / 200, number % 8);
        if let Some(byte) = content.get_mut(place) {
            *byte ^= 1 << bit;
        }
        found += usize::from(check(&format!("bit {bit} of byte {place}"), &content));
    }
    // The files are compressed, and there are bits that what comes out does not depend on.
    assert!(found >= 180, "of 200 only {found} were found");
    assert!(check("nothing", &[]));
    assert!(check("half", whole.get(..whole.len() / 2).unwrap()));
    assert!(check("one byte less", whole.get(..whole.len() - 1).unwrap()));
    assert!(check("something else", &[0x5a; 4096]));
}

#[test]
fn a_file_of_another_module_is_not_taken() {
    let folder = Folder::new("mixed");
    assert_eq!(run(&folder.engine(), &source(7)), 42);
    let first = folder.file();
    assert_eq!(run(&folder.engine(), &source(8)), 48);
    let [one, two] = folder.files().try_into().unwrap();
    let second = if one == first { two } else { one };
    put(&folder, &second, &fs::read(&first).unwrap());
    assert_eq!(run(&folder.engine(), &source(8)), 48);
}

#[test]
fn many_write_at_once() {
    let folder = Folder::new("at-once");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let engine = folder.engine();
                (1..20).for_each(|number| assert_eq!(run(&engine, &source(number)), 6 * number));
            });
        }
    });
    assert_eq!(folder.files().len(), 19);
    let engine = folder.engine();
    (1..20).for_each(|number| assert_eq!(run(&engine, &source(number)), 6 * number));
}

#[test]
fn a_folder_that_cannot_be_used_costs_time_and_nothing_else() {
    let folder = Folder::new("read-only");
    let engine = folder.engine();
    let cache = folder.0.join("cache");
    fs::write(cache.join("modules"), "a file where a folder should be").unwrap();
    assert_eq!(run(&engine, &source(7)), 42);
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(run(&engine, &source(7)), 42);
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn settings_that_make_no_sense_are_said() {
    let folder = Folder::new("settings");
    let path = folder.0.join("cache.toml").to_str().unwrap().to_owned();
    for settings in ["[cache]\ndirectory = \"not/absolute\"\n", "[cache]\nsize = 7\n", "no settings"] {
        fs::write(&path, settings).unwrap();
        let cache = Some(Cache::File { path: path.as_str().into() });
        let made = Engine::new(Config { cache, ..Config::default() });
        let Err(WasmtimeError::Config { reason }) = made else { panic!("it was taken: {settings}") };
        assert!(reason.starts_with("cache: "), "{reason}");
    }
}

/// A folder may be named itself, and is made where there is none.
#[test]
fn a_folder_without_settings() {
    let folder = Folder::new("plain");
    let engine = |path: &str| {
        let target = std::env::var("TRIMARAN_TEST_TARGET").ok();
        let path = folder.0.join(path).to_str().unwrap().into();
        Engine::new(Config { target, cache: Some(Cache::File { path }), ..Config::default() })
    };
    assert_eq!(run(&engine("cache/").unwrap(), &source(7)), 42);
    let file = folder.file();
    // It is there now, and another engine finds what the first one has compiled.
    let before = identity(&file);
    assert_eq!(run(&engine("cache").unwrap(), &source(7)), 42);
    assert_eq!((folder.file(), identity(&folder.file())), (file, before));
    // A name that is neither is that of a file which is missing.
    assert!(matches!(engine("nothing"), Err(WasmtimeError::Config { .. })));
    assert!(matches!(engine("cache.toml/"), Err(WasmtimeError::Config { .. })));
}

/// Components are kept as modules are.
#[test]
fn components() {
    let folder = Folder::new("components");
    let text = b"(component (core module $m (func (export \"f\"))) (core instance (instantiate $m)))";
    assert!(Component::new(&folder.engine(), text).is_ok());
    let file = folder.file();
    let (before, content) = (identity(&file), fs::read(&file).unwrap());
    assert!(Component::new(&folder.engine(), text).is_ok());
    assert_eq!(identity(&file), before);
    // What is damaged is compiled again.
    let damaged = put(&folder, &file, &content[..content.len() / 2]);
    assert!(Component::new(&folder.engine(), text).is_ok());
    assert_ne!(identity(&folder.file()), damaged);
}
