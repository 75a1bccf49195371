//! Writes the C header.

use std::fmt::Write as _;

use super::HEAD;
use crate::crossing::{Crossing, operations, texts};
use crate::model::{Model, Type};
use crate::names::snake;

const START: &str = "\
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that are the caller's, who frees them.
typedef struct {
    uint8_t *data;
    size_t length;
    size_t capacity;
} trimaran_bytes;

void trimaran_bytes_free(trimaran_bytes bytes);

// One of several kinds of objects: the number of the variant, from 1, and the object; 0 for none.
typedef struct {
    int32_t variant;
    const void *object;
} trimaran_item;

";

const CALLS: &str = "\
// Each of these gives 0, or 1 and leaves an error, as UniFFI serialises it. Objects are alive and stay the caller's; those
// that come out are the caller's, who lets go of them. Text is UTF-8, and lives for the call. Records and enums are in
// UniFFI's serialised form; handles in it are holds that the library takes over.

";

/// What a number is in C.
fn number(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Int { signed: true, bits } => format!("int{bits}_t"),
        Type::Int { signed: false, bits } => format!("uint{bits}_t"),
        Type::Float { bits: 32 } => "float".to_owned(),
        _ => "double".to_owned(),
    }
}

pub fn header(model: &Model) -> String {
    let mut out = format!("{HEAD}{START}");
    for object in &model.objects {
        let snake = snake(&object.named.name);
        _ = writeln!(
            out,
            "typedef struct trimaran_{snake} trimaran_{snake};\n// Takes one more hold.\nvoid trimaran_{snake}_keep(const trimaran_{snake} *this_);\n// Lets go of one.\nvoid trimaran_{snake}_free(const trimaran_{snake} *this_);\n"
        );
    }
    out.push_str(CALLS);
    for operation in operations(model) {
        for line in &operation.method.named.docs {
            _ = writeln!(out, "{}", format!("// {line}").trim_end());
        }
        let mut params = Vec::new();
        if operation.has_receiver() {
            params.push(format!("const trimaran_{} *this_", snake(operation.class.unwrap_or_default())));
        }
        for param in &operation.method.params {
            let name = &param.name;
            params.push(match Crossing::of(model, &param.ty) {
                Crossing::Number(ty) => format!("{} {name}", number(ty)),
                Crossing::OptionalNumber(ty) => format!("bool has_{name}, {} {name}", number(ty)),
                Crossing::Object(class) | Crossing::OptionalObject(class) => {
                    format!("const trimaran_{} *{name}", snake(class))
                }
                Crossing::Union(_) | Crossing::OptionalUnion(_) => format!("trimaran_item {name}"),
                Crossing::Text | Crossing::OptionalText(_) | Crossing::Bytes | Crossing::Serialised(_) => {
                    format!("const uint8_t *{name}, size_t {name}_length")
                }
            });
        }
        if let Some(ty) = &operation.method.result {
            params.push(match Crossing::of(model, ty) {
                Crossing::Number(ty) => format!("{} *result", number(ty)),
                Crossing::OptionalNumber(ty) => format!("bool *has_result, {} *result", number(ty)),
                Crossing::Object(class) | Crossing::OptionalObject(class) => {
                    format!("const trimaran_{} **result", snake(class))
                }
                Crossing::Union(_) | Crossing::OptionalUnion(_) => "trimaran_item *result".to_owned(),
                Crossing::Text | Crossing::OptionalText(_) | Crossing::Bytes | Crossing::Serialised(_) => {
                    "trimaran_bytes *result".to_owned()
                }
            });
        }
        params.push("trimaran_bytes *error".to_owned());
        _ = writeln!(out, "int32_t {}({});\n", operation.symbol(), params.join(", "));
    }
    for name in texts(model) {
        let snake = snake(name);
        _ = writeln!(
            out,
            "// The text of a {name}.\nint32_t trimaran_{snake}_text(const uint8_t *value, size_t value_length, trimaran_bytes *result, trimaran_bytes *error);\n"
        );
    }
    out
}
