//! Case files.

use serde_json::Value;
use trimaran_tests::{World, steps};

/// Runs the cases of a file, of which most are misspelt. A case that does not hold is no matter here.
pub(crate) fn run(bytes: &[u8]) {
    let Ok(file) = serde_json::from_slice::<Value>(bytes) else { return };
    let cases = file["cases"].as_array().into_iter().flatten();
    for case in cases.take(10) {
        let Ok(steps) = steps(&file, case) else { continue };
        // What was to end a guest may be what is misspelt; nobody reads from a terminal here.
        let text = Value::from_iter(steps.iter().cloned()).to_string();
        if ["loop", "(br", "inherit"].iter().any(|word| text.contains(word)) {
            continue;
        }
        let mut world = World::default();
        for step in steps.iter().take(50) {
            if world.step(step).is_err() {
                break;
            }
        }
    }
}
