//! `trimaran-metadata LIBRARY` prints what UniFFI's metadata in a built library name, one sorted line an item, such as
//! `method Store.set_fuel(fuel: u64) throws WasmtimeError`: what `tests/api.txt` has, which the generator's model must equal.

mod lines;
mod read;

use std::fs;

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library] = arguments.as_slice() else { bail!("usage: trimaran-metadata LIBRARY") };
    let found = read::metadata(&fs::read(library).context(library.clone())?)?;
    if found.is_empty() {
        bail!("{library} has no metadata of UniFFI: was it stripped of its symbols?");
    }
    println!("{}", lines::of(&found).join("\n"));
    Ok(())
}
