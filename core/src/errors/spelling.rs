//! Names of this library in sentences, as the language that the program is written in spells them.

use std::fmt::{self, Display, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the language writes `consumeFuel` for `consume_fuel`, as Kotlin and Swift do.
static IS_CAMEL: AtomicBool = AtomicBool::new(false);

/// From now on the sentences have the names of Kotlin and Swift. Their adapter says so before the first engine is made.
pub fn spell_in_camel_case() {
    IS_CAMEL.store(true, Ordering::Relaxed);
}

/// The name of a setting or a method.
pub(crate) struct Spelled(pub(crate) &'static str);

impl Display for Spelled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !IS_CAMEL.load(Ordering::Relaxed) {
            return formatter.write_str(self.0);
        }
        let mut begins_word = false;
        for character in self.0.chars() {
            match character {
                '_' => begins_word = true,
                _ => {
                    let shown = if begins_word { character.to_ascii_uppercase() } else { character };
                    formatter.write_char(shown)?;
                    begins_word = false;
                }
            }
        }
        Ok(())
    }
}
