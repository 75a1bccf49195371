//! Machine code as a listing, in which each line of the text format stands above the instructions that were made of it.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::explore::code::Code;

/// How many bytes of an instruction are shown.
const BYTES: usize = 8;

/// Writes the listing.
pub(crate) fn listing(code: &Code, out: &mut dyn Write) -> io::Result<()> {
    for function in code.functions() {
        let (start, end) = (function.code.start, function.code.end);
        writeln!(out, "\n{}: {} bytes, 0x{start:06x} to 0x{end:06x}", function.title, end - start)?;
        let lines: HashMap<_, _> = code.lines(function).collect();
        let mut last = None;
        for made in code.instructions(function) {
            if let Some(place) = made.place.filter(|place| last != Some(*place)) {
                writeln!(out, "  ;; 0x{place:06x}: {}", lines.get(&place).map_or("", |line| line.trim_start()))?;
            }
            last = made.place;
            let bytes = code.bytes(&made.instruction).iter().take(BYTES).map(|byte| format!("{byte:02x} "));
            let (address, bytes) = (made.instruction.address, bytes.collect::<String>());
            writeln!(out, "  0x{address:06x}  {bytes:<width$} {}", made.instruction.text, width = 3 * BYTES)?;
        }
    }
    Ok(())
}
