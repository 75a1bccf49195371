package dev.trimaran

import dev.trimaran.internal.NativeByHand
import dev.trimaran.internal.Running
import dev.trimaran.internal.keepReachable
import kotlin.reflect.KClass
import kotlin.reflect.KClassifier
import kotlin.reflect.KType

/**
 * A function whose type Kotlin knows: checked once, when it is made by [Func.typed], and then called at the speed of
 * the machine, with nothing allocated.
 *
 * ```kotlin
 * import dev.trimaran.invoke
 *
 * val add = exports.func("add").typed<(Int, Int) -> Int>(store)
 * val sum = add(store, 40, 2)
 * ```
 *
 * [F] is a function type over [Int], [Long], [Float] and [Double], with up to six parameters and a result, or [Unit]
 * for none. As a [UInt] or [ULong], an i32 or i64 is read without a sign. The calls are the operators [invoke] of this
 * package: import them.
 *
 * @property func The function, for values that are only known when the program runs.
 */
public class TypedFunc<F : Function<*>>
@PublishedApi
internal constructor(
    store: Store,
    public val func: Func,
    type: KType,
) {
    init {
        val wanted = type.toFuncType()
        func.checkType(store, wanted)
    }

    /** The type that was checked, and what it is called on. */
    override fun toString(): String = "TypedFunc($func)"
}

// The calls are generated. The type was checked when the function was made: what these are called with are numbers. All of
// them are inline, so that the compiler sees through them and no number is boxed.

@PublishedApi
internal inline fun <reified T : Any> bits(value: T): Long =
    when (value) {
        is Int -> value.toLong()
        is Long -> value
        is UInt -> value.toLong()
        is ULong -> value.toLong()
        is Float -> value.toRawBits().toLong()
        is Double -> value.toRawBits()
        else -> 0
    }

@PublishedApi
internal inline fun <reified T : Any> number(bits: Long): T {
    val type = T::class.java
    val number: Any =
        when {
            type === Int::class.javaObjectType -> bits.toInt()
            type === Long::class.javaObjectType -> bits
            type === Float::class.javaObjectType -> Float.fromBits(bits.toInt())
            type === Double::class.javaObjectType -> Double.fromBits(bits)
            type === UInt::class.java -> bits.toUInt()
            type === ULong::class.java -> bits.toULong()
            else -> Unit
        }
    return number as T
}

/** Calls the function with the slots of the frame, in the caller's coroutine. Gives the bits of its result. */
@PublishedApi
internal suspend fun TypedFunc<*>.suspended(store: Store, frame: LongArray): Long {
    val raw = func.raw
    Running.toEnd(store, frame) { run, call -> NativeByHand.startFunc(raw.handle, store.raw.handle, run, call, frame) }
    keepReachable(raw)
    return frame[0]
}

/** The WebAssembly type of a function type of Kotlin, or `Type`. */
private fun KType.toFuncType(): FuncType {
    val types = arguments.map { it.type?.classifier }
    if (classifier !in FUNCTIONS || types.size != FUNCTIONS.indexOf(classifier) + 1) notOfNumbers()
    val (params, results) = types.dropLast(1) to types.takeLast(1).filter { it != Unit::class && it != Void::class }
    return FuncType(params.map { it.toValType() ?: notOfNumbers() }, results.map { it.toValType() ?: notOfNumbers() })
}

private fun KType.notOfNumbers(): Nothing =
    throw WasmtimeException.Type(
        "the type is ${shown(this)}: expected a function type of up to 6 parameters, over Int, UInt, Long, ULong, " +
            "Float and Double",
    )

/** The type as Kotlin spells it: without its reflection, a type says so of itself. */
private fun shown(type: KType): String {
    val name = (type.classifier as? KClass<*>)?.simpleName ?: "${type.classifier}"
    val parts = type.arguments.map { argument -> argument.type?.let(::shown) ?: "*" }
    val text =
        when {
            parts.isEmpty() -> name
            Regex("Function\\d+").matches(name) -> "(${parts.dropLast(1).joinToString()}) -> ${parts.last()}"
            else -> "$name<${parts.joinToString()}>"
        }
    return if (type.isMarkedNullable) "$text?".replace(Regex("^(.* -> .*)\\?$"), "($1)?") else text
}

@JvmSynthetic
internal fun KClassifier?.toValType(): ValType? =
    when (this) {
        Int::class, UInt::class -> ValType.I32
        Long::class, ULong::class -> ValType.I64
        Float::class -> ValType.F32
        Double::class -> ValType.F64
        else -> null
    }

private val FUNCTIONS: List<KClass<*>> =
    listOf(
        Function0::class,
        Function1::class,
        Function2::class,
        Function3::class,
        Function4::class,
        Function5::class,
        Function6::class,
    )
