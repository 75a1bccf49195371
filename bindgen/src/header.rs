//! What stands above each generated file: what made it, and how to make it again.

/// By this, a file is known as one that was generated. It stands in the first line of each.
pub const MARK: &str = "Made by Trimaran";

/// What a file was made by, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The version that made it.
    pub version: String,
    /// The world and the file that it was made of: `the world example:app/plugin in plugin.wasm`.
    pub source: String,
    /// The command that makes it again, if one did.
    pub command: Option<String>,
}

impl Header {
    /// The header as lines of a comment, each behind `prefix`.
    pub fn lines(&self, prefix: &str) -> String {
        // A path may have any letters: they stay in the comment.
        let line = |text: &str| text.replace(char::is_control, " ");
        let mut text = format!("{prefix} {MARK} {}, of {}.", self.version, line(&self.source));
        match &self.command {
            Some(command) => {
                let command = line(command);
                text.push_str(&format!(" A change here is lost when it is made again:\n{prefix}     {command}\n"));
            }
            None => text.push('\n'),
        }
        text
    }
}

/// Whether a file with this text was generated.
pub fn is_generated(text: &[u8]) -> bool {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    first.windows(MARK.len()).any(|part| part == MARK.as_bytes())
}

/// An argument as a shell takes it.
pub fn quoted(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@=+,".contains(letter);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}
