//! How WIT's names are spelled in a language, and what happens where two become one.

use std::collections::HashMap;

/// `first-name` as `first_name`.
pub fn snake(name: &str) -> String {
    words(name).map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// `first-name` as `FIRST_NAME`.
pub fn upper(name: &str) -> String {
    words(name).map(str::to_uppercase).collect::<Vec<_>>().join("_")
}

/// `first-name` as `FirstName`.
pub fn pascal(name: &str) -> String {
    words(name).map(capitalized).collect()
}

/// `first-name` as `firstName`.
pub fn camel(name: &str) -> String {
    let mut words = words(name);
    let first = words.next().map(str::to_lowercase).unwrap_or_default();
    words.map(capitalized).fold(first, |name, word| name + &word)
}

/// The words of a name, which may be a version as well.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    first.to_uppercase() + &rest.to_lowercase()
}

/// A name as a language spells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spelled {
    /// The name.
    pub name: String,
    /// Why it is not the plain spelling, as a comment says it.
    pub note: Option<String>,
}

/// The names of one place, such as a file or a class, of which no two may be alike.
///
/// Whoever comes first has the plain name. The order is that of WIT, so that the same WIT gives the same names.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What takes each name.
    taken: HashMap<String, String>,
    /// How the language escapes a word that it keeps for itself.
    escape: fn(&str) -> String,
    /// How a name is told apart from another one by a number.
    number: fn(&str, usize) -> String,
}

impl Scope {
    /// A place where the language keeps these words for itself.
    pub fn new<'a>(reserved: impl IntoIterator<Item = &'a str>, escape: fn(&str) -> String) -> Self {
        let taken = reserved.into_iter().map(|word| (word.to_owned(), String::new())).collect();
        Self { taken, escape, number: |name, number| format!("{name}_{number}") }
    }

    /// The same, where a number stands behind a name in another way.
    #[must_use]
    pub fn numbered(self, number: fn(&str, usize) -> String) -> Self {
        Self { number, ..self }
    }

    /// A name for `what`, for which these are the spellings in the order of preference. A number stands behind the last one
    /// where all of them are taken.
    pub fn claim(&mut self, spellings: &[&str], what: &str) -> Spelled {
        let Some((first, last)) = spellings.first().zip(spellings.last()) else {
            return Spelled { name: String::new(), note: None };
        };
        let reason = match self.taken.get(*first) {
            None => {
                self.taken.insert((*first).to_owned(), what.to_owned());
                return Spelled { name: (*first).to_owned(), note: None };
            }
            Some(other) if other.is_empty() => format!("`{first}` is kept for other use"),
            Some(other) => format!("`{first}` is {other}"),
        };
        let is_reserved = self.taken.get(*first).is_some_and(String::is_empty);
        let escaped = is_reserved.then(|| (self.escape)(first));
        let others = escaped.into_iter().chain(spellings.iter().skip(1).map(|name| (*name).to_owned()));
        let numbered = (2_usize..).map(|number| (self.number)(last, number));
        let name = others.chain(numbered).find(|name| !self.taken.contains_key(name)).unwrap_or_default();
        self.taken.insert(name.clone(), what.to_owned());
        let mut letters = what.chars();
        let start = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
        let what: String = start.chain(letters).collect();
        Spelled { note: Some(format!("{what} is `{name}`: {reason}.")), name }
    }
}
