//! Makes a command of WASI 0.2 from a program of WASI preview 1: `adapt PROGRAM COMPONENT`.

use std::error::Error;
use std::fs;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: adapt PROGRAM COMPONENT";
    let mut arguments = std::env::args().skip(1);
    let (from, to) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let encoder = ComponentEncoder::default().validate(true).module(&fs::read(from)?)?;
    let component =
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?.encode()?;
    fs::write(to, component)?;
    Ok(())
}
