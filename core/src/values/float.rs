//! Floats of 32 bits as floats of 64, and back. Of a NaN each bit that there is room for stays, where a conversion by the processor
//! makes a signalling one quiet.

/// The bits of a float that its fraction has, and the one of them that makes a NaN quiet.
const FRACTION: u32 = 0x007F_FFFF;
const QUIET: u32 = 0x0040_0000;
/// How many more bits the fraction of a wider float has.
const MORE: u32 = 29;

/// The float of 64 bits that is the one of these 32.
pub fn widened(bits: u32) -> f64 {
    let number = f32::from_bits(bits);
    if !number.is_nan() {
        return f64::from(number);
    }
    let (sign, fraction) = (u64::from(bits >> 31), u64::from(bits & FRACTION));
    f64::from_bits(sign << 63 | f64::INFINITY.to_bits() | fraction << MORE)
}

/// The bits of the nearest float of 32 bits.
pub fn narrowed(number: f64) -> u32 {
    if !number.is_nan() {
        // Rounding to the nearest is what is meant.
        return (number as f32).to_bits();
    }
    let bits = number.to_bits();
    let (sign, fraction) = ((bits >> 63) as u32, (bits >> MORE) as u32 & FRACTION);
    // Without any it would be an infinity.
    let fraction = if fraction == 0 { QUIET } else { fraction };
    sign << 31 | f32::INFINITY.to_bits() | fraction
}
