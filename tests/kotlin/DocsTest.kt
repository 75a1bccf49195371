package dev.trimaran.tests

import com.sun.net.httpserver.HttpServer
import dev.trimaran.Caller
import dev.trimaran.Engine
import dev.trimaran.Func
import dev.trimaran.FuncType
import dev.trimaran.HttpHeader
import dev.trimaran.HttpResponse
import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.MemoryDirectory
import dev.trimaran.Module
import dev.trimaran.Profiler
import dev.trimaran.Store
import dev.trimaran.ValType
import dev.trimaran.component.IncomingHandler
import dev.trimaran.component.IncomingRequest
import dev.trimaran.component.JdkHttpHandler
import dev.trimaran.invoke
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.net.InetSocketAddress
import java.nio.file.Files
import java.nio.file.Path
import java.util.Collections
import java.util.concurrent.Executors
import kotlin.io.path.createDirectories
import kotlin.io.path.extension
import kotlin.io.path.isRegularFile
import kotlin.io.path.readLines
import kotlin.io.path.readText
import kotlin.streams.asSequence
import kotlin.time.Duration.Companion.seconds

/**
 * The examples in the comments of the sources, word for word. They are checked by what they print and leave; tests/docs
 * runs those of the pages.
 */
class DocsTest {
    private val engine = engine()
    private val store = Store(engine)
    private val text =
        """(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))"""
    private val exports = Instance(store, Module(engine, text)).exports(store)

    @BeforeEach
    fun folder() {
        Path.of("data").createDirectories()
    }

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
        return bytes.toString(Charsets.UTF_8)
    }

    @Test
    fun `typed functions and columns`() {
        val add = exports.func("add").typed<(Int, Int) -> Int>(store)
        val sum = add(store, 40, 2)
        val sums = add.func.map(store, intArrayOf(1, 2, 3), intArrayOf(10, 20, 30)) as IntArray
        assertEquals(42, sum)
        assertArrayEquals(intArrayOf(11, 22, 33), sums)
    }

    @Test
    fun `typed functions`() {
        val add = exports.func("add").typed<(Int, Int) -> Int>(store)
        val sum = add(store, 40, 2)
        assertEquals(42, sum)
    }

    @Test
    fun functions() {
        val add = exports.func("add")
        val sum = add(store, 1, 2) as Int
        assertEquals(3, sum)
    }

    /** Has `print` and `add` for imports. */
    private val printing =
        """(module (import "host" "print" (func ${'$'}print (param i32 i32)))
          (import "host" "add" (func ${'$'}add (param i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 8) "a boat")
          (func (export "run") (result i32)
            (call ${'$'}print (i32.const 8) (i32.const 6)) (call ${'$'}add (i32.const 40) (i32.const 2))))"""

    @Test
    fun `host functions`() {
        val module = Module(engine, printing)
        val output =
            printed {
                val print = Func(store, FuncType(listOf(ValType.I32, ValType.I32), listOf())) { (start, length) ->
                    println(memory("memory").readString(store, start.asLong(), length.asLong()))
                    listOf()
                }
                val add = Func.wrap(store) { a: Int, b: Int -> a + b }
                val exports = Instance(store, module, listOf(print, add)).exports(store)
                assertEquals(42, exports.func("run")(store))
            }
        assertEquals("a boat\n", output)
    }

    @Test
    fun `a host function`() {
        val print = Func(store, FuncType(listOf(ValType.I32, ValType.I32), listOf())) { (at, length) ->
            println(memory("memory").readString(store, at.asLong(), length.asLong()))
            listOf()
        }
        val add = Func.wrap(store) { a: Int, b: Int -> a + b }
        val instance = Instance(store, Module(engine, printing), listOf(print, add))
        assertEquals("a boat\n", printed { instance.func(store, "run")(store) })
    }

    /** Has `add` and `print` for imports. */
    private val linked =
        """(module (import "host" "add" (func ${'$'}add (param i32 i32) (result i32)))
          (import "host" "print" (func ${'$'}print (param i32)))
          (func (export "run") (call ${'$'}print (call ${'$'}add (i32.const 40) (i32.const 2)))))"""

    @Test
    fun linkers() {
        val module = Module(engine, linked)
        val output =
            printed {
                val linker = Linker(engine)
                linker.wrap("host", "add") { a: Int, b: Int -> a + b }
                linker.func("host", "print", FuncType(listOf(ValType.I32), listOf())) { (number) ->
                    println(number.asInt())
                    listOf()
                }
                val instance = linker.instantiate(store, module)
                instance.func(store, "run")(store)
            }
        assertEquals("42\n", output)
    }

    @Test
    fun `functions of a linker with their caller`() {
        val module = Module(engine, printing)
        val output =
            printed {
                val linker = Linker(engine)
                linker.wrap("host", "add") { a: Int, b: Int -> a + b }
                linker.wrap("host", "print") { caller: Caller, start: UInt, length: UInt ->
                    println(caller.memory("memory").readString(caller.store, start.toLong(), length.toLong()))
                }
                val instance = linker.instantiate(store, module)
                assertEquals(42, instance.func(store, "run")(store))
            }
        assertEquals("a boat\n", output)
    }

    @Test
    fun `linkers and stores`() {
        val module = Module(engine, linked)
        val output =
            printed {
                val linker = Linker(engine)
                linker.wrap("host", "add") { a: Int, b: Int -> a + b }
                linker.func("host", "print", FuncType(listOf(ValType.I32), listOf())) { (number) ->
                    println("${number.asInt()} in the store of $data")
                    listOf()
                }
                val counted = Store(engine, "the count")
                counted.setLimits(memorySize = 64 shl 20, instances = 10)
                linker.instantiate(counted, module).func(counted, "run")(counted)
            }
        assertEquals("42 in the store of the count\n", output)
    }

    @Test
    fun wasi() {
        val output =
            printed {
                store.setWasi {
                    argv("program", "--verbose")
                    env("LANG", "en")
                    stdin("some input")
                    stdout { bytes -> print(bytes.decodeToString()) }
                    preopen("data", "/data", readOnly = true)
                }
                val linker = Linker(engine).apply { defineWasi() }
                linker.instantiate(store, Module(engine, PROGRAM)).func(store, "put")(store)
            }
        assertEquals("some input", output)
    }

    @Test
    fun memoryDirectory() {
        val files = MemoryDirectory(mapOf("input/a.txt" to "hello".toByteArray(), "output/" to ByteArray(0)))
        store.setWasi { preopen(files, "/data") }
        assertEquals(listOf("input/a.txt"), files.names())
    }

    @Test
    fun configurations() {
        val engine = Engine { wasmThreads = true }
        assertEquals(true, engine.config.wasmThreads)
    }

    @Test
    fun responses() {
        val response =
            HttpResponse(200, listOf(HttpHeader("content-type", "text/plain")), "hello")
        assertEquals("HttpResponse(200, [content-type: text/plain])", response.toString())
    }

    @Test
    fun handlers() {
        val request = IncomingRequest("POST", "/orders?new", authority = "example.com", body = "{}".byteInputStream())
        assertEquals("POST /orders?new", request.toString())
        val engine = engine { epochInterruption = true }
        val linker = dev.trimaran.component.Linker(engine).apply { defineWasi() }
        val component =
            dev.trimaran.component.Component.fromFile(engine, root.resolve("tests/modules/component_serve.wat"))
        val handler = IncomingHandler(linker.instantiatePre(component), timeout = 5.seconds) { Store(engine) }
        handler.handle(IncomingRequest("GET", "/written")) { head ->
            println(head.status)
            System.out
        }
        val server = HttpServer.create(InetSocketAddress(0), 0)
        server.executor = Executors.newFixedThreadPool(16)
        server.createContext("/", JdkHttpHandler(handler))
        server.start()
        server.stop(0)
    }

    /** The lines of a file that matter. */
    private fun lines(lines: List<String>) =
        lines.map { it.trim().removePrefix("*").trim() }.filter { it.isNotEmpty() && !it.startsWith("import ") }

    private fun examples(file: Path): List<List<String>> =
        Regex("```(?:kotlin|java)\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
            .findAll(file.readText())
            .map { lines(it.groupValues[1].lines()) }
            .toList()

    @Test
    fun `calls that have a time together`() {
        val engine = engine { epochInterruption = true }
        val store = Store(engine)
        val linker = Linker(engine)
        val module = Module(engine, """(module (func (export "run") (result i32) (i32.const 7)))""")
        val output = store.withDeadline(5.seconds) {
            val plugin = linker.instantiate(store, module)
            plugin.func(store, "run")(store)
        }
        assertEquals(7, output)
    }

    @Test
    fun `calls that are one turn`() {
        val text =
            """(module (func (export "add") (param i32 i32) (result i32)
              (i32.add (local.get 0) (local.get 1))))"""
        val guest = Guest(text)
        val (store, rows) = guest.store to listOf(1, 2, 3)
        val add = guest.exports.func("add").typed<(Int, Int) -> Int>(store)
        val total = store.inTurn {
            rows.sumOf { row -> add(store, row, 1) }
        }
        assertEquals(9, total)
    }

    @Test
    fun `a profile`() {
        val store = store { epochInterruption = true }
        val run: (Store) -> Unit = { it.setTimeout(1.seconds) }
        Profiler(store).use { profiler ->
            run(store)
            profiler.save(Path.of("profile.json"))
        }
    }

    @Test
    fun `lines of an offset`() {
        val module = Module.fromFile(engine(), root.resolve("tests/modules/divide.wasm"))
        module.debugInfo?.symbols(0x8c)?.forEach(::println)
    }

    @Test
    fun `every example is here`() {
        val tests = root.resolve("tests/kotlin")
        val files =
            listOf("DocsTest.kt", "ComponentDocsTest.kt", "AsyncDocsTest.kt", "JavaTest.java", "AsyncJavaTest.java")
        val here = files.flatMap { lines(tests.resolve(it).readLines()) }
        // What is generated of the public package has examples as well; what lies deeper is internal.
        val folders = listOf("kotlin/src/main/kotlin" to Int.MAX_VALUE, "target/generated/kotlin/dev/trimaran" to 1)
        val sources =
            folders.flatMap { (folder, depth) ->
                Files.walk(root.resolve(folder), depth).use { files ->
                    files.asSequence().filter { it.isRegularFile() && it.extension == "kt" }.toList()
                }
            }
        val all = sources.flatMap(::examples)
        assertTrue(all.size > 9, "${all.size} examples")
        val absent = all.filter { example -> Collections.indexOfSubList(here, example) < 0 }
        assertEquals(emptyList<List<String>>(), absent)
    }

    private companion object {
        /** A program for WASI that writes what it reads, and ends with 3. */
        const val PROGRAM =
            """(module
              (import "wasi_snapshot_preview1" "fd_read" (func ${'$'}read (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func ${'$'}write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func ${'$'}exit (param i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\00\04\00\00\e8\03\00\00")
              (func ${'$'}put (export "put")
                (drop (call ${'$'}read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
                (drop (call ${'$'}write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
              (func (export "_start") (call ${'$'}put) (call ${'$'}exit (i32.const 3))))"""
    }
}
