//! Instructions of the processor that this library runs on, as text. There is no disassembler for other ones, nor for the
//! interpreter's code: its bytes are shown.

use yaxpeax_arch::{Decoder, LengthedInstruction, U8Reader};

/// An instruction.
pub(super) struct Instruction {
    /// Where it is, in bytes from the start of the compiled code.
    pub(super) address: usize,
    /// How many bytes it has.
    pub(super) length: usize,
    /// In the words of the processor's maker. A jump within the code names the address that it goes to.
    pub(super) text: String,
}

/// How many bytes are shown in a row where they are no instructions.
const ROW: usize = 8;

/// The instructions of some code that begins at `start`. `is_native` says whether it is code of this processor.
pub(super) fn instructions(code: &[u8], start: usize, is_native: bool) -> impl Iterator<Item = Instruction> {
    let mut rest = code;
    std::iter::from_fn(move || {
        let address = start + (code.len() - rest.len());
        let (length, text) = match is_native.then(|| decode(rest, address)).flatten() {
            Some(found) => found,
            None => raw(rest, is_native)?,
        };
        rest = rest.get(length..)?;
        Some(Instruction { address, length, text })
    })
}

/// Bytes as they are: numbers that stand between instructions, or code that cannot be read here.
fn raw(code: &[u8], is_native: bool) -> Option<(usize, String)> {
    let row = code.get(..code.len().min(if is_native { STEP } else { ROW })).filter(|row| !row.is_empty())?;
    let bytes: Vec<_> = row.iter().map(|byte| format!("0x{byte:02x}")).collect();
    Some((row.len(), format!(".byte {}", bytes.join(", "))))
}

#[cfg(target_arch = "x86_64")]
mod processor {
    pub(super) type Instructions = yaxpeax_x86::long_mode::InstDecoder;
    /// Where instructions may begin, in bytes.
    pub(super) const STEP: usize = 1;
    /// Whether a jump is counted from its own end.
    pub(super) const FROM_END: bool = true;
}

#[cfg(target_arch = "aarch64")]
mod processor {
    pub(super) type Instructions = yaxpeax_arm::armv8::a64::InstDecoder;
    pub(super) const STEP: usize = 4;
    pub(super) const FROM_END: bool = false;
}

use processor::{FROM_END, Instructions, STEP};

/// The first instruction and its length, if the bytes are one.
fn decode(code: &[u8], address: usize) -> Option<(usize, String)> {
    let instruction = Instructions::default().decode(&mut U8Reader::new(code)).ok()?;
    let length =
        usize::try_from(instruction.len().to_const()).ok().filter(|length| (1..=code.len()).contains(length))?;
    let from = if FROM_END { address + length } else { address };
    Some((length, absolute(&instruction.to_string(), from)))
}

/// The text with the address that a jump goes to, in place of how far it goes: `$+0x12`.
fn absolute(text: &str, from: usize) -> String {
    let Some((before, rest)) = text.split_once('$') else { return text.to_owned() };
    let far = rest.get(1..).and_then(|rest| rest.strip_prefix("0x")).map(|far| usize::from_str_radix(far, 16));
    let target = match (rest.chars().next(), far) {
        (Some('+'), Some(Ok(far))) => from.checked_add(far),
        (Some('-'), Some(Ok(far))) => from.checked_sub(far),
        _ => None,
    };
    target.map_or_else(|| text.to_owned(), |target| format!("{before}0x{target:x}"))
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn a_jump_names_where_it_goes() {
        assert_eq!(absolute("jmp $+0x12", 0x40), "jmp 0x52");
        assert_eq!(absolute("tbz w0, #0x0, $-0x8", 0x40), "tbz w0, #0x0, 0x38");
        // Out of the code, and no jump.
        assert_eq!(absolute("call $-0x80", 0x40), "call $-0x80");
        assert_eq!(absolute("mov rax, rcx", 0x40), "mov rax, rcx");
    }
}
