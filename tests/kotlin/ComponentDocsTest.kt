package dev.trimaran.tests

import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Linker
import dev.trimaran.component.Outcome
import dev.trimaran.component.Record
import dev.trimaran.component.Resource
import dev.trimaran.component.ResourceType
import dev.trimaran.component.Stream
import dev.trimaran.component.asFlow
import dev.trimaran.tests.values.Values
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.nio.file.Files

/**
 * The examples in the comments of the package of components, word for word: `DocsTest` sees to it that all are here.
 */
class ComponentDocsTest {
    private val engine = engine()
    private val store = Store(engine)

    private val greets =
        """(component
          (import "example:host/log@1.0.0" (instance ${'$'}log (export "print" (func (param "text" string)))))
          (core module ${'$'}libc (memory (export "memory") 1) (data (i32.const 0) "hello"))
          (core instance ${'$'}libc (instantiate ${'$'}libc))
          (alias core export ${'$'}libc "memory" (core memory ${'$'}memory))
          (core func ${'$'}print (canon lower (func ${'$'}log "print") (memory ${'$'}memory)))
          (core module ${'$'}m
            (import "" "print" (func ${'$'}print (param i32 i32)))
            (func (export "greet") (call ${'$'}print (i32.const 0) (i32.const 5))))
          (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "print" (func ${'$'}print))))))
          (func (export "greet") (canon lift (core func ${'$'}m "greet"))))"""

    private val adds =
        """(component
          (core module ${'$'}m
            (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
          (core instance ${'$'}m (instantiate ${'$'}m))
          (func ${'$'}add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func ${'$'}m "add")))
          (export "add" (func ${'$'}add))
          (instance ${'$'}reader (export "parse" (func ${'$'}add)))
          (export "example:json/reader@1.0.0" (instance ${'$'}reader)))"""

    /** What [work] prints. */
    private fun printed(work: () -> Unit): String {
        val before = System.out
        val bytes = ByteArrayOutputStream()
        System.setOut(PrintStream(bytes, true, Charsets.UTF_8))
        try {
            work()
        } finally {
            System.setOut(before)
        }
        return bytes.toString(Charsets.UTF_8).trim()
    }

    @Test
    fun linkers() {
        val component = Component(engine, greets)
        val text = printed {
            val linker = Linker(engine)
            linker.instance("example:host/log@1.0.0").func("print") { (text) -> println(text) }
            val instance = linker.instantiate(store, component)
            instance.func(store, "greet")(store)
        }
        assertEquals("hello", text)
    }

    @Test
    fun functions() {
        val instance = Linker(engine).instantiate(store, Component(engine, adds))
        val add = instance.func(store, "add")
        val sum = add(store, 1, 2) as UInt
        assertEquals(3u, sum)
        val parse = instance.func(store, "example:json/reader@1.0.0", "parse")
        assertEquals(3u, parse(store, 1, 2))
    }

    @Test
    fun `host functions`() {
        val text =
            """(component
              (import "add" (func ${'$'}add (param "a" u32) (param "b" u32) (result u32)))
              (core func ${'$'}add (canon lower (func ${'$'}add)))
              (core module ${'$'}m
                (import "" "add" (func ${'$'}add (param i32 i32) (result i32)))
                (func (export "sum") (param i32 i32) (result i32) (call ${'$'}add (local.get 0) (local.get 1))))
              (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "add" (func ${'$'}add))))))
              (func (export "sum") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func ${'$'}m "sum"))))"""
        val linker = Linker(engine)
        linker.root().func("add") { (a, b) -> (a as UInt) + (b as UInt) }
        assertEquals(3u, linker.instantiate(store, Component(engine, text)).func(store, "sum")(store, 1, 2))
    }

    @Test
    fun records() {
        val point = Record("x" to 1u, "y" to 2u)
        val x = point["x"]
        assertEquals(1u, x)
    }

    @Test
    fun `outcomes of generated bindings`() {
        val world = Values.instantiate(store, Component(engine, forwarding()), ValuesHost())
        for ((given, text) in listOf(Outcome.Ok(1.toUByte()) to "1", Outcome.Err("no") to "failed: no")) {
            val outcomes = world.giveOutcomes(listOf(given))
            val shown = printed {
                when (val outcome = outcomes.first()) {
                    is Outcome.Ok -> println(outcome.value)
                    is Outcome.Err -> println("failed: ${outcome.error}")
                }
            }
            assertEquals(text, shown)
        }
    }

    @Test
    fun resources() {
        val counter = Linker(engine).instantiate(store, Component(engine, RESOURCES))
        (counter.func(store, "make")(store, 7u) as Resource).use { resource ->
            counter.func(store, "get")(store, resource)
        }
        assertEquals(1u, counter.func(store, "dropped")(store))
    }

    @Test
    fun `drops of the host's resources`() {
        val linker = Linker(engine)
        linker.root().defineResource("file", ResourceType { file -> (file as AutoCloseable).close() })
    }

    @Test
    fun streams() {
        val engine =
            engine {
                wasmComponentModelAsync = true
                wasmComponentModelMoreAsyncBuiltins = true
            }
        val store = Store(engine)
        val text = Files.readString(root.resolve("tests/modules/component_streams.wat"))
        val linker = Linker(engine).apply { root().suspending("take") { 0 } }
        val instance = linker.instantiate(store, Component(engine, text))
        val shown = printed {
            runBlocking {
                (instance.func(store, "count").callSuspend(store, 3, 4) as Stream).use { stream ->
                    stream.asFlow().collect { part -> println((part as ByteArray).size) }
                }
            }
        }
        assertEquals(List(3) { "4" }, shown.lines())
    }
}
