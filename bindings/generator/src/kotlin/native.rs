//! `Native.kt`: what Rust has, as the JVM knows it.

use std::fmt::Write as _;

use super::head;
use super::objects::kind;
use crate::crossing::Crossing;
use crate::jni::{Operation, operations, shown};
use crate::model::{Model, Receiver};
use crate::names::{camel, snake};

pub fn file(model: &Model) -> String {
    let mut out = head(&["NativeImage"]);
    out.push_str(
        "/**\n * The functions of the native library, one for each operation of the core.\n *\n * An object is its handle: lent on the way in, the caller's own on the way out. Text is given as its bytes in UTF-8, and\n * records and enums cross as the bytes that [dev.trimaran.internal.Writer] writes.\n */\ninternal object Native {\n    init {\n        NativeImage.load()\n    }\n",
    );
    for made in operations(model) {
        let place = &made.method.named.place;
        let _ = writeln!(out, "\n    // {}:{}", place.file, place.line);
        let result = made.method.result.as_ref().map(|ty| Crossing::of(model, ty));
        let result = result.map_or(String::new(), |crossing| format!(": {}", crossing.given().kotlin));
        let _ = writeln!(
            out,
            "    @JvmStatic external fun {}({}){result}",
            made.native_name(),
            params(model, &made).join(", ")
        );
    }
    out.push_str("\n    // The classes, by the numbers that [free] takes.\n\n");
    for (number, object) in model.objects.iter().enumerate() {
        let _ = writeln!(out, "    const val {}: Int = {number}", kind(&object.named.name));
    }
    out.push_str(
        "\n    /** Lets go of an object of that class. Its handle is void then. */\n    @JvmStatic\n    fun free(kind: Int, handle: Long): Unit =\n        when (kind) {\n",
    );
    for object in &model.objects {
        let name = camel(&snake(&object.named.name));
        let _ = writeln!(out, "            {} -> {name}Free(handle)", kind(&object.named.name));
    }
    out.push_str("            else -> error(\"there is no class $kind\")\n        }\n");
    for object in &model.objects {
        let name = camel(&snake(&object.named.name));
        let _ = writeln!(out, "\n    /** One more handle of the same object. */");
        let _ = writeln!(out, "    @JvmStatic external fun {name}Clone(handle: Long): Long\n");
        let _ = writeln!(out, "    /** Lets go of the object. The handle is void then. */");
        let _ = writeln!(out, "    @JvmStatic external fun {name}Free(handle: Long)");
    }
    for named in shown(model) {
        let name = camel(&snake(&named.name));
        let _ = writeln!(
            out,
            "\n    /** Its text. */\n    @JvmStatic external fun {name}Show(value: ByteArray): ByteArray"
        );
    }
    out.push_str("}\n");
    out
}

fn params(model: &Model, made: &Operation<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if made.method.receiver != Receiver::None {
        all.push(if made.is_of_enum { "value: ByteArray".to_owned() } else { "handle: Long".to_owned() });
    }
    for param in &made.method.params {
        let crossing = Crossing::of(model, &param.ty);
        let name = super::word(&param.name);
        if let Crossing::OptionalNumber(_) = crossing {
            all.push(format!("{}: Boolean", camel(&format!("has_{}", param.name))));
        }
        all.push(format!("{name}: {}", crossing.taken().kotlin));
    }
    if let Some(Crossing::OptionalNumber(_)) = made.method.result.as_ref().map(|ty| Crossing::of(model, ty)) {
        all.push("buffer: LongArray".to_owned());
    }
    all
}
