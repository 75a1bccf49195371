package dev.trimaran.component

import dev.trimaran.Store
import dev.trimaran.core
import dev.trimaran.failing
import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.component.ComponentRunning
import dev.trimaran.internal.component.Exchange
import dev.trimaran.internal.component.FuncCodec
import dev.trimaran.internal.component.Misfit
import dev.trimaran.internal.component.PlainFunc
import dev.trimaran.internal.component.TypeTable
import dev.trimaran.internal.ffi.refuseComponentValue
import dev.trimaran.internal.future
import dev.trimaran.internal.keepReachable
import dev.trimaran.made
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.ForkJoinPool
import dev.trimaran.internal.ffi.ComponentFunc as Raw

/**
 * A function that an instance of a component exports. It belongs to one store.
 *
 * ```kotlin
 * val add = instance.func(store, "add")
 * val sum = add(store, 1, 2) as UInt
 * ```
 *
 * A value has the form of its type:
 *
 * | type | comes out as | goes in as well |
 * |---|---|---|
 * | `s8` to `s64` | [Byte], [Short], [Int], [Long] | any integer that fits |
 * | `u8` to `u64` | [UByte], [UShort], [UInt], [ULong] | any integer that fits |
 * | `f32`, `f64` | [Float], [Double] | any number |
 * | `bool`, `string` | [Boolean], [String] | |
 * | `char` | [CodePoint] | a [Char], a text of one character |
 * | `list<u8>`, `list<s8>` | [ByteArray] | a [UByteArray], what remains in a [java.nio.ByteBuffer] |
 * | lists of other numbers | [ShortArray] to [DoubleArray] | their unsigned twins, a [java.nio.IntBuffer] and so on |
 * | any list | [List] | any array, any [Collection] but a [Set], in the order of its iterator |
 * | tuple | [List] | a [Pair], a [Triple] |
 * | record | [Record] | any [Map] |
 * | variant | [Variant] | |
 * | enum | [EnumCase] | its name |
 * | flags | a [Set] of names | any collection or array of them |
 * | option | the value or null; in an option of an option, [Some] | [Some] |
 * | result | [Ok] or [Err] | |
 * | own, borrow | [Resource], or an object of the host's | |
 * | stream | [Stream] | a `Flow`, a `ReceiveChannel`, an [Iterator], a [Sequence] or an [Iterable] of parts, or what a list takes |
 * | future | [Future] | a `Deferred`, a [java.util.concurrent.CompletionStage] |
 *
 * Lists of unsigned numbers come as arrays of signed ones with the same bits: [IntArray.asUIntArray] reads them.
 */
public class Func private constructor(raw: Raw) {
    @get:JvmSynthetic
    internal val raw: Raw = raw
        get() = made(field)

    private val codec by lazy(LazyThreadSafetyMode.PUBLICATION) {
        val areOfHost = core(this) { NativeByHand.areOfHost(raw.handle) }
        // A number beyond them is that of a resource that is not known.
        val isPlain = core(this) { NativeByHand.isPlain(raw.handle) }
        FuncCodec(core { raw.types() }, isPlain) { number -> areOfHost.getOrElse(number) { 1 } == 0.toByte() }
    }

    /** Its type. */
    public val type: FuncType by lazy(LazyThreadSafetyMode.PUBLICATION) {
        TypeTable(core { raw.types() }).root as FuncType
    }

    /**
     * Calls the function. The result is null where it has none.
     *
     * Fails with `Type` or `Range` where an argument does not fit, with the path to it, before the guest knows of the
     * call. Fails with `Trap` where the guest traps; after that every call of a component in this store fails with
     * `Poisoned`. Fails with
     * `Busy` where the instance is in a call already.
     */
    public operator fun invoke(store: Store, vararg arguments: Any?): Any? {
        val plain = codec.plain
        if (plain == null || arguments.size != plain.count) return invokeByStream(store, arguments)
        if (!plain.takesResource) return invokePlain(store, plain, arguments)
        val resource = arguments[0]
        // An object of the host's, or a mistake.
        if (resource !is Resource) return invokeByStream(store, arguments)
        return invokeMethod(store, plain, resource, arguments)
    }

    private fun invokePlain(store: Store, plain: PlainFunc, arguments: Array<out Any?>): Any? {
        val a = checked { plain.slot(0, arguments) }
        val b = checked { plain.slot(1, arguments) }
        val c = checked { plain.slot(2, arguments) }
        val d = checked { plain.slot(3, arguments) }
        val result =
            core(this, store, runsGuests = true) {
                NativeByHand.componentCallPlain(raw.handle, store.raw.handle, plain.count, a, b, c, d)
            }
        return plain.result(result)
    }

    private fun invokeMethod(
        store: Store,
        plain: PlainFunc,
        resource: Resource,
        arguments: Array<out Any?>,
    ): Any? {
        val b = checked { plain.slot(1, arguments) }
        val c = checked { plain.slot(2, arguments) }
        val d = checked { plain.slot(3, arguments) }
        val result =
            core(this, store, resource, runsGuests = true) {
                NativeByHand.componentCallMethod(
                    raw.handle,
                    store.raw.handle,
                    resource.raw.handle,
                    plain.isOwn,
                    plain.count,
                    0,
                    b,
                    c,
                    d,
                )
            }
        return plain.result(result)
    }

    private fun invokeByStream(store: Store, arguments: Array<out Any?>): Any? =
        Exchange.use(store) { exchange ->
            exchange.takesArrays = true
            val length = write(exchange, arguments)
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
            codec.readResult(exchange, moves)
        }

    /** Calls the function, as [invoke] does. */
    public fun call(store: Store, arguments: List<Any?>): Any? = invoke(store, *arguments.toTypedArray())

    /**
     * Calls the function in the caller's own coroutine, which is suspended while the component waits for a suspending host
     * function ([LinkerInstance.suspending]): it takes no thread meanwhile. Otherwise as [invoke], and as
     * [dev.trimaran.Func.callSuspend] says.
     *
     * A guest that ends while it waits, because its coroutine was cancelled or its host function threw, leaves its store as
     * a trap does: every later call of a component in it fails with `Poisoned`.
     */
    @JvmSynthetic
    public suspend fun callSuspend(store: Store, vararg arguments: Any?): Any? {
        var result: Any? = null
        ComponentRunning.call(raw, store, { write(it, arguments) }) { exchange, told ->
            result = codec.readResult(exchange, ComponentRunning.moves(told), ComponentRunning.length(told))
        }
        keepReachable(this)
        return result
    }

    /** Calls the function, for Java, and gives a future of its result: as [callSuspend] does, on Java's common pool. */
    public fun callFuture(store: Store, vararg arguments: Any?): CompletableFuture<Any?> =
        callFuture(ForkJoinPool.commonPool(), store, *arguments)

    /** The same, with the threads of [executor] as those on which the guest runs. */
    public fun callFuture(executor: Executor, store: Store, vararg arguments: Any?): CompletableFuture<Any?> =
        future(executor) { callSuspend(store, *arguments) }

    private fun write(exchange: Exchange, arguments: Array<out Any?>): Int =
        checked {
            codec.writeArguments(exchange, arguments)
            exchange.end()
        }

    /** Fails for arguments that do not fit, before the guest knows of the call. */
    private inline fun <R> checked(write: () -> R): R =
        try {
            write()
        } catch (misfit: Misfit) {
            failing { refuseComponentValue(misfit.path, misfit.mistake) }
        }

    /** The function's type, in WIT's notation. */
    override fun toString(): String = type.toString()

    internal companion object {
        @JvmSynthetic
        internal fun of(raw: Raw): Func = Func(raw)
    }
}
