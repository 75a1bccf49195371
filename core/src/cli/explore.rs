//! `explore` and `inspect --code`: machine code beside the WebAssembly that it was made of.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use camino::{Utf8Path, Utf8PathBuf};
use getopts::Matches;

use crate::cli::streams::{Failure, input, module_size, only};
use crate::explore::code::Code;
use crate::explore::listing::listing;
use crate::explore::page::page;
use crate::{Config, Engine, WasmtimeError};

/// `explore`: writes a page.
pub(super) fn run(matches: &Matches) -> Result<(), Failure> {
    let (path, code) = compiled(matches)?;
    let output = matches.opt_str("output").map(Utf8PathBuf::from);
    let output = output.unwrap_or_else(|| if path == "-" { path.to_owned() } else { path.with_extension("html") });
    let name = path.file_name().unwrap_or(path.as_str());
    match output.as_path() {
        output if output == "-" => to_stdout(|out| page(name, &code, out)),
        output if output == path => Err(Failure::Usage(format!("{path} would be overwritten: say where to with -o"))),
        output => {
            let written = File::create(output).map(BufWriter::new).and_then(|mut file| {
                page(name, &code, &mut file)?;
                file.flush()
            });
            Ok(written.map_err(|error| WasmtimeError::io(output, &error))?)
        }
    }
}

/// `inspect --code`: prints a listing.
pub(super) fn print_code(matches: &Matches) -> Result<(), Failure> {
    let (path, code) = compiled(matches)?;
    to_stdout(|out| {
        writeln!(out, "{path}: {}", code.summary())?;
        listing(&code, out)
    })
}

fn compiled(matches: &Matches) -> Result<(&Utf8Path, Code), Failure> {
    let (path, bytes) = input(matches, module_size)?;
    only(matches, 1)?;
    let engine = Engine::new(Config::default())?;
    Ok((path, Code::of(&engine, &bytes).map_err(|error| error.in_file(path))?))
}

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    written.map_err(|error| WasmtimeError::io("standard output".into(), &error).into())
}
