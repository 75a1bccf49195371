package dev.trimaran.tests

import java.nio.file.Files
import java.nio.file.Path

/** A component of tests/modules, in the text format. */
fun moduleText(name: String): String =
    Files.readString(Path.of(System.getProperty("trimaran.root"), "tests/modules/$name.wat"))

/** A function that gives its argument to the host's, and what that returns to its caller. */
private class Forward(val name: String, val type: String, val flat: String, val result: String = type) {
    private val kinds = flat.split(' ')
    private val isPlain = kinds.size == 1 && (result == type || result == "(result)")
    private val values = kinds.indices.joinToString(" ") { "(local.get $it)" }

    val core = if (isPlain) "(param $flat) (result $flat)" else "(param $flat i32)"
    val exported =
        if (isPlain) {
            "(param $flat) (result $flat) (call \$$name $values)"
        } else {
            "(param $flat) (result i32) (call \$$name $values (i32.const 16)) (i32.const 16)"
        }
}

private val FORWARDS =
    listOf(
        Forward("bool", "bool", "i32"),
        Forward("s8", "s8", "i32"),
        Forward("u8", "u8", "i32"),
        Forward("s16", "s16", "i32"),
        Forward("u16", "u16", "i32"),
        Forward("s32", "s32", "i32"),
        Forward("u32", "u32", "i32"),
        Forward("s64", "s64", "i64"),
        Forward("u64", "u64", "i64"),
        Forward("f32", "f32", "f32"),
        Forward("f64", "f64", "f64"),
        Forward("char", "char", "i32"),
        Forward("string", "string", "i32 i32"),
        Forward("bytes", "(list u8)", "i32 i32"),
        Forward("shorts", "(list s16)", "i32 i32"),
        Forward("ints", "(list u32)", "i32 i32"),
        Forward("longs", "(list s64)", "i32 i32"),
        Forward("floats", "(list f32)", "i32 i32"),
        Forward("doubles", "(list f64)", "i32 i32"),
        Forward("bools", "(list bool)", "i32 i32"),
        Forward("strings", "(list string)", "i32 i32"),
        Forward("one", "(tuple u8)", "i32"),
        Forward("pair", "(tuple u8 string)", "i32 i32 i32"),
        Forward("four", "(tuple u8 s64 f32 (list u8))", "i32 i64 f32 i32 i32"),
        Forward("person", "\$person", "i32 i32 i32"),
        Forward("people", "(list \$person)", "i32 i32"),
        Forward("bag", "\$bag", List(11) { "i32" }.joinToString(" ")),
        Forward("shape", "\$shape", "i32 i64 i32 i32"),
        Forward("shapes", "(list \$shape)", "i32 i32"),
        Forward("color", "\$color", "i32"),
        Forward("colors", "(list \$color)", "i32 i32"),
        Forward("access", "\$access", "i32"),
        Forward("both", "(tuple \$access \$access)", "i32 i32"),
        Forward("maybe", "(option string)", "i32 i32 i32"),
        Forward("nested", "(option (option u8))", "i32 i32 i32"),
        Forward("outcomes", "(list (result u8 (error string)))", "i32 i32"),
        Forward("done", "(tuple (result))", "i32"),
        Forward("alias", "(list \$person)", "i32 i32"),
        Forward("named", "u32", "i32", "(result string (error \$color))"),
        Forward("texts", "u32", "i32", "(result u8 (error (list string)))"),
        Forward("plain", "u32", "i32", "(result)"),
    )

private const val LIBC = """
  (core module ${'$'}libc (memory (export "memory") 1) (global ${'$'}n (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local ${'$'}at i32)
      (local.set ${'$'}at (i32.and (i32.add (global.get ${'$'}n) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      (global.set ${'$'}n (i32.add (local.get ${'$'}at) (local.get 3)))
      (block ${'$'}enough (loop ${'$'}more
        (br_if ${'$'}enough (i32.le_u (global.get ${'$'}n) (i32.mul (memory.size) (i32.const 65536))))
        (br_if ${'$'}more (i32.ne (memory.grow (i32.const 64)) (i32.const -1)))
        unreachable))
      (local.get ${'$'}at)))
  (core instance ${'$'}libc (instantiate ${'$'}libc))
  (alias core export ${'$'}libc "memory" (core memory ${'$'}memory))
  (alias core export ${'$'}libc "realloc" (core func ${'$'}realloc))"""

private val TYPES =
    listOf(
        "person" to "(record (field \"x\" s32) (field \"first-name\" string))",
        "bag" to
            "(record (field \"a\" u8) (field \"class\" string) (field \"data\" (list u8)) " +
            "(field \"nested\" (list (list u8))) (field \"who\" (option \$person)))",
        "shape" to
            "(variant (case \"circle\" f64) (case \"shape\" u8) (case \"none\") (case \"person\" \$person) " +
            "(case \"string\" string) (case \"list\" (list f64)))",
        "color" to "(enum \"red\" \"light-green\")",
        "access" to "(flags \"read\" \"write\" \"exec\")",
    )

/** A component of the world `values` in bindings/values.wit. */
fun forwarding(): String =
    buildString {
        val canon = "(memory \$memory) (realloc \$realloc)"
        append("(component")
        for ((name, type) in TYPES) append("\n(type \$$name' $type) (import \"$name\" (type \$$name (eq \$$name')))")
        for (it in FORWARDS) {
            append("\n(import \"take-${it.name}\" (func \$${it.name} (param \"x\" ${it.type}) (result ${it.result})))")
        }
        append(LIBC)
        for (it in FORWARDS) append("\n(core func \$${it.name} (canon lower (func \$${it.name}) $canon))")
        append("\n(core module \$m")
        for (it in FORWARDS) append("\n(import \"\" \"${it.name}\" (func \$${it.name} ${it.core}))")
        for (it in FORWARDS) append("\n(func (export \"${it.name}\") ${it.exported})")
        append(")\n(core instance \$m (instantiate \$m (with \"\" (instance")
        for (it in FORWARDS) append("\n(export \"${it.name}\" (func \$${it.name}))")
        append("))))")
        for (it in FORWARDS) {
            append("\n(func (export \"give-${it.name}\") (param \"x\" ${it.type}) (result ${it.result})")
            append(" (canon lift (core func \$m \"${it.name}\") $canon))")
        }
        append(")")
    }
