//! `trimaran-generator api` prints what the core exports, one sorted line an item: the same lines as UniFFI's metadata of the
//! built library give (`tests/api.txt`). `trimaran-generator python` prints the stub of Python's extension module.

use std::path::Path;
use std::process::ExitCode;

use trimaran_generator::read;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<String, String> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/src");
    let source = read(&core).map_err(|error| error.to_string())?;
    match arguments {
        ["api"] => Ok(source.model.lines().join("\n") + "\n"),
        ["python"] => Ok(trimaran_generator::python::stub(&source.model)),
        ["swift", folder] => {
            write(folder, "trimaran.h", &trimaran_generator::c::header(&source.model))?;
            for (name, text) in trimaran_generator::swift::swift(&source.model) {
                write(folder, &name, &text)?;
            }
            Ok(String::new())
        }
        _ => Err("usage: trimaran-generator api|python, or trimaran-generator swift FOLDER".to_owned()),
    }
}

fn write(folder: &str, name: &str, text: &str) -> Result<(), String> {
    let path = Path::new(folder).join(name);
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
