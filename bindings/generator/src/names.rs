//! Names as the languages write them.

/// As Python and C write the names of modules and functions: `SharedMemory` is `shared_memory`.
pub fn snake(name: &str) -> String {
    let mut made = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            made.push('_');
        }
        made.push(letter.to_ascii_lowercase());
    }
    made
}

/// As Kotlin and Swift write the names of functions: `read_string` is `readString`.
pub fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        made.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        made.push_str(letters.as_str());
    }
    made
}

/// As Python writes the names of constants: `SpeedAndSize` is `SPEED_AND_SIZE`.
pub fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}
