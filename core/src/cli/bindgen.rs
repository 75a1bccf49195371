//! `bindgen`: writes typed bindings for a world of WIT.

use camino::Utf8Path;
use getopts::Matches;
use trimaran_bindgen::header::{Header, quoted};
use trimaran_bindgen::model::Model;
use trimaran_bindgen::{File, Problem, kotlin, output, python, source};

use crate::cli::streams::{Failure, only};
use crate::compile::{file, wat};
use crate::errors::guest_text::Lines;

/// The languages that bindings are written in, and those that they will be.
const LANGUAGES: [&str; 3] = ["python", "kotlin", "swift"];

pub(super) fn run(matches: &Matches, program: &str) -> Result<(), Failure> {
    let (language, path) = match matches.free.as_slice() {
        [language, path, ..] if LANGUAGES.contains(&&**language) => (language.as_str(), path),
        [path, ..] if program.starts_with("python") => ("python", path),
        [_, ..] => {
            let reason = format!("the language is missing: expected {} in front of the file", LANGUAGES.join(", "));
            return Err(Failure::Usage(reason));
        }
        [] => return Err(Failure::Usage("the WIT folder, the WIT file or the component is missing".to_owned())),
    };
    only(matches, matches.free.iter().take(2).filter(|it| LANGUAGES.contains(&&***it)).count().min(1) + 1)?;
    if language == "swift" {
        let reason = format!("bindings for {language} cannot be made yet: they are for python and kotlin only");
        return Err(Failure::Exit(1, Some(reason)));
    }
    for (option, owner) in [("stubs", "python"), ("package", "kotlin")] {
        if language != owner && matches.opt_present(option) {
            return Err(Failure::Usage(format!("--{option} is for {owner} only")));
        }
    }
    let output = matches.opt_str("output");
    let output =
        output.ok_or_else(|| Failure::Usage("the output folder is missing: say where to with -o".to_owned()))?;
    let folder = Utf8Path::new(&output);
    // A folder that is called `.` or `..` has its own name.
    let name = folder.canonicalize_utf8().ok().and_then(|it| it.file_name().map(str::to_owned));
    let name = name.or_else(|| folder.file_name().map(str::to_owned)).unwrap_or_default();
    let package = matches.opt_str("package").unwrap_or(name);
    match language {
        "kotlin" => kotlin::check_name(&package),
        _ => python::check_name(&package),
    }
    .map_err(failed)?;
    let path = Utf8Path::new(path);
    let model = model(path, matches.opt_str("world").as_deref())?;
    let command = command(program, matches);
    let source = format!("the world `{}` in {path}", model.world.path);
    let header = Header { version: crate::version(), source, command: Some(command) };
    let files = files(language, &model, &header, &package, matches.opt_present("stubs")).map_err(failed)?;
    output::write(folder.as_std_path(), &files, matches.opt_present("force")).map_err(failed)
}

/// The files in a language. `are_stubs` where a component is loaded without files, which only Python does.
fn files(language: &str, model: &Model, header: &Header, package: &str, are_stubs: bool) -> Result<Vec<File>, Problem> {
    match language {
        "kotlin" => kotlin::files(model, header, package),
        _ => Ok(python::files(model, header, python::Options { stubs: are_stubs, loaded: are_stubs })),
    }
}

/// Reads a WIT folder, a WIT file, or a component in the binary or the text format.
fn model(path: &Utf8Path, world: Option<&str>) -> Result<Model, Failure> {
    let is_text = path.extension() == Some("wat");
    if !is_text && (path.is_dir() || !source::is_binary(path.as_std_path())) {
        return source::wit(path.as_std_path(), world).map_err(failed);
    }
    let bytes = file::read(path, wat::size).map_err(|error| error.in_file(path))?;
    let bytes = wat::to_binary(&bytes).map_err(|error| error.in_file(path))?;
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
    if matches.opt_present("stubs") {
        words.push("--stubs".to_owned());
    }
    words.join(" ")
}

fn failed(problem: Problem) -> Failure {
    let text = Lines(&problem).to_string();
    match problem {
        Problem::World { .. } => Failure::Usage(text),
        _ => Failure::Exit(1, Some(text)),
    }
}
