package dev.trimaran.tests

import dev.trimaran.Caller
import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.Component
import dev.trimaran.component.Future
import dev.trimaran.component.FutureType
import dev.trimaran.component.Linker
import dev.trimaran.component.Stream
import dev.trimaran.component.StreamType
import dev.trimaran.component.asFlow
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.onCompletion
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.lang.ref.WeakReference
import java.nio.ByteBuffer
import java.nio.file.Files
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds

/** Streams and futures of components, both ways. */
@Timeout(120)
class ComponentStreamsTest {
    private class Guest(
        val store: Store = Store(ENGINE),
        private val component: Component = COMPONENT,
        take: suspend Caller.(Stream) -> Any? = { stream -> stream.close().let { 0 } },
    ) {
        private val instance =
            Linker(ENGINE)
                .apply { root().suspending("take") { (stream) -> take(stream as Stream) } }
                .instantiate(store, component)

        fun func(name: String) = instance.func(store, name)

        fun call(name: String, vararg arguments: Any?): Any? = func(name)(store, *arguments)

        suspend fun wait(name: String, vararg arguments: Any?): Any? = func(name).callSuspend(store, *arguments)

        suspend fun count(parts: Int, size: Int): Stream = wait("count", parts, size) as Stream
    }

    private fun bytes(vararg bytes: Int) = ByteArray(bytes.size) { bytes[it].toByte() }

    private fun ints(parts: List<Any?>): List<List<Int>> = parts.map { part -> (part as ByteArray).map { it.toInt() } }

    private fun late(vararg parts: Any?): Flow<Any?> =
        flow {
            for (part in parts) {
                yield()
                emit(part)
            }
        }

    @Test
    fun `a guest's stream is a flow`() =
        runBlocking {
            val guest = Guest()
            val stream = guest.count(3, 4)
            assertEquals(List(3) { listOf(0, 1, 2, 3) }, ints(stream.asFlow().toList()))
            assertFalse(stream.isAlive)
            assertEquals(emptyList<Any>(), stream.asFlow().toList())
            val words = guest.wait("words") as Stream
            assertEquals(listOf(listOf("one", "three"), listOf("three", "")), words.asFlow().toList())
            // A collector that stops leaves the rest.
            val long = guest.count(3, 2)
            assertEquals(1, long.asFlow().take(1).toList().size)
            assertEquals(2, long.asFlow().toList().size)
        }

    @Test
    fun `a stream is read by hand`() =
        runBlocking {
            val guest = Guest()
            val stream = guest.count(2, 5)
            assertEquals("Stream of store ", stream.toString().take(16))
            assertSame(guest.store, stream.store)
            assertArrayEquals(bytes(0, 1), stream.readSuspend(2) as ByteArray)
            assertEquals(2u, guest.call("written"))
            assertArrayEquals(bytes(2, 3, 4), stream.read(100) as ByteArray)
            assertEquals(listOf(listOf(0, 1, 2, 3, 4)), ints(stream.asSequence().toList()))
            fails<WasmtimeException.Closed> { stream.read() }
            assertTrue(stream.toString().endsWith(", gone"), stream.toString())
            assertEquals(emptyList<Any>(), stream.asSequence().toList())
            val other = guest.count(1, 1)
            for (most in listOf(0, -1, Int.MIN_VALUE)) {
                fails<WasmtimeException.Range>("the number of elements is $most: expected 1 to 2147483647") {
                    other.read(most)
                }
            }
            fails<WasmtimeException.Range> { runBlocking { other.readSuspend(0) } }
            assertArrayEquals(bytes(0), other.read(Int.MAX_VALUE) as ByteArray)
            assertArrayEquals(bytes(), other.readSuspend() as ByteArray)
        }

    @Test
    fun `a reader that goes is seen by the writer`() =
        runBlocking {
            val guest = Guest()

            suspend fun begins(how: Int) {
                val stream = guest.count(1000, 5)
                if (how % 2 == 1) assertArrayEquals(bytes(0, 1), stream.readSuspend(2) as ByteArray)
                if (how < 2) {
                    stream.close()
                    stream.close()
                    assertFalse(stream.isAlive)
                    fails<WasmtimeException.Closed> { stream.read() }
                }
            }
            for (how in 0..3) {
                begins(how)
                System.gc()
                guest.count(1, 1).use { assertArrayEquals(bytes(0), it.readSuspend() as ByteArray) }
            }
        }

    @Test
    fun `a future gives its value once`() =
        runBlocking {
            val guest = Guest()
            val future = guest.wait("later") as Future
            assertTrue(future.isAlive)
            assertEquals("three", future.readSuspend())
            assertFalse(future.isAlive)
            fails<WasmtimeException.Closed> { future.read() }
            assertEquals("three", (guest.wait("later") as Future).read())
            assertEquals("three", (guest.wait("later") as Future).readFuture().get())
            (guest.wait("later") as Future).close()
            assertEquals(4u, guest.wait("word-length", async { yield().let { "four" } }))
            assertEquals(4u, guest.wait("word-length", async(start = CoroutineStart.LAZY) { "four" }))
            assertEquals(3u, guest.wait("word-length", CompletableFuture.supplyAsync { "one" }))
            assertEquals(0u, guest.wait("done", launch { yield() }.let { CompletableDeferred(Unit) }))
            assertEquals(5u, Guest(guest.store).wait("word-length", guest.wait("later")))
        }

    @OptIn(ExperimentalUnsignedTypes::class)
    @Test
    fun `a guest reads what the host has`() =
        runBlocking {
            val guest = Guest()
            val channel = Channel<ByteArray>(3)
            for (part in listOf(bytes(1, 2), bytes(), bytes(3, 4))) channel.send(part)
            channel.close()
            val lists = listOf(listOf(1, 2), listOf(3, 4))
            val sources =
                listOf<Any>(
                    late(bytes(1, 2, 3), bytes(), ubyteArrayOf(4u)),
                    late(listOf(1, 2), emptyList<Int>(), ByteBuffer.wrap(bytes(3, 4))),
                    channel,
                    bytes(1, 2, 3, 4),
                    listOf(1, 2, 3, 4),
                    arrayOf(1, 2, 3, 4),
                    ByteBuffer.wrap(bytes(1, 2, 3, 4)),
                    lists.iterator(),
                    lists.asSequence(),
                    Iterable { lists.iterator() },
                )
            for (source in sources) assertEquals(10u, guest.wait("sum", source, 3), "$source")
            assertEquals(6u, guest.wait("length", late(listOf("a", "bc"), arrayOf("def"))))
            assertEquals(3u, guest.wait("length", listOf("a", "bc")))
            assertEquals(0u, guest.wait("sum", emptyFlow<Any>(), 3))
            // What waits for nothing needs no coroutine.
            assertEquals(10u, guest.call("sum", lists.asSequence(), 2))
            assertEquals(2u, guest.call("length", sequenceOf(listOf("a"), emptyList(), listOf("b"))))
        }

    @Test
    fun `a stream of a guest goes to another place, once`() =
        runBlocking {
            val guest = Guest()
            val other = Guest(guest.store)
            val stream = guest.count(2, 3)
            assertEquals(6u, other.wait("sum", stream, 2))
            assertFalse(stream.isAlive)
            fails<WasmtimeException.Closed> { runBlocking { other.wait("sum", stream, 2) } }
            // The host's own comes back.
            val back = guest.call("same", late(bytes(1, 2), bytes(3))) as Stream
            assertEquals(listOf(listOf(1, 2), listOf(3)), ints(back.asFlow().toList()))
            val twice = guest.count(1, 3)
            fails<WasmtimeException> { guest.call("same", twice, twice) }
            assertArrayEquals(bytes(0, 1, 2), twice.readSuspend() as ByteArray)
        }

    @Test
    fun `what does not fit is refused`() =
        runBlocking {
            val (guest, other) = List(2) { Guest() }
            val stream = guest.count(1, 3)
            fails<WasmtimeException.WrongStore> { runBlocking { other.wait("sum", stream, 1) } }
            val wrong = mapOf<Any?, String>(
                5 to "an Int",
                "text" to "a String",
                null to "null",
                setOf(1) to "a java.util.Collections",
            )
            for ((value, words) in wrong) {
                val error = fails<WasmtimeException.Type> { runBlocking { guest.wait("sum", value, 1) } }
                val expected = "argument 1: expected a stream, found ${words.substringBefore("java")}"
                assertTrue(expected in error.message!!, error.message)
            }
            for (value in listOf<Any>(5, late(), stream)) {
                val error = fails<WasmtimeException.Type> { runBlocking { guest.wait("word-length", value) } }
                assertTrue("argument 1: " in error.message!! && "future" in error.message!!, error.message)
            }
            for (value in listOf<Any>(async { "x" }, CompletableFuture<String>())) {
                fails<WasmtimeException.Type> { runBlocking { guest.wait("sum", value, 1) } }
            }
            val other2 = fails<WasmtimeException.Type> { runBlocking { guest.wait("length", stream) } }
            assertTrue("argument 1: the stream is of another type" in other2.message!!, other2.message)
            assertArrayEquals(bytes(0), stream.readSuspend(1) as ByteArray)
            val begun = fails<WasmtimeException.Type> { guest.call("same", stream) }
            assertTrue("the host has begun to read the stream" in begun.message!!, begun.message)
            // A part that does not fit is known when the guest reads.
            for (given in listOf<Any>(late(listOf("a")), listOf("a"), sequenceOf(listOf("a")))) {
                val fresh = Guest()
                val error = fails<WasmtimeException.Type> { runBlocking { fresh.wait("sum", given, 1) } }
                val expected = "a stream of the host: result: element 0: expected a u8, found a String"
                assertTrue(expected in error.message!!, error.message)
            }
            val fresh = Guest()
            fails<WasmtimeException.Type> { runBlocking { fresh.wait("sum", sequenceOf(null), 1) } }
            Unit
        }

    @Test
    fun `what a source throws comes out of the call`() {
        val failure = NoSuchElementException("no more")
        val late = {
            flow<Any> {
                emit(bytes(1))
                yield()
                throw failure
            }
        }
        val plain = {
            sequence<Any> {
                yield(bytes(1))
                throw failure
            }
        }
        val channel = { Channel<ByteArray>(1).apply { trySend(bytes(1)) }.also { it.close(failure) } }
        for (source in listOf<() -> Any>(late, plain, channel)) {
            val guest = Guest()
            assertSame(failure, fails<NoSuchElementException> { runBlocking { guest.wait("sum", source(), 3) } })
            fails<WasmtimeException.Poisoned> { guest.call("written") }
        }
        val deferred = CompletableDeferred<String>().apply { completeExceptionally(failure) }
        val future = CompletableFuture<String>().apply { completeExceptionally(failure) }
        for (source in listOf<Any>(deferred, future)) {
            assertSame(failure, fails<NoSuchElementException> { runBlocking { Guest().wait("word-length", source) } })
        }
        val later = CompletableDeferred<String>()
        val error =
            fails<NoSuchElementException> {
                runBlocking {
                    launch { delay(1).also { later.completeExceptionally(failure) } }
                    Guest().wait("word-length", later)
                }
            }
        assertSame(failure, error)
    }

    @Test
    fun `a guest that hangs up ends what it reads`() {
        val guest = Guest()

        class Parts : Iterator<ByteArray> {
            override fun hasNext() = true

            override fun next() = bytes(1, 2, 3)
        }

        fun gone(): WeakReference<Parts> {
            val source = Parts()
            assertEquals(2u shl 4, guest.call("first", source, 2))
            return WeakReference(source)
        }
        val gone = gone()
        guest.call("written")
        eventually("what a guest has read is kept") { gone.get() == null }
        val ended = CompletableDeferred<Throwable?>()
        runBlocking {
            val source = flow<Any> { emit(bytes(1, 2, 3)).also { awaitCancellation() } }
            assertEquals(2u shl 4, guest.wait("first", source.onCompletion { ended.complete(it) }, 2))
            guest.call("written")
            assertTrue(ended.await() is CancellationException)
        }
    }

    @Test
    fun `nothing is emitted before a guest asks`() =
        runBlocking {
            val asked = AtomicInteger()
            val guest = Guest()
            val source = flow { while (true) emit(bytes(asked.incrementAndGet())) }
            val back = guest.call("same", source) as Stream
            delay(5)
            assertEquals(0, asked.get())
            for (count in 1..5) {
                assertArrayEquals(bytes(count), back.readSuspend() as ByteArray)
                delay(1)
                assertEquals(count, asked.get())
            }
            back.close()
            // What a part has more than there is room for waits.
            val whole = guest.call("same", late(ByteArray(5000) { 7 }, bytes(1))) as Stream
            val sizes = whole.asFlow().toList().map { (it as ByteArray).size }
            assertEquals(5001, sizes.sum())
            assertTrue(sizes.max() <= 5000, "$sizes")
        }

    @Test
    fun `a writer that traps fails the read`() =
        runBlocking {
            val guest = Guest()
            val stream = guest.wait("traps") as Stream
            assertArrayEquals(bytes(0), stream.readSuspend(1) as ByteArray)
            fails<WasmtimeException.Trap> { runBlocking { stream.readSuspend() } }
            fails<WasmtimeException.Poisoned> { stream.read() }
            stream.close()
        }

    @Test
    fun `a host function reads while the guest writes`() =
        runBlocking {
            val seen = ArrayList<Any?>()
            val none = Guest()
            assertEquals(0u, none.wait("gives", 5))
            assertEquals(listOf(0u, 1u), listOf(none.call("written"), none.call("code")))
            val all =
                Guest { stream ->
                    stream.asFlow().collect { part -> seen.add(part).also { yield() } }.let { seen.size }
                }
            assertEquals(1u, all.wait("gives", 5))
            assertEquals(listOf(listOf(0, 1, 2, 3, 4)), ints(seen))
            val hangsUp =
                Guest { stream ->
                    seen.add(stream.readSuspend(2))
                    stream.close()
                    7
                }
            assertEquals(7u, hangsUp.wait("gives", 5))
            assertArrayEquals(bytes(0, 1), seen[1] as ByteArray)
            assertEquals(listOf(2u, 1u), listOf(hangsUp.call("written"), hangsUp.call("code")))
            val future = Guest { stream -> (stream.readFuture().await() as ByteArray).size }
            assertEquals(5u, future.wait("gives", 5))
        }

    private suspend fun <T> CompletableFuture<T>.await(): T {
        while (!isDone) delay(1)
        return get()
    }

    @Test
    fun `a call whose stream nobody reads any more`() =
        runBlocking {
            val kept = ArrayList<Stream>()
            val guest = Guest { stream -> stream.also(kept::add).readSuspend(2).let { 0 } }
            val error = fails<WasmtimeException.Suspend> { runBlocking { guest.wait("gives", 5) } }
            assertTrue("nobody does while this call goes on" in error.message!!, error.message)
        }

    @Test
    fun `a read that is cancelled loses nothing`() =
        runBlocking {
            val guest = Guest()
            val stream = guest.count(1, 3)
            val reads = launch(start = CoroutineStart.UNDISPATCHED) { yield().also { stream.readSuspend() } }
            reads.cancelAndJoin()
            assertArrayEquals(bytes(0, 1, 2), stream.readSuspend() as ByteArray)
            // With it ends what a guest would have read.
            val ended = CompletableDeferred<Throwable?>()
            val source = flow { emit(bytes(1)).also { awaitCancellation() } }.onCompletion { ended.complete(it) }
            val back = guest.call("same", source) as Stream
            assertArrayEquals(bytes(1), back.readSuspend() as ByteArray)
            assertNull(withTimeoutOrNull(20.milliseconds) { back.readSuspend() })
            assertTrue(ended.await() is CancellationException)
            fails<WasmtimeException.Poisoned> { runBlocking { back.readSuspend() } }
            Unit
        }

    @Test
    fun `reads that are cancelled at any moment lose no element`() {
        val guest = Guest()
        val size = 200
        val stream = runBlocking { guest.count(size, 1) }
        val read = AtomicInteger()
        runBlocking(Dispatchers.Default) {
            repeat(50) { turn ->
                val one = launch { stream.readSuspend(1).let { read.addAndGet((it as ByteArray).size) } }
                val two = launch { stream.readSuspend(1).let { read.addAndGet((it as ByteArray).size) } }
                if (turn % 3 == 0) yield()
                one.cancelAndJoin()
                two.join()
            }
            stream.asFlow().collect { read.addAndGet((it as ByteArray).size) }
        }
        assertEquals(size, read.get())
    }

    @Test
    fun `two readers take turns`() =
        runBlocking {
            val stream = Guest().count(2, 3)
            val parts = List(2) { async { stream.readSuspend() } }.map { it.await() }
            assertEquals(List(2) { listOf(0, 1, 2) }, ints(parts))
        }

    @Test
    fun `threads read one stream`() {
        val stream = runBlocking { Guest().count(200, 3) }
        val total = AtomicInteger()
        val failures = ArrayList<Throwable>()
        val reads = {
            try {
                for (part in stream) total.addAndGet((part as ByteArray).size)
            } catch (_: WasmtimeException.Closed) {
                // The other one has read the end.
            }
        }
        val threads =
            List(2) { thread { runCatching(reads).onFailure { synchronized(failures) { failures.add(it) } } } }
        threads.forEach(Thread::join)
        assertEquals(emptyList<Throwable>(), failures)
        assertEquals(600, total.get())
    }

    @Test
    fun `another thread closes in the middle`() {
        repeat(20) {
            val guest = Guest()
            val stream = runBlocking { guest.count(1000, 3) }
            val closes = thread { repeat(it % 5) { Thread.yield() }.also { stream.close() } }
            try {
                for (part in stream) assertEquals(3, (part as ByteArray).size)
            } catch (_: WasmtimeException.Closed) {
                // It was closed before this read.
            }
            closes.join()
            assertFalse(stream.isAlive)
            assertTrue(guest.call("written") as UInt <= 3000u)
        }
    }

    @Test
    fun `the store is closed`() {
        val guest = Guest()
        val stream = runBlocking { guest.count(2, 3) }
        guest.store.close()
        assertFalse(stream.isAlive)
        fails<WasmtimeException.Closed> { stream.read() }
        fails<WasmtimeException.Closed> { runBlocking { stream.readSuspend() } }
        stream.close()
        assertTrue("Stream" in stream.toString(), stream.toString())
    }

    @Test
    fun `a store that is closed ends its flows`() {
        val ended = CompletableDeferred<Throwable?>()
        runBlocking {
            val guest = Guest()
            val source = flow { emit(bytes(1)).also { awaitCancellation() } }.onCompletion { ended.complete(it) }
            val back = guest.call("same", source) as Stream
            assertArrayEquals(bytes(1), back.readSuspend() as ByteArray)
            guest.store.close()
            assertTrue(ended.await() is CancellationException)
        }
    }

    @Test
    fun `one that has its store is no leak`() {
        fun make(): List<WeakReference<Any>> {
            val guest = Guest()
            val held = Any()
            val parts =
                sequence<Any> {
                    yield(bytes(1))
                    yield(bytes(guest.hashCode() + held.hashCode()))
                }
            val late = flow<Any> { emit(bytes(guest.hashCode() + held.hashCode())) }
            val streams = listOf(parts, late).map { guest.call("same", it) as Stream }
            assertArrayEquals(bytes(1), streams[0].read() as ByteArray)
            return listOf(guest.store, held, streams[0], streams[1]).map { WeakReference(it) }
        }
        val made = List(3) { make() }.flatten()
        eventually("the store, or what its guests read, is not collected") { made.all { it.get() == null } }
    }

    @Test
    fun `a synchronous call does not wait`() {
        val guest = Guest()
        fails<WasmtimeException.Suspend> { guest.call("sum", flowOf(bytes(1)), 1) }
        fails<WasmtimeException.Suspend> { Guest().call("word-length", CompletableFuture<String>()) }
    }

    @Test
    fun `Java has futures of both`() {
        val guest = Guest()
        val stream = guest.func("count").callFuture(guest.store, 2, 3).get() as Stream
        assertArrayEquals(bytes(0, 1), stream.readFuture(2).get() as ByteArray)
        assertArrayEquals(bytes(2), stream.readFuture().get() as ByteArray)
        assertArrayEquals(bytes(0, 1, 2), stream.readFuture({ it.run() }, 10).get() as ByteArray)
        assertArrayEquals(bytes(), stream.readFuture().get() as ByteArray)
        val error = fails<ExecutionException> { stream.readFuture().get() }
        assertTrue(error.cause is WasmtimeException.Closed)
        // One that is cancelled ends its read.
        val never = CompletableFuture<String>()
        val call = guest.func("word-length").callFuture(guest.store, never)
        Thread.sleep(5)
        call.cancel(true)
        eventually("what a guest waits for is not cancelled") { never.isCancelled }
    }

    @Test
    fun `elements of any type`() {
        val values =
            mapOf<String, List<Any?>>(
                "u16" to listOf(1, 2, 65535),
                "f64" to listOf(1.5, -2.0),
                "s64" to listOf(Long.MIN_VALUE, 7L),
                "bool" to listOf(true, false),
                "(list u8)" to listOf(bytes(1, 2), bytes(), ByteArray(3000) { 7 }),
                "(tuple u8 string)" to listOf(1 to "one", 2 to "x".repeat(3000)),
                "(option string)" to listOf("a", null, ""),
                "(list string)" to listOf(listOf("a"), emptyList(), listOf("b", "c")),
            )
        for ((type, parts) in values) {
            val guest = Guest(component = same(type))
            val back = guest.call("same", sequenceOf(parts, parts.take(1))) as Stream
            assertEquals(text(listOf(parts, parts.take(1))), text(back.asSequence().toList()), type)
        }
        val empty = Guest(component = same(null))
        val back = empty.call("same", sequenceOf(listOf(emptyList<Any>(), emptyList<Any>()))) as Stream
        assertEquals(listOf(listOf(emptyList<Any>(), emptyList<Any>())), back.asSequence().toList())
    }

    /** As texts, whatever arrays there are. */
    private fun text(value: Any?): String =
        when (value) {
            is Pair<*, *> -> text(value.toList())
            is List<*> -> value.map(::text).toString()
            is ShortArray -> value.map { it.toUShort() }.toString()
            is ByteArray -> value.toList().toString()
            is DoubleArray -> value.toList().toString()
            is LongArray -> value.toList().toString()
            else -> value.toString()
        }

    @Test
    fun `handles as elements`() {
        val guest = Guest(component = Component(ENGINE, THINGS))
        val made = List(3) { guest.call("make", it) as dev.trimaran.component.Resource }
        val back = guest.call("same", sequenceOf(made.take(2), made.drop(2))) as Stream
        val parts = back.asSequence().toList().flatMap { it as List<*> }
        assertEquals(3, parts.size)
        assertTrue(made.none { it.isAlive })
        assertEquals(listOf(0u, 1u, 2u), parts.map { guest.call("number", it) })
        fails<WasmtimeException.Closed> {
            val again = guest.call("same", sequenceOf(listOf(made[0]))) as Stream
            again.read()
        }
    }

    @Test
    fun `records as elements`() {
        val guest = Guest(component = Component(ENGINE, POINTS))
        val points = listOf(mapOf("x" to 1, "y" to "a"), mapOf("x" to 2, "y" to "b"))
        val back = guest.call("same", sequenceOf(points)) as Stream
        val found = (back.read() as List<*>).map { (it as dev.trimaran.component.Record).let { p -> p["x"] to p["y"] } }
        assertEquals(listOf(1u to "a", 2u to "b"), found)
    }

    @Test
    fun `the types`() {
        val guest = Guest()
        val length = guest.func("length").type
        assertEquals("async func(s: stream<string>) -> u32", length.toString())
        val stream = length.params.getValue("s") as StreamType
        assertEquals("string", stream.payload.toString())
        val done = guest.func("done").type.params.getValue("f") as FutureType
        assertNull(done.payload)
        assertEquals("future", done.toString())
        assertEquals(stream, Guest().func("length").type.params.getValue("s"))
        assertFalse(stream.equals(guest.func("sum").type.params.getValue("s")))
    }

    private companion object {
        val ENGINE =
            engine {
                wasmComponentModelAsync = true
                wasmComponentModelMoreAsyncBuiltins = true
            }
        val COMPONENT =
            Component(ENGINE, Files.readString(root.resolve("tests/modules/component_streams.wat")))

        private const val SAME =
            """(core module ${'$'}m (func (export "same") (param i32) (result i32) (local.get 0)))
              (core instance ${'$'}m (instantiate ${'$'}m))"""

        fun same(type: String?) =
            Component(
                ENGINE,
                """(component (type ${'$'}s (stream ${type ?: ""})) $SAME
                  (func (export "same") (param "s" ${'$'}s) (result ${'$'}s) (canon lift (core func ${'$'}m "same"))))""",
            )

        const val POINTS =
            """(component (type ${'$'}p (record (field "x" u32) (field "y" string))) (export ${'$'}q "p" (type ${'$'}p))
              (type ${'$'}s (stream ${'$'}q)) $SAME
              (func (export "same") (param "s" ${'$'}s) (result ${'$'}s) (canon lift (core func ${'$'}m "same"))))"""

        const val THINGS =
            """(component (type ${'$'}t (resource (rep i32))) (export ${'$'}u "t" (type ${'$'}t))
              (type ${'$'}s (stream (own ${'$'}u)))
              (core func ${'$'}new (canon resource.new ${'$'}t))
              (core module ${'$'}m
                (import "" "new" (func ${'$'}new (param i32) (result i32)))
                (func (export "make") (param i32) (result i32) (call ${'$'}new (local.get 0)))
                (func (export "same") (param i32) (result i32) (local.get 0)))
              (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "new" (func ${'$'}new))))))
              (func (export "make") (param "n" u32) (result (own ${'$'}u)) (canon lift (core func ${'$'}m "make")))
              (func (export "number") (param "t" (borrow ${'$'}u)) (result u32) (canon lift (core func ${'$'}m "same")))
              (func (export "same") (param "s" ${'$'}s) (result ${'$'}s) (canon lift (core func ${'$'}m "same"))))"""
    }
}
