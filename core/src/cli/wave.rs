//! Values of components as text, in WAVE (WebAssembly Value Encoding): `{name: "x", parts: [1, 2]}`, `some(3)`, `ok("done")`.

use std::fmt::Write;

use crate::component::abi::plan::{Case, Field, Kind, Plan, Row};
use crate::component::abi::stream::BESIDE;
use crate::component::handles::Received;
use crate::errors::guest_text::Name;

/// What is wrong with a text, in words.
pub(super) type Mistake = String;

/// Reads the arguments of a function, whose names those are: they stand in parentheses with commas between. Writes their stream.
pub(super) fn arguments(row: &Row, names: &[String], text: &str) -> Result<Vec<u8>, Mistake> {
    let mut reader = Reader { rest: text, bytes: Vec::new() };
    for (index, field) in row.fields.iter().enumerate() {
        let named = |mistake| match names.get(index) {
            Some(name) => format!("argument `{}`: {mistake}", Name(name)),
            None => mistake,
        };
        if index > 0 {
            reader.expect(',').map_err(named)?;
        }
        reader.value(&field.plan).map_err(named)?;
    }
    match reader.peek() {
        None => Ok(reader.bytes),
        Some(_) => Err(format!("`{}` is too much", reader.rest)),
    }
}

struct Reader<'a> {
    rest: &'a str,
    bytes: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn accept(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = self.rest.strip_prefix(wanted).unwrap_or_default();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), Mistake> {
        if self.accept(wanted) { Ok(()) } else { Err(self.wrong(&format!("`{wanted}`"))) }
    }

    fn wrong(&self, wanted: &str) -> Mistake {
        match self.rest {
            "" => format!("expected {wanted}, and the text ends"),
            rest => format!("expected {wanted} at `{rest}`"),
        }
    }

    /// Letters, digits, and what numbers and names have between them.
    fn word(&mut self, wanted: &str) -> Result<&'a str, Mistake> {
        self.peek();
        let part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '.' | '_' | '%');
        let length = self.rest.find(|letter| !part(letter)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        if word.is_empty() {
            return Err(self.wrong(wanted));
        }
        self.rest = rest;
        // A name that is a word of WAVE itself has this sign before it.
        Ok(word.strip_prefix('%').unwrap_or(word))
    }

    fn number<T: std::str::FromStr>(&mut self, wanted: &str) -> Result<T, Mistake> {
        let word = self.word(wanted)?;
        word.parse().map_err(|_| format!("expected {wanted}, found `{word}`"))
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn put_number(&mut self, number: usize) {
        // Text on a command line has far less than 2^32 of anything.
        self.put(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn value(&mut self, plan: &Plan) -> Result<(), Mistake> {
        match &plan.kind {
            Kind::Bool => match self.word("true or false")? {
                "true" => self.put(&[1]),
                "false" => self.put(&[0]),
                word => return Err(format!("expected true or false, found `{word}`")),
            },
            Kind::S8 => {
                let number: i8 = self.number("an s8")?;
                self.put(&number.to_le_bytes())
            }
            Kind::U8 => {
                let number: u8 = self.number("a u8")?;
                self.put(&number.to_le_bytes())
            }
            Kind::S16 => {
                let number: i16 = self.number("an s16")?;
                self.put(&number.to_le_bytes())
            }
            Kind::U16 => {
                let number: u16 = self.number("a u16")?;
                self.put(&number.to_le_bytes())
            }
            Kind::S32 => {
                let number: i32 = self.number("an s32")?;
                self.put(&number.to_le_bytes())
            }
            Kind::U32 => {
                let number: u32 = self.number("a u32")?;
                self.put(&number.to_le_bytes())
            }
            Kind::S64 => {
                let number: i64 = self.number("an s64")?;
                self.put(&number.to_le_bytes())
            }
            Kind::U64 => {
                let number: u64 = self.number("a u64")?;
                self.put(&number.to_le_bytes())
            }
            Kind::F32 => {
                let number: f32 = self.number("an f32")?;
                self.put(&number.to_le_bytes())
            }
            Kind::F64 => {
                let number: f64 = self.number("an f64")?;
                self.put(&number.to_le_bytes())
            }
            Kind::Char => {
                self.expect('\'')?;
                let character = self.character()?.ok_or("expected a character between two signs `'`")?;
                self.expect_now('\'')?;
                self.put(&u32::from(character).to_le_bytes());
            }
            Kind::String => {
                self.expect('"')?;
                let mut text = String::new();
                while !self.rest.starts_with('"') {
                    text.push(self.character()?.ok_or("a string has no `\"` at its end")?);
                }
                self.expect_now('"')?;
                self.put_number(text.len());
                self.put(text.as_bytes());
            }
            Kind::Numbers(element) | Kind::List(element) => _ = self.list(element)?,
            Kind::Tuple(fields) => {
                self.expect('(')?;
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        self.expect(',')?;
                    }
                    self.value(&field.plan)?;
                }
                self.accept(',');
                self.expect(')')?;
            }
            Kind::Record(fields) => {
                self.expect('{')?;
                let mut given: Vec<Option<Vec<u8>>> = vec![None; fields.len()];
                while !self.accept('}') {
                    let name = self.word("the name of a field")?;
                    self.expect(':')?;
                    let known = fields.iter().zip(&mut given).find(|(field, _)| *field.name == *name);
                    let (field, place) = known.ok_or_else(|| format!("there is no field `{name}`"))?;
                    let outer = std::mem::take(&mut self.bytes);
                    self.value(&field.plan)?;
                    *place = Some(std::mem::replace(&mut self.bytes, outer));
                    if !self.accept(',') && self.peek() != Some('}') {
                        return Err(self.wrong("`,` or `}`"));
                    }
                }
                for (field, bytes) in fields.iter().zip(given) {
                    // An option that is left out is none.
                    let bytes = bytes.or_else(|| matches!(field.plan.kind, Kind::Option(_)).then(|| vec![0; 4]));
                    self.put(&bytes.ok_or_else(|| format!("the field `{}` is missing", field.name))?);
                }
            }
            Kind::Option(cases) => match self.case_ahead(&cases.cases) {
                Some(_) => self.case(&cases.cases)?,
                // The value alone is one that is there.
                None => {
                    self.put_number(1);
                    self.payload(cases.cases.get(1))?;
                }
            },
            Kind::Result(cases) => self.case(&cases.cases)?,
            Kind::Variant(cases) | Kind::Enum(cases) => self.case(&cases.cases)?,
            Kind::Flags(_, names) => {
                self.expect('{')?;
                let mut bits = 0_u32;
                while !self.accept('}') {
                    let name = self.word("the name of a flag")?;
                    let place = names.iter().position(|known| **known == *name);
                    bits |= 1 << place.ok_or_else(|| format!("there is no flag `{name}`"))?;
                    self.accept(',');
                }
                self.put(&bits.to_le_bytes());
            }
            Kind::FixedLengthList(element, length) => {
                let count = self.list(element)?;
                if count != *length as usize {
                    return Err(format!("expected {length} elements, found {count}"));
                }
            }
            Kind::Map(parts, _) => self.map(parts)?,
            Kind::Own | Kind::Borrow => return Err("a resource cannot be written here".to_owned()),
            Kind::Stream(_) => return Err("a stream cannot be written here".to_owned()),
            Kind::Future(_) => return Err("a future cannot be written here".to_owned()),
            Kind::Unsupported(name) => return Err(format!("values of the type `{name}` cannot be passed yet")),
        }
        Ok(())
    }

    fn list(&mut self, element: &Plan) -> Result<usize, Mistake> {
        self.expect('[')?;
        let outer = std::mem::take(&mut self.bytes);
        let mut count = 0;
        while !self.accept(']') {
            self.value(element)?;
            count += 1;
            if !self.accept(',') && self.peek() != Some(']') {
                return Err(self.wrong("`,` or `]`"));
            }
        }
        let inner = std::mem::replace(&mut self.bytes, outer);
        self.put_number(count);
        self.put(&inner);
        Ok(count)
    }

    /// A map, as a record is written: `{"a": 1, "b": 2}`.
    fn map(&mut self, [key, value]: &[Field; 2]) -> Result<(), Mistake> {
        self.expect('{')?;
        let outer = std::mem::take(&mut self.bytes);
        let mut count = 0;
        while !self.accept('}') {
            self.value(&key.plan)?;
            self.expect(':')?;
            self.value(&value.plan)?;
            count += 1;
            if !self.accept(',') && self.peek() != Some('}') {
                return Err(self.wrong("`,` or `}`"));
            }
        }
        let inner = std::mem::replace(&mut self.bytes, outer);
        self.put_number(count);
        self.put(&inner);
        Ok(())
    }

    /// The number of the case whose name comes next.
    fn case_ahead(&mut self, cases: &[Case]) -> Option<usize> {
        let before = self.rest;
        let name = self.word("a case").ok();
        self.rest = before;
        let name = name.map(|name| if name == "err" { "error" } else { name });
        cases.iter().position(|case| Some(&*case.name) == name)
    }

    fn case(&mut self, cases: &[Case]) -> Result<(), Mistake> {
        let Some(number) = self.case_ahead(cases) else {
            let names: Vec<_> = cases.iter().map(|case| format!("`{}`", case.name)).take(16).collect();
            return Err(self.wrong(&format!("one of {}", names.join(", "))));
        };
        self.word("a case")?;
        self.put_number(number);
        let case = cases.get(number);
        if case.is_some_and(|case| case.payload.is_some()) {
            self.expect('(')?;
            self.payload(case)?;
            self.expect(')')?;
        }
        Ok(())
    }

    fn payload(&mut self, case: Option<&Case>) -> Result<(), Mistake> {
        case.and_then(|case| case.payload.as_ref()).map_or(Ok(()), |plan| self.value(plan))
    }

    /// The next character of a text, and what a backslash makes of it; none where the text ends.
    fn character(&mut self) -> Result<Option<char>, Mistake> {
        let mut all = self.rest.chars();
        let mut next = || all.next();
        let found = match next() {
            Some('\\') => match next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(same @ ('\\' | '"' | '\'')) => same,
                Some('u') => {
                    let rest = all.as_str();
                    let number = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                    let (digits, rest) = number.ok_or("a `u` behind a backslash has digits in braces: `{1f600}`")?;
                    self.rest = rest;
                    let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                    return character.map(Some).ok_or_else(|| format!("`{digits}` is no Unicode scalar value"));
                }
                _ => return Err("a backslash stands before one of n, t, r, u, \\, ' and \"".to_owned()),
            },
            Some(other) => other,
            None => return Ok(None),
        };
        self.rest = all.as_str();
        Ok(Some(found))
    }

    /// As `expect`, without space before it.
    fn expect_now(&mut self, wanted: char) -> Result<(), Mistake> {
        self.rest = self.rest.strip_prefix(wanted).ok_or_else(|| self.wrong(&format!("`{wanted}`")))?;
        Ok(())
    }
}

/// The result of a function as text; empty where it has none.
pub(super) fn result(row: &Row, received: &Received) -> String {
    let mut shown = Shown { text: String::new(), bytes: &received.bytes, beside: &received.beside };
    row.fields.iter().for_each(|field| shown.value(&field.plan));
    shown.text
}

struct Shown<'a> {
    text: String,
    bytes: &'a [u8],
    beside: &'a [Vec<u8>],
}

impl<'a> Shown<'a> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (found, rest) = self.bytes.split_first_chunk().map_or(([0; N], &[][..]), |(found, rest)| (*found, rest));
        self.bytes = rest;
        found
    }

    fn number(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    /// The bytes of so many elements.
    fn part(&mut self, size: usize) -> &'a [u8] {
        let count = self.number();
        if count & BESIDE != 0 {
            let index = self.number() as usize;
            return self.beside.get(index).map_or(&[], Vec::as_slice);
        }
        let length = (count as usize).saturating_mul(size).min(self.bytes.len());
        let (found, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        found
    }

    fn push(&mut self, text: impl std::fmt::Display) {
        _ = write!(self.text, "{text}");
    }

    fn value(&mut self, plan: &Plan) {
        match &plan.kind {
            Kind::Bool => {
                let value = self.take::<1>() != [0];
                self.push(value)
            }
            Kind::S8 => {
                let value = i8::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::U8 => {
                let value = u8::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::S16 => {
                let value = i16::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::U16 => {
                let value = u16::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::S32 => {
                let value = i32::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::U32 => {
                let value = self.number();
                self.push(value)
            }
            Kind::S64 => {
                let value = i64::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::U64 => {
                let value = u64::from_le_bytes(self.take());
                self.push(value)
            }
            Kind::F32 => {
                let value = f32::from_le_bytes(self.take());
                self.push(float(&value, value.is_nan()))
            }
            Kind::F64 => {
                let value = f64::from_le_bytes(self.take());
                self.push(float(&value, value.is_nan()))
            }
            Kind::Char => {
                let character = char::from_u32(self.number()).unwrap_or_default();
                self.quoted('\'', &character.to_string());
            }
            Kind::String => {
                let text = String::from_utf8_lossy(self.part(1)).into_owned();
                self.quoted('"', &text);
            }
            Kind::Numbers(element) => {
                let bytes = self.part(element.size);
                let mut inner = Shown { text: String::new(), bytes, beside: &[] };
                for index in 0..bytes.len().checked_div(element.size).unwrap_or_default() {
                    inner.comma(index);
                    inner.value(element);
                }
                self.push(format_args!("[{}]", inner.text));
            }
            Kind::List(element) | Kind::FixedLengthList(element, _) => {
                let count = self.number();
                self.push('[');
                for index in 0..count as usize {
                    self.comma(index);
                    self.value(element);
                }
                self.push(']');
            }
            Kind::Map(parts, _) => {
                let count = self.number();
                self.push('{');
                for index in 0..count as usize {
                    self.comma(index);
                    let [key, value] = &**parts;
                    self.value(&key.plan);
                    self.push(": ");
                    self.value(&value.plan);
                }
                self.push('}');
            }
            Kind::Record(fields) => {
                self.push('{');
                for (index, field) in fields.iter().enumerate() {
                    self.comma(index);
                    self.push(format_args!("{}: ", field.name));
                    self.value(&field.plan);
                }
                self.push('}');
            }
            Kind::Tuple(fields) => {
                self.push('(');
                for (index, field) in fields.iter().enumerate() {
                    self.comma(index);
                    self.value(&field.plan);
                }
                self.push(')');
            }
            Kind::Variant(cases) | Kind::Option(cases) | Kind::Result(cases) | Kind::Enum(cases) => {
                let number = self.number();
                let Some(case) = cases.cases.get(number as usize) else { return };
                let is_error = matches!(plan.kind, Kind::Result(_)) && number == 1;
                self.push(if is_error { "err" } else { &*case.name });
                if let Some(payload) = &case.payload {
                    self.push('(');
                    self.value(payload);
                    self.push(')');
                }
            }
            Kind::Flags(_, names) => {
                let bits = self.number();
                let set = names.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
                let set: Vec<_> = set.map(|(_, name)| &**name).collect();
                self.push(format_args!("{{{}}}", set.join(", ")));
            }
            Kind::Own | Kind::Borrow => {
                self.number();
                self.push("a resource");
            }
            Kind::Stream(_) | Kind::Future(_) => {
                self.number();
                self.push(if matches!(plan.kind, Kind::Stream(_)) { "a stream" } else { "a future" });
            }
            Kind::Unsupported(name) => self.push(name),
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.push(", ");
        }
    }

    fn quoted(&mut self, sign: char, text: &str) {
        self.push(sign);
        for character in text.chars() {
            match character {
                '\n' => self.push("\\n"),
                '\t' => self.push("\\t"),
                '\r' => self.push("\\r"),
                '\\' => self.push("\\\\"),
                same if same == sign => {
                    self.push('\\');
                    self.push(same);
                }
                // A guest's text must not steer the terminal.
                hidden if !crate::errors::guest_text::is_plain(hidden) => {
                    self.push(format_args!("\\u{{{:x}}}", u32::from(hidden)));
                }
                plain => self.push(plain),
            }
        }
        self.push(sign);
    }
}

fn float(value: &dyn std::fmt::Display, is_nan: bool) -> String {
    match value.to_string() {
        _ if is_nan => "nan".to_owned(),
        text => text,
    }
}
