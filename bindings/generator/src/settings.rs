//! Settings: the records of the core that a package has a class of its own for, which the generator writes with the core's
//! documents.

use crate::model::{Field, Method, Model, Receiver, Record, Type};

/// The records of limits. Each field is a number that may be left out, or is on or off.
const LIMITS: [&str; 3] = ["ModuleLimits", "PoolingConfig", "StoreLimits"];

/// The records whose class is written in every language.
pub fn limits(model: &Model) -> Vec<&Record> {
    model.records.iter().filter(|record| LIMITS.contains(&record.named.name.as_str())).collect()
}

/// Whether a number is a time, for which the languages have a type.
pub fn is_time(field: &Field) -> bool {
    field.docs.join(" ").contains("in milliseconds")
}

/// The documentation, with names in the words of a language: `name` gives another text for what stands in backticks, or nothing.
pub fn worded(lines: &[String], name: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let line = |line: &String| {
        let mut parts = Vec::new();
        for (place, part) in line.split('`').enumerate() {
            parts.push(if place % 2 == 0 {
                part.to_owned()
            } else {
                name(part).unwrap_or_else(|| format!("`{part}`"))
            });
        }
        parts.concat()
    };
    lines.iter().map(line).collect()
}

/// How the core gives a record for untrusted guests: by a function, as the result or as a field of that.
pub struct Untrusted<'a> {
    pub function: &'a Method,
    /// The record that the function gives, where that only has this one, and the field.
    pub within: Option<(&'a str, &'a Field)>,
}

impl<'a> Untrusted<'a> {
    pub fn of(model: &'a Model, record: &Record) -> Option<Self> {
        let wanted = Type::Record(record.named.name.clone());
        let functions = model.functions.iter().filter(|function| {
            function.receiver == Receiver::None
                && function.params.is_empty()
                && function.named.name.starts_with("untrusted_")
        });
        functions.filter_map(|function| function.result.as_ref().map(|result| (function, result))).find_map(
            |(function, result)| match result {
                found if *found == wanted => Some(Self { function, within: None }),
                Type::Record(owner) => {
                    let owner = model.record(owner)?;
                    let optional = Type::Option(Box::new(wanted.clone()));
                    let field = owner.fields.iter().find(|field| field.ty == optional)?;
                    Some(Self { function, within: Some((&owner.named.name, field)) })
                }
                _ => None,
            },
        )
    }
}
