package dev.trimaran

import dev.trimaran.internal.NativeByHand
import java.util.function.DoubleBinaryOperator
import java.util.function.DoubleConsumer
import java.util.function.DoubleSupplier
import java.util.function.DoubleUnaryOperator
import java.util.function.IntBinaryOperator
import java.util.function.IntConsumer
import java.util.function.IntSupplier
import java.util.function.IntUnaryOperator
import java.util.function.LongBinaryOperator
import java.util.function.LongConsumer
import java.util.function.LongSupplier
import java.util.function.LongUnaryOperator

// Functions of numbers as the interfaces that Java has for them: no number is boxed on the way.

/** A function of a guest, and the store that it is called in. */
internal class Called(private val func: Func, private val store: Store) {
    fun call0(): Long = core(func, store, runsGuests = true) { NativeByHand.call0(func.raw.handle, store.raw.handle) }

    fun call1(a: Long): Long =
        core(func, store, runsGuests = true) { NativeByHand.call1(func.raw.handle, store.raw.handle, a) }

    fun call2(a: Long, b: Long): Long =
        core(func, store, runsGuests = true) { NativeByHand.call2(func.raw.handle, store.raw.handle, a, b) }
}

/** An interface of Java's: its type as a function, how one is made of a guest's function, and how it is a host's. */
internal class JavaShape<T : Any>(
    val type: FuncType,
    private val kind: Class<T>,
    private val call: (Called) -> T,
    private val host: (T) -> HostCallback,
) {
    fun of(func: Func, store: Store): T {
        func.checkType(store, type, kind.simpleName)
        return call(Called(func, store))
    }

    fun body(function: Any): HostCallback = host(kind.cast(function))

    companion object {
        /** The shape of that interface, or `Type`. */
        fun <T : Any> of(kind: Class<T>): JavaShape<T> {
            val found = JAVA_SHAPES.firstOrNull { it.kind == kind } ?: throw unknown(kind)
            @Suppress("UNCHECKED_CAST") // It is of that very class.
            return found as JavaShape<T>
        }

        private fun unknown(kind: Class<*>): WasmtimeException {
            val names = JAVA_SHAPES.joinToString { it.kind.simpleName }
            return WasmtimeException.Type("${kind.name} is no interface of numbers: expected one of $names")
        }
    }
}

private fun type(number: ValType?, params: Int, hasResult: Boolean): FuncType {
    val numbers = listOfNotNull(number)
    return FuncType(List(params) { numbers.single() }, if (hasResult) numbers else emptyList())
}

private val JAVA_SHAPES: List<JavaShape<*>> =
    listOf(
        JavaShape(
            type(null, 0, false),
            Runnable::class.java,
            { guest -> Runnable { guest.call0() } },
            { host ->
                object : HostCallback() {
                    override fun call0(callId: Long): Long = 0L.also { host.run() }
                }
            },
        ),
        JavaShape(
            type(ValType.I32, 0, true),
            IntSupplier::class.java,
            { guest -> IntSupplier { guest.call0().toInt() } },
            { host ->
                object : HostCallback() {
                    override fun call0(callId: Long): Long = host.asInt.toLong()
                }
            },
        ),
        JavaShape(
            type(ValType.I32, 1, false),
            IntConsumer::class.java,
            { guest -> IntConsumer { a -> guest.call1(a.toLong()) } },
            { host ->
                object : HostCallback() {
                    override fun call1(callId: Long, a: Long): Long = 0L.also { host.accept(a.toInt()) }
                }
            },
        ),
        JavaShape(
            type(ValType.I32, 1, true),
            IntUnaryOperator::class.java,
            { guest -> IntUnaryOperator { a -> guest.call1(a.toLong()).toInt() } },
            { host ->
                object : HostCallback() {
                    override fun call1(callId: Long, a: Long): Long = host.applyAsInt(a.toInt()).toLong()
                }
            },
        ),
        JavaShape(
            type(ValType.I32, 2, true),
            IntBinaryOperator::class.java,
            { guest -> IntBinaryOperator { a, b -> guest.call2(a.toLong(), b.toLong()).toInt() } },
            { host ->
                object : HostCallback() {
                    override fun call2(callId: Long, a: Long, b: Long): Long =
                        host.applyAsInt(a.toInt(), b.toInt()).toLong()
                }
            },
        ),
        JavaShape(
            type(ValType.I64, 0, true),
            LongSupplier::class.java,
            { guest -> LongSupplier { guest.call0() } },
            { host ->
                object : HostCallback() {
                    override fun call0(callId: Long): Long = host.asLong
                }
            },
        ),
        JavaShape(
            type(ValType.I64, 1, false),
            LongConsumer::class.java,
            { guest -> LongConsumer { a -> guest.call1(a) } },
            { host ->
                object : HostCallback() {
                    override fun call1(callId: Long, a: Long): Long = 0L.also { host.accept(a) }
                }
            },
        ),
        JavaShape(
            type(ValType.I64, 1, true),
            LongUnaryOperator::class.java,
            { guest -> LongUnaryOperator { a -> guest.call1(a) } },
            { host ->
                object : HostCallback() {
                    override fun call1(callId: Long, a: Long): Long = host.applyAsLong(a)
                }
            },
        ),
        JavaShape(
            type(ValType.I64, 2, true),
            LongBinaryOperator::class.java,
            { guest -> LongBinaryOperator { a, b -> guest.call2(a, b) } },
            { host ->
                object : HostCallback() {
                    override fun call2(callId: Long, a: Long, b: Long): Long = host.applyAsLong(a, b)
                }
            },
        ),
        JavaShape(
            type(ValType.F64, 0, true),
            DoubleSupplier::class.java,
            { guest -> DoubleSupplier { Double.fromBits(guest.call0()) } },
            { host ->
                object : HostCallback() {
                    override fun call0(callId: Long): Long = host.asDouble.toRawBits()
                }
            },
        ),
        JavaShape(
            type(ValType.F64, 1, false),
            DoubleConsumer::class.java,
            { guest -> DoubleConsumer { a -> guest.call1(a.toRawBits()) } },
            { host ->
                object : HostCallback() {
                    override fun call1(callId: Long, a: Long): Long = 0L.also { host.accept(Double.fromBits(a)) }
                }
            },
        ),
        JavaShape(
            type(ValType.F64, 1, true),
            DoubleUnaryOperator::class.java,
            { guest -> DoubleUnaryOperator { a -> Double.fromBits(guest.call1(a.toRawBits())) } },
            { host ->
                object : HostCallback() {
                    override fun call1(callId: Long, a: Long): Long = host.applyAsDouble(Double.fromBits(a)).toRawBits()
                }
            },
        ),
        JavaShape(
            type(ValType.F64, 2, true),
            DoubleBinaryOperator::class.java,
            { guest -> DoubleBinaryOperator { a, b -> Double.fromBits(guest.call2(a.toRawBits(), b.toRawBits())) } },
            { host ->
                object : HostCallback() {
                    override fun call2(callId: Long, a: Long, b: Long): Long =
                        host.applyAsDouble(Double.fromBits(a), Double.fromBits(b)).toRawBits()
                }
            },
        ),
    )
