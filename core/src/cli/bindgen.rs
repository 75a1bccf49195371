//! `bindgen`: writes typed bindings for a world of WIT.

use camino::Utf8Path;
use getopts::Matches;
use trimaran_bindgen::header::{Header, quoted};
use trimaran_bindgen::model::Model;
use trimaran_bindgen::{File, Problem, kotlin, output, python, source, swift};

use crate::cli::streams::{Failure, only};
use crate::compile::beginnings::Sort;
use crate::compile::{file, wat};
use crate::errors::guest_text::{Lines, Name};

/// The languages that bindings are written in.
const LANGUAGES: [&str; 3] = ["python", "kotlin", "swift"];

pub(super) fn run(matches: &Matches, program: &str) -> Result<(), Failure> {
    let (language, path) = match matches.free.as_slice() {
        [language, path, ..] if LANGUAGES.contains(&&**language) => (language.as_str(), path),
        [path, ..] if program.starts_with("python") => ("python", path),
        [other, _, ..] => {
            let reason = format!("there are no bindings for `{}`: expected {}", Name(other), LANGUAGES.join(", "));
            return Err(Failure::Usage(reason));
        }
        [_] => {
            let reason = format!("the language is missing: expected {} in front of the file", LANGUAGES.join(", "));
            return Err(Failure::Usage(reason));
        }
        [] => return Err(Failure::Usage("the WIT folder, the WIT file or the component is missing".to_owned())),
    };
    only(matches, matches.free.iter().take(2).filter(|it| LANGUAGES.contains(&&***it)).count().min(1) + 1)?;
    for (option, owner) in [("stubs", "python"), ("package", "kotlin")] {
        if language != owner && matches.opt_present(option) {
            return Err(Failure::Usage(format!("--{option} is for {owner}: {language} has none")));
        }
    }
    if matches.opt_present("stubs") && matches.opt_present("async") {
        let reason = "--async is not for --stubs: what is loaded without files has a twin of each function".to_owned();
        return Err(Failure::Usage(reason));
    }
    let output = matches.opt_str("output");
    let output =
        output.ok_or_else(|| Failure::Usage("the output folder is missing: say where to with -o".to_owned()))?;
    let folder = Utf8Path::new(&output);
    let package = matches.opt_str("package").unwrap_or_else(|| folder_name(folder));
    match language {
        "python" => python::check_name(&package).map_err(failed)?,
        "kotlin" => kotlin::check_name(&package).map_err(failed)?,
        _ => {}
    }
    let path = Utf8Path::new(path);
    let mut model = model(path, matches.opt_str("world").as_deref())?;
    if matches.opt_present("stubs") {
        model.wait_as_loaded();
    } else if matches.opt_present("async") {
        let names = matches.opt_str("async");
        let names: Option<Vec<_>> = names.as_deref().map(|names| names.split(',').collect());
        model.wait(names.as_deref()).map_err(failed)?;
    }
    let command = command(program, matches);
    let source = format!("the world `{}` in {path}", model.world.path);
    let header = Header { version: crate::version(), source, command: Some(command) };
    let is_forced = matches.opt_present("force");
    let files = match language {
        "swift" if folder.extension() == Some("swift") => {
            let file = swift::file(&model, &header, folder.file_name().unwrap_or_default());
            return output::write_file(folder.as_std_path(), &file, is_forced).map_err(failed);
        }
        "swift" => swift::files(&model, &header),
        "kotlin" => kotlin::files(&model, &header, &package).map_err(failed)?,
        _ => python_files(&model, &header, matches),
    };
    output::write(folder.as_std_path(), &files, is_forced).map_err(failed)
}

/// The name of a folder: one that is called `.` or `..` has its own.
fn folder_name(folder: &Utf8Path) -> String {
    let name = folder.canonicalize_utf8().ok().and_then(|it| it.file_name().map(str::to_owned));
    name.or_else(|| folder.file_name().map(str::to_owned)).unwrap_or_default()
}

fn python_files(model: &Model, header: &Header, matches: &Matches) -> Vec<File> {
    let stubs = matches.opt_present("stubs");
    python::files(model, header, python::Options { stubs, loaded: stubs })
}

/// Reads a WIT folder, a WIT file, or a component in the binary or the text format.
fn model(path: &Utf8Path, world: Option<&str>) -> Result<Model, Failure> {
    let is_text = path.extension() == Some("wat");
    if !is_text && (path.is_dir() || !source::is_binary(path.as_std_path())) {
        return source::wit(path.as_std_path(), world).map_err(failed);
    }
    let bytes = file::read(path, |head| wat::size(head, Sort::Component)).map_err(|error| error.in_file(path))?;
    let bytes = wat::to_binary(&bytes, Sort::Component).map_err(|error| error.in_file(path))?;
    let name = path.file_stem().unwrap_or("component");
    source::binary(&bytes, name, world).map_err(|problem| match problem {
        Problem::Component(reason) => failed(Problem::Component(format!("{path}: {reason}"))),
        other => failed(other),
    })
}

/// The command line that makes the same again.
fn command(program: &str, matches: &Matches) -> String {
    let mut words = vec![program.to_owned(), "bindgen".to_owned()];
    words.extend(matches.free.iter().map(|word| quoted(word)));
    for (option, dash) in [("world", "--world"), ("output", "-o")] {
        if let Some(value) = matches.opt_str(option) {
            words.extend([dash.to_owned(), quoted(&value)]);
        }
    }
    if let Some(package) = matches.opt_str("package") {
        words.extend(["--package".to_owned(), quoted(&package)]);
    }
    if matches.opt_present("async") {
        words
            .push(matches.opt_str("async").map_or("--async".to_owned(), |names| format!("--async={}", quoted(&names))));
    }
    if matches.opt_present("stubs") {
        words.push("--stubs".to_owned());
    }
    words.join(" ")
}

fn failed(problem: Problem) -> Failure {
    let text = Lines(&problem).to_string();
    match problem {
        Problem::World { .. } | Problem::Waiting { .. } => Failure::Usage(text),
        _ => Failure::Exit(1, Some(text)),
    }
}
