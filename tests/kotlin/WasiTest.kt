package dev.trimaran.tests

import dev.trimaran.Instance
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.OutputPipe
import dev.trimaran.Store
import dev.trimaran.WasiConfig
import dev.trimaran.WasmtimeException
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.IOException
import java.lang.ref.WeakReference
import java.nio.file.FileSystems
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** WASI's settings in Kotlin. The shared cases test what guests can do with WASI. */
class WasiTest {
    private val engine = engine()
    private val linker = Linker(engine).apply { defineWasi() }
    private val module =
        Module(
            engine,
            """(module
              (import "wasi_snapshot_preview1" "fd_read" (func ${'$'}read (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func ${'$'}write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_sizes_get" (func ${'$'}argsSize (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "args_get" (func ${'$'}args (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_sizes_get" (func ${'$'}envSize (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "environ_get" (func ${'$'}env (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "clock_time_get" (func ${'$'}clock (param i32 i64 i32) (result i32)))
              (import "wasi_snapshot_preview1" "random_get" (func ${'$'}random (param i32 i32) (result i32)))
              (memory (export "memory") 1)
              ;; Writes length bytes from 1024 on.
              (func ${'$'}put (param ${'$'}to i32) (param ${'$'}length i32) (result i32)
                (i32.store (i32.const 0) (i32.const 1024))
                (i32.store (i32.const 4) (local.get ${'$'}length))
                (call ${'$'}write (local.get ${'$'}to) (i32.const 0) (i32.const 1) (i32.const 8)))
              (func (export "cat") (param ${'$'}to i32) (result i32)
                (i32.store (i32.const 0) (i32.const 1024))
                (i32.store (i32.const 4) (i32.const 1000))
                (drop (call ${'$'}read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call ${'$'}put (local.get ${'$'}to) (i32.load (i32.const 8))))
              (func (export "args") (result i32)
                (drop (call ${'$'}argsSize (i32.const 0) (i32.const 4)))
                (drop (call ${'$'}args (i32.const 64) (i32.const 1024)))
                (call ${'$'}put (i32.const 1) (i32.load (i32.const 4))))
              (func (export "env") (result i32)
                (drop (call ${'$'}envSize (i32.const 0) (i32.const 4)))
                (drop (call ${'$'}env (i32.const 64) (i32.const 1024)))
                (call ${'$'}put (i32.const 1) (i32.load (i32.const 4))))
              (func (export "now") (result i64)
                (drop (call ${'$'}clock (i32.const 0) (i64.const 1) (i32.const 0)))
                (i64.load (i32.const 0)))
              (func (export "random") (result i64)
                (drop (call ${'$'}random (i32.const 0) (i32.const 8)))
                (i64.load (i32.const 0))))""",
        )

    /** A guest, and what it may do. */
    private inner class Room(val store: Store = Store(engine), configure: WasiConfig.() -> Unit = {}) {
        val instance: Instance

        init {
            store.setWasi(configure)
            instance = linker.instantiate(store, module)
        }

        fun call(name: String, vararg arguments: Any?) = instance.func(store, name)(store, *arguments)
    }

    @Test
    fun `input is given, and output collected`() {
        val (out, err) = List(2) { OutputPipe() }
        val room =
            Room {
                stdin("hello ☂")
                stdout(out)
                stderr(err)
            }
        assertEquals(0, room.call("cat", 1))
        assertEquals("hello ☂", out.text())
        assertArrayEquals("hello ☂".encodeToByteArray(), out.contents())
        assertArrayEquals("hello ☂".encodeToByteArray(), out.take())
        assertEquals("", out.text())
        val bytes = byteArrayOf(0, -1, 2)
        val again =
            Room(room.store) {
                stdin(bytes)
                stderr(err)
            }
        bytes.fill(7)
        assertEquals(0, again.call("cat", 2))
        assertArrayEquals(byteArrayOf(0, -1, 2), err.contents())
        fails<WasmtimeException.Range>("the capacity is -1: expected 0 or more") { OutputPipe(-1) }
    }

    @Test
    fun `arguments and variables`() {
        val out = OutputPipe()
        val room =
            Room {
                argv("program", "one")
                argv(listOf("two"))
                env("A", "1")
                env(mapOf("B" to "2"))
                stdout(out)
            }
        room.call("args")
        assertEquals("program\u0000one\u0000two\u0000", out.take().decodeToString())
        room.call("env")
        assertEquals("A=1\u0000B=2\u0000", out.text())
    }

    @Test
    fun `the clock and chance may be fixed`() {
        fun room(seed: Long) =
            Room {
                clock(1_000_000_007, 5)
                randomSeed = seed
            }
        val (one, two, other) = listOf(7L, 7L, -8L).map(::room)
        assertEquals(listOf(1_000_000_007L, 1_000_000_012L), List(2) { one.call("now") })
        assertEquals(one.call("random"), two.call("random"))
        assertEquals(one.call("random"), two.call("random"))
        assertTrue(one.call("random") != other.call("random"))
        val dated = Room { clock(Instant.parse("2001-09-09T01:46:40Z"), Duration.ofSeconds(1)) }
        assertEquals(listOf(1_000_000_000_000_000_000L, 1_000_000_001_000_000_000L), List(2) { dated.call("now") })
        fails<WasmtimeException.Range>("the clock's start is -1: expected 0 or more") { WasiConfig().clock(-1) }
        fails<WasmtimeException.Range>("the clock's start is ${Instant.MAX}: expected a time from 1970 to 2262") {
            WasiConfig().clock(Instant.MAX)
        }
        val ages = Duration.ofDays(200_000)
        fails<WasmtimeException.Range>("the clock's step is $ages: expected up to 292 years") {
            WasiConfig().clock(Instant.EPOCH, ages)
        }
    }

    @Test
    fun `files and directories are opened at once`(@TempDir folder: Path) {
        val (input, output) = listOf("in", "out").map(folder::resolve)
        input.writeText("from a file")
        repeat(2) { round ->
            val room =
                Room {
                    stdinFile(input)
                    stdoutFile(output, append = round > 0)
                    stderrFile(folder.resolve("err").toString())
                    preopen(folder, "/", readOnly = true)
                }
            room.call("cat", 1)
            room.call("cat", 2)
            room.store.close()
        }
        assertEquals("from a filefrom a file", output.readText())
        val missing = folder.resolve("missing").toString()
        val ways =
            listOf<WasiConfig.() -> Unit>(
                { stdinFile(missing) },
                { stdoutFile("$missing/file") },
                { preopen(missing, "/") },
            )
        for (way in ways) {
            val error = fails<WasmtimeException.Io> { Store(engine).setWasi(way) }
            assertTrue(error.path.startsWith(missing))
        }
    }

    @Test
    fun `a path of another file system is refused`(@TempDir folder: Path) {
        val zip = folder.resolve("files.zip")
        FileSystems.newFileSystem(zip, mapOf("create" to "true")).use { files ->
            val root = files.getPath("/")
            val inZip = root.resolve("etc")
            val ways =
                listOf<() -> Unit>(
                    { WasiConfig().preopen(root, "/") },
                    { WasiConfig().preopenWithQuota(root, "/", 1L) },
                    { WasiConfig().stdinFile(inZip) },
                    { WasiConfig().stdoutFile(inZip) },
                    { WasiConfig().stderrFile(inZip) },
                    { Module.fromFile(engine, inZip) },
                    { Module.deserializeFile(engine, inZip) },
                )
            for (way in ways) {
                val error = fails<WasmtimeException.Type> { way() }
                assertTrue("expected one of this machine's own files" in error.reason)
            }
        }
    }

    @Test
    fun `input is asked for piece by piece`() {
        val pieces = ArrayDeque(listOf("ab", "cde", ""))
        val asked = mutableListOf<Int>()
        val output = OutputPipe()
        val room =
            Room {
                stdin { most -> pieces.removeFirst().encodeToByteArray().also { asked += most } }
                stdout(output)
            }
        repeat(3) { room.call("cat", 1) }
        assertEquals("abcde", output.text())
        assertEquals(listOf(1000, 1000, 1000), asked)
    }

    @Test
    fun `input comes from a stream`() {
        val output = OutputPipe()
        val room =
            Room {
                stdin("hello".byteInputStream())
                stdout(output)
            }
        repeat(2) { room.call("cat", 1) }
        assertEquals("hello", output.text())
    }

    @Test
    fun `what an input throws comes out as the very same object`() {
        val error = IOException("mine")
        val room = Room { stdin { _ -> throw error } }
        assertSame(error, assertThrows(IOException::class.java) { room.call("cat", 1) })
        val greedy = Room { stdin { most -> ByteArray(most + 1) } }
        val refused = assertThrows(WasmtimeException.Range::class.java) { greedy.call("cat", 1) }
        assertEquals("the standard input gave more bytes than expected: 1000 at most", refused.message)
    }

    @Test
    fun `output is handed over piece by piece`() {
        val pieces = mutableListOf<String>()
        val room =
            Room {
                stdin("piece")
                stdout { bytes -> pieces += bytes.decodeToString() }
            }
        room.call("cat", 1)
        assertEquals(listOf("piece"), pieces)
        val errors = mutableListOf<String>()
        Room {
            stdin("problem")
            stderr { errors += it.decodeToString() }
        }.call("cat", 2)
        assertEquals(listOf("problem"), errors)
    }

    @Test
    fun `what a callback throws comes out as the very same object`() {
        class Direct : Throwable()
        val all =
            listOf(IOException("checked"), IllegalStateException("unchecked"), StackOverflowError(), Direct()) +
                fails<WasmtimeException.Range> { WasiConfig().clock(-1) }
        for (problem in all) {
            val room =
                Room {
                    stdin("x")
                    stdout { throw problem }
                }
            assertSame(problem, assertThrows(Throwable::class.java) { room.call("cat", 1) })
            // The store is as it was.
            assertEquals(0, Room(room.store).call("cat", 1))
        }
    }

    @Test
    fun `the store is busy while a callback gets its bytes`() {
        val store = Store(engine)
        val room =
            Room(store) {
                stdin("x")
                stdout { store.gc() }
            }
        fails<WasmtimeException.Busy> { room.call("cat", 1) }
    }

    @Test
    fun `a callback runs guests of other stores`() {
        val out = OutputPipe()
        val other =
            Room {
                stdin("from the other")
                stdout(out)
            }
        val problem = IOException("from the inside")
        val throwing =
            Room {
                stdin("x")
                stdout { throw problem }
            }
        val room =
            Room {
                stdin("x")
                stdout {
                    other.call("cat", 1)
                    throwing.call("cat", 1)
                }
            }
        assertSame(problem, assertThrows(IOException::class.java) { room.call("cat", 1) })
        assertEquals("from the other", out.text())
    }

    @Test
    fun `callbacks run on threads of every kind`() {
        for (stackSize in listOf(128L shl 10, 512L shl 10, 8L shl 20)) {
            val text =
                task(stackSize) {
                    var seen = ""
                    Room {
                        stdin("x")
                        stdout { seen += it.decodeToString() }
                    }.call("cat", 1)
                    seen
                }
            assertEquals("x", text.get())
        }
    }

    @Test
    fun `a callback is kept with its store, and no longer`() {
        fun make(): List<WeakReference<Any>> {
            val store = Store(engine)
            val captured = Any()
            val room =
                Room(store) {
                    stdin("x")
                    stdout { check(!store.isClosed && captured != store) }
                }
            System.gc()
            room.call("cat", 1)
            return listOf(store, captured).map { WeakReference(it) }
        }
        val made = List(3) { make() }.flatten()
        eventually("the store or what its callback has is kept") { made.all { it.get() == null } }
    }

    @Test
    fun `close and a new configuration let go of callbacks`() {
        fun make(store: Store): WeakReference<Any> {
            val captured = Any()
            store.setWasi { stdout { captured.hashCode() } }
            return WeakReference(captured)
        }
        val store = Store(engine)
        val (first, second) = List(2) { make(store) }
        eventually("a callback is kept that was replaced") { first.get() == null }
        assertNotNull(second.get())
        store.close()
        eventually("a closed store keeps its callback") { second.get() == null }
        fails<WasmtimeException.Closed> { store.setWasi { } }
    }
}
