//! How long the tables of DWARF are, before anything is made of them.

use gimli::constants;

/// How long the table of files of a unit may be, and its table of abbreviations, in bytes: what is made of one is many times as
/// long.
pub(super) const TABLE: usize = 256 << 10;

/// Reads a table of abbreviations to its end. None where the bytes do not have all of it.
pub(super) fn skip_abbreviations(reader: &mut wasmparser::BinaryReader<'_>) -> Option<()> {
    while reader.read_var_u64().ok()? != 0 {
        reader.read_var_u64().ok()?;
        reader.read_u8().ok()?;
        loop {
            let (name, form) = (reader.read_var_u64().ok()?, reader.read_var_u64().ok()?);
            if form == u64::from(constants::DW_FORM_implicit_const.0) {
                reader.read_var_i64().ok()?;
            }
            if (name, form) == (0, 0) {
                break;
            }
        }
    }
    Some(())
}

/// How long the table of files is that lines begin with. None where it is too long, or the lines are in the 64-bit format.
pub(super) fn files(lines: &[u8]) -> Option<usize> {
    let version = u16::from_le_bytes(*lines.get(4..)?.first_chunk()?);
    let place = if version >= 5 { 8 } else { 6 };
    let length = u32::from_le_bytes(*lines.get(place..)?.first_chunk()?);
    let is_short = u32::from_le_bytes(*lines.first_chunk()?) < 0xffff_fff0;
    usize::try_from(length).ok().filter(|length| is_short && *length <= TABLE)
}
