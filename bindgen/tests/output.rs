//! What lies in the output folder is never lost, and never waited for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use trimaran_bindgen::{File, Problem, output};

/// A folder of a test's own, which is empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn made() -> Vec<File> {
    vec![File { path: "a.txt".to_owned(), text: "# Made by Trimaran 0, of a test.\n".to_owned() }]
}

#[test]
#[cfg(unix)]
fn a_pipe_and_a_large_file_are_foreign() {
    let folder = folder("pipe");
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    fs::File::create(folder.join("large")).unwrap().set_len(20 << 30).unwrap();
    let refused = output::write(&folder, &made(), false);
    assert!(matches!(refused, Err(Problem::Foreign { files, .. }) if files == ["large", "pipe"]));
    let one = output::write_file(&folder.join("pipe"), &made()[0], false);
    assert!(matches!(one, Err(Problem::Foreign { .. })));
    output::write(&folder, &made(), true).unwrap();
    assert!(folder.join("large").exists() && folder.join("a.txt").exists());
}

#[test]
fn a_folder_of_many_files_is_not_looked_through() {
    let folder = folder("many");
    for number in 0..200 {
        fs::write(folder.join(format!("{number:03}")), "").unwrap();
    }
    let refused = output::write(&folder, &made(), false);
    assert!(matches!(refused, Err(Problem::Foreign { files, .. }) if files.len() < 40));
}

#[test]
fn what_was_generated_before_is_replaced() {
    let folder = folder("again");
    fs::write(folder.join("old.txt"), "# Made by Trimaran 0, of another test.\n").unwrap();
    output::write(&folder, &made(), false).unwrap();
    output::write(&folder, &made(), false).unwrap();
    assert!(folder.join("a.txt").exists() && !folder.join("old.txt").exists());
}
