//! A page of HTML that shows machine code beside the text format, in one file that loads nothing.

use std::fmt::{self, Display};
use std::io::{self, Write};

use crate::explore::code::{Code, Function};

/// How many bytes of an instruction are shown.
const BYTES: usize = 8;

/// What stands on the page for a place where there is none.
const NOWHERE: i64 = -1;

/// Writes the page. `name` is what it is called: the file.
pub(crate) fn page(name: &str, code: &Code, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{name}: {}", code.summary());
    write!(
        out,
        concat!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ",
            "script-src 'unsafe-inline'\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<header><h1>{}</h1>"
        ),
        Html(&title),
        include_str!("page.css"),
        Html(&title)
    )?;
    if let Some(world) = &code.world {
        write!(out, "<details open><summary>World</summary><pre>{}</pre></details>", Html(world))?;
    }
    out.write_all(
        concat!(
            "</header>\n<nav><input id=\"filter\" type=\"search\" placeholder=\"Filter functions\" ",
            "aria-label=\"Filter functions\"><div id=\"list\"></div></nav>\n",
            "<pre id=\"wasm\" aria-label=\"WebAssembly\"></pre>\n<pre id=\"machine\" aria-label=\"Machine code\"></pre>\n",
            "<script id=\"functions\" type=\"application/json\">\n["
        )
        .as_bytes(),
    )?;
    for (index, function) in code.functions().iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        write_function(code, function, out)?;
    }
    write!(out, "\n]</script>\n<script>\n{}</script>\n</body>\n</html>\n", include_str!("page.js"))
}

fn write_function(code: &Code, function: &Function, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "[{},[", Json(&function.title))?;
    for (index, (place, line)) in code.lines(function).enumerate() {
        write!(out, "{}[{place},{}]", comma(index), Json(line))?;
    }
    out.write_all(b"],[")?;
    for (index, made) in code.instructions(function).enumerate() {
        let place = made.place.and_then(|place| i64::try_from(place).ok()).unwrap_or(NOWHERE);
        let bytes: String =
            code.bytes(&made.instruction).iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
        let (address, text) = (made.instruction.address, Json(&made.instruction.text));
        write!(out, "{}[{address},{place},\"{bytes}\",{text}]", comma(index))?;
    }
    out.write_all(b"]]")
}

const fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

/// A text in HTML.
struct Html<'a>(&'a str);

impl Display for Html<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '<' | '>' | '&' | '"' | '\'' => write!(formatter, "&#{};", u32::from(character)),
            _ => write!(formatter, "{character}"),
        })
    }
}

/// A text in JSON that stands in HTML: no `</script>` of a guest's ends it.
struct Json<'a>(&'a str);

impl Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("\"")?;
        self.0.chars().try_for_each(|character| match character {
            '"' | '\\' => write!(formatter, "\\{character}"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => write!(formatter, "\\u{:04x}", u32::from(character)),
            _ if character.is_control() => write!(formatter, "\\u{:04x}", u32::from(character)),
            _ => write!(formatter, "{character}"),
        })?;
        formatter.write_str("\"")
    }
}
