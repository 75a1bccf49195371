//! The command line of every package. A package only passes its arguments here.

use std::io::Write;

use camino::Utf8PathBuf;
use getopts::{Fail, Matches, Options, ParsingStyle};

use crate::cli::package::Package;
use crate::cli::streams::{Failure, input, only, print, write};
use crate::cli::{bindgen, explore, inspect, run};
use crate::compile::file;
use crate::{Result, WasiHttp, WasmtimeError};

/// A command with its options. The help text comes from this table.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    options: &'static [Opt],
    /// Whether the arguments after the file belong to the guest.
    is_open: bool,
    run: fn(&Matches, &Package<'_>) -> Result<(), Failure>,
}

/// An option with a value, or without one where `value` is empty; in brackets, the value may be missing. If `many`, it may stand there
/// any number of times.
struct Opt {
    short: &'static str,
    name: &'static str,
    value: &'static str,
    about: &'static str,
    many: bool,
}

const fn one(name: &'static str, value: &'static str, about: &'static str) -> Opt {
    Opt { short: "", name, value, about, many: false }
}

const fn many(name: &'static str, value: &'static str, about: &'static str) -> Opt {
    Opt { many: true, ..one(name, value, about) }
}

const fn flag(name: &'static str, about: &'static str) -> Opt {
    one(name, "", about)
}

const COMMANDS: &[Command] = &[
    Command {
        name: "run",
        arguments: "FILE [ARGUMENTS...]",
        about: "Runs a WASI program, or with --invoke one function of a module or a component.",
        options: &[
            many("dir", "HOST[::GUEST]", "gives the guest a directory, under another name if there is one"),
            many("dir-read-only", "HOST[::GUEST]", "the same, and the guest can change nothing in it"),
            many("env", "NAME[=VALUE]", "sets a variable of the environment; without a value, to what it is here"),
            many(
                "http-allow",
                "HOST[:PORT]",
                "lets a component send HTTP requests to that host; without a port, to that of the scheme. An address that is not public is granted as an address",
            ),
            one("fuel", "UNITS", "stops the guest when it has used so much fuel"),
            one("timeout", "SECONDS", "stops the guest after that time"),
            one(
                "cache",
                "[FOLDER]",
                "keeps what is compiled for the next time, in that folder or where `Config.cache` does",
            ),
            one("core-dump", "FILE", "writes a core dump of the guest there if it traps"),
            flag("debug-info", "compiles the guest for a native debugger, such as gdb, without optimizations"),
            one("profile", "FILE", "writes where the guest spent its time there, for https://profiler.firefox.com"),
            one(
                "invoke",
                "FUNCTION",
                "calls this export with the arguments as numbers, or of a component 'name(arguments in WAVE)', and prints its results",
            ),
        ],
        is_open: true,
        run: run::run,
    },
    Command {
        name: "inspect",
        arguments: "FILE",
        about: "Shows what a module imports and exports, its memories and its custom sections, or the world of a component.",
        options: &[flag(
            "code",
            "shows the machine code that is made of it instead, below each line of the text format",
        )],
        is_open: false,
        run: |matches, _| {
            if matches.opt_present("code") { explore::print_code(matches) } else { inspect::run(matches) }
        },
    },
    Command {
        name: "explore",
        arguments: "FILE",
        about: "Writes a page of HTML that shows the functions of a module or a component, and the machine code that is made of them.",
        options: &[Opt {
            short: "o",
            ..one("output", "FILE", "where the page goes: next to the module if not said, - for standard output")
        }],
        is_open: false,
        run: |matches, _| explore::run(matches),
    },
    Command {
        name: "bindgen",
        arguments: "[LANGUAGE] FILE",
        about: "Writes typed bindings for a world, of a component, a WIT file or a WIT folder. The languages are python, kotlin and swift.",
        options: &[
            one("world", "NAME", "the world, where there are several; for a component, what its world is called"),
            Opt {
                short: "o",
                ..one(
                    "output",
                    "FOLDER",
                    "the folder of the bindings, which is made if it is not there; for swift, also one file.swift",
                )
            },
            one("package", "NAME", "for kotlin, the package of the bindings: the folder's name if not said"),
            one(
                "async",
                "[NAMES]",
                "exports get a twin that is awaited, and imports are async functions: all of them, or with --async=NAMES those of such interfaces and functions, separated by commas",
            ),
            flag("stubs", "writes stubs alone, for a component that is loaded without files"),
            flag("force", "writes into a folder that holds files which were not generated, and over them"),
        ],
        is_open: false,
        run: |matches, package| bindgen::run(matches, package.program),
    },
    Command {
        name: "wat2wasm",
        arguments: "FILE",
        about: "Translates the text format to the binary format.",
        options: &[Opt {
            short: "o",
            ..one("output", "FILE", "where the module goes: next to the text if not said, - for standard output")
        }],
        is_open: false,
        run: |matches, _| wat2wasm(matches),
    },
];

const HELP: &str = "help";

impl Command {
    fn options(&self) -> Options {
        let mut options = Options::new();
        if self.is_open {
            options.parsing_style(ParsingStyle::StopAtFirstFree);
        }
        for Opt { short, name, value, about, many } in self.options {
            if value.is_empty() {
                options.optflag(short, name, about);
            } else if let Some(value) = value.strip_prefix('[') {
                options.optflagopt(short, name, about, value.trim_end_matches(']'));
            } else if *many {
                options.optmulti(short, name, about, value);
            } else {
                options.optopt(short, name, about, value);
            }
        }
        options.optflag("h", HELP, "prints this");
        options
    }

    fn help(&self, program: &str) -> String {
        let brief = format!("{}\n\nUsage: {program} {} [OPTIONS] {}", self.about, self.name, self.arguments);
        self.options().usage(&brief)
    }
}

fn help(program: &str) -> String {
    let mut text = format!("Runs and looks into WebAssembly.\n\nUsage: {program} COMMAND ...\n\nCommands:\n");
    for Command { name, arguments, about, .. } in COMMANDS {
        text.push_str(&format!("    {:<29} {about}\n", format!("{name} {arguments}")));
    }
    text.push_str("\nOptions:\n    -h, --help                    prints this, or with a command its options\n");
    text.push_str("    -V, --version                 prints the version\n");
    text
}

/// Runs a command line: `run`, `inspect`, `explore`, `bindgen` or `wat2wasm`, as `--help` explains. It reads and writes the streams of this
/// process, and gives the status to end with: the guest's own, 134 after a trap, 1 after another failure, 2 where it was
/// called wrongly. `program` is how the program is called, for its messages; `arguments` are those behind that. `http` sends the requests
/// that `--http-allow` permits: it connects to one of the request's `addresses`, and follows no redirect, so that a guest asks for each
/// place itself.
#[uniffi::export]
pub fn command_line(program: String, arguments: Vec<String>, http: Option<WasiHttp>) -> i32 {
    let package = Package { program: &program, http };
    let (status, problem) = match dispatch(&package, &arguments) {
        Ok(()) => (0, None),
        Err(Failure::Usage(problem)) => {
            let command = arguments.first().and_then(|name| COMMANDS.iter().find(|command| command.name == name));
            let command = command.map(|command| format!("{} ", command.name)).unwrap_or_default();
            (2, Some(format!("{problem}\nTry: {program} {command}--help")))
        }
        Err(Failure::Error(error)) => (1, Some(error.text())),
        Err(Failure::Exit(status, problem)) => (status, problem),
    };
    if let Some(problem) = problem {
        // If this fails, there is no stream left to report it on.
        _ = writeln!(std::io::stderr(), "{program}: {problem}");
    }
    status
}

fn dispatch(package: &Package<'_>, arguments: &[String]) -> Result<(), Failure> {
    let program = package.program;
    let Some((name, rest)) = arguments.split_first() else {
        return Err(Failure::Usage(
            "a command is missing: expected run, inspect, explore, bindgen or wat2wasm".to_owned(),
        ));
    };
    match name.as_str() {
        "-h" | "--help" | "help" => return print(&help(program)),
        "-V" | "--version" => return print(&format!("trimaran {}\n", crate::version())),
        _ => {}
    }
    let command = COMMANDS.iter().find(|command| command.name == name).ok_or_else(|| {
        Failure::Usage(format!("`{name}` is no command: expected run, inspect, explore, bindgen or wat2wasm"))
    })?;
    let matches = command.options().parse(rest).map_err(|fail| Failure::Usage(unknown(command.name, &fail)))?;
    if matches.opt_present(HELP) {
        return print(&command.help(program));
    }
    (command.run)(&matches, package)
}

fn unknown(command: &str, fail: &Fail) -> String {
    format!("{command}: {fail}")
}

fn wat2wasm(matches: &Matches) -> Result<(), Failure> {
    let (path, text) = input(matches, |_| Ok((file::MODULE, "text")))?;
    only(matches, 1)?;
    let binary = crate::wat2wasm(&text).map_err(|error| error.in_file(path))?;
    let output = matches.opt_str("output").map(Utf8PathBuf::from);
    let output = output.unwrap_or_else(|| if path == "-" { path.to_owned() } else { path.with_extension("wasm") });
    match output.as_path() {
        output if output == "-" => write(&binary),
        // The file may hold a module in the binary format.
        output if output == path => Err(Failure::Usage(format!("{path} would be overwritten: say where to with -o"))),
        output => Ok(std::fs::write(output, &binary).map_err(|error| WasmtimeError::io(output, &error))?),
    }
}
