package dev.trimaran.component.bindings

import dev.trimaran.Store
import dev.trimaran.WasmtimeException
import dev.trimaran.component.GuestResource
import dev.trimaran.component.Instance
import dev.trimaran.core
import dev.trimaran.failing
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.component.ComponentRunning
import dev.trimaran.internal.component.Exchange
import dev.trimaran.internal.component.Misfit
import dev.trimaran.internal.component.expect
import dev.trimaran.internal.component.trail
import dev.trimaran.internal.component.words
import dev.trimaran.internal.ffi.refuseComponentValue
import dev.trimaran.internal.keepReachable
import dev.trimaran.internal.ffi.ComponentFunc as Raw

/** An instance, or an instance that it exports, whose functions bindings call. */
@GeneratedBindings
public class BoundInstance private constructor(
    private val store: Store,
    private val instance: Instance,
    private val path: List<String>,
    root: BoundInstance?,
) {
    private val root: BoundInstance = root ?: this

    /** What has the functions that resources call: the class of the world. */
    public var home: Any? = null

    /** The instance itself. */
    public constructor(store: Store, instance: Instance) : this(store, instance, emptyList(), null)

    /** The instance that it exports by that name. */
    public fun at(name: String): BoundInstance = BoundInstance(store, instance, path + name, root)

    /**
     * The function of that name. Fails with `Link` where there is none, or its type is another one than what the bindings
     * were made for.
     */
    public fun func(name: String, result: WitType?, vararg params: Pair<String, WitType>): BoundFunction {
        val whole = path + name
        val raw = found { instance.func(store, *whole.toTypedArray()) }.raw
        val type = WitType.func(params, result)
        expect(type, core { raw.types() }, words(whole))
        return BoundFunction(raw, store, type, root)
    }
}

/** What [look] finds in an instance. Fails with `Link` where it is not there, or is something else. */
private inline fun <T> found(look: () -> T): T =
    try {
        look()
    } catch (failure: WasmtimeException.NotFound) {
        throw madeForAnother(failure)
    } catch (failure: WasmtimeException.Type) {
        throw madeForAnother(failure)
    }

private fun madeForAnother(failure: WasmtimeException): WasmtimeException {
    val reason = "the bindings were made for another component: ${failure.message}: make the bindings again"
    return WasmtimeException.Link(reason, "", "").apply { initCause(failure) }
}

/** A function of an instance, whose type bindings know. */
@GeneratedBindings
public class BoundFunction internal constructor(
    private val raw: Raw,
    private val store: Store,
    private val type: WitType,
    private val root: BoundInstance,
) {
    private val result = type.parts.last()
    private val count = type.parts.size - 1

    /** Calls it: [write] writes the arguments, and [read] reads the result. */
    public inline fun <R> call(write: (ValueWriter) -> Unit, read: (ValueReader) -> R): R {
        val writer = begin()
        try {
            try {
                write(writer)
            } catch (failure: RuntimeException) {
                refuse(writer, failure)
            }
            return read(send(writer))
        } finally {
            end(writer)
        }
    }

    /** The same in the caller's own coroutine, which is suspended while the component waits for the host. */
    public suspend fun <R> callSuspend(write: (ValueWriter) -> Unit, read: (ValueReader) -> R): R {
        // What it throws is for the caller, and nothing that has to be translated.
        var given: Result<R>? = null
        val writes = { exchange: Exchange ->
            exchange.begin()
            try {
                write(exchange.writer)
            } catch (failure: RuntimeException) {
                refuse(exchange.writer, failure)
            }
            exchange.end()
        }
        ComponentRunning.call(raw, store, writes) { exchange, told ->
            if (result != null) {
                exchange.read(ComponentRunning.moves(told), ComponentRunning.length(told), result.hasResources)
            }
            exchange.reader.home = root.home
            given = runCatching { read(exchange.reader) }
        }
        keepReachable(this)
        return checkNotNull(given).getOrThrow()
    }

    /**
     * Calls it with a [ValueSlot] for each argument, where that and the result are numbers, truth values or characters.
     * Gives the slot of the result, and 0 where there is none.
     */
    public fun plain(a: Long = 0, b: Long = 0, c: Long = 0, d: Long = 0): Long =
        core(this, store, runsGuests = true) {
            NativeByHand.componentCallPlain(raw.handle, store.raw.handle, count, a, b, c, d)
        }

    /** The same of a method, which has the [resource] as its first argument. */
    public fun plainMethod(resource: GuestResource, b: Long = 0, c: Long = 0, d: Long = 0): Long {
        val lent = resource.resource
        return core(this, store, lent, runsGuests = true) {
            val handle = lent.raw.handle
            NativeByHand.componentCallMethod(raw.handle, store.raw.handle, handle, false, count, 0, b, c, d)
        }
    }

    @PublishedApi
    internal fun begin(): ValueWriter {
        val exchange = Exchange.begin(store)
        exchange.takesArrays = true
        exchange.begin()
        exchange.reader.home = root.home
        return exchange.writer
    }

    @PublishedApi
    internal fun send(writer: ValueWriter): ValueReader {
        val exchange = writer.exchange
        val length = exchange.end()
        val moves =
            core(this, store, runsGuests = true) {
                exchange.lent { count, objects ->
                    NativeByHand.componentCall(
                        raw.handle,
                        store.raw.handle,
                        exchange.handle,
                        length,
                        count,
                        objects,
                        exchange.givenArrays(),
                        exchange.takenArrays,
                    )
                }
            }
        if (result != null) exchange.read(moves, 0, result.hasResources)
        return exchange.reader
    }

    /** Throws what an argument does not fit for, with the path to it. */
    @PublishedApi
    internal fun refuse(writer: ValueWriter, failure: RuntimeException): Nothing {
        if (failure !is Misfit) throw failure
        val path = trail(type, writer.exchange.input)
        failing { refuseComponentValue(path, failure.mistake) }
    }

    @PublishedApi
    internal fun end(writer: ValueWriter): Unit = Exchange.end(writer.exchange)
}
