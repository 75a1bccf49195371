package dev.trimaran.tests

import dev.trimaran.component.CodePoint
import dev.trimaran.component.Maybe
import dev.trimaran.component.Outcome
import dev.trimaran.component.ResultException
import dev.trimaran.tests.values.Access
import dev.trimaran.tests.values.Bag
import dev.trimaran.tests.values.Color
import dev.trimaran.tests.values.ColorException
import dev.trimaran.tests.values.Crowd
import dev.trimaran.tests.values.Person
import dev.trimaran.tests.values.Shape
import dev.trimaran.tests.values.Tuple1
import dev.trimaran.tests.values.Tuple4
import dev.trimaran.tests.values.ValuesImports

/** Notes what it is given, and gives it back. */
class ValuesHost : ValuesImports {
    val seen = ArrayList<Any?>()
    var strings: (List<String>) -> List<String> = { it }

    /** What a function throws that fails with a color. */
    var failure: Throwable = ColorException(Color.LIGHT_GREEN)

    private fun <T> back(x: T): T = x.also(seen::add)

    override fun takeBool(x: Boolean): Boolean = back(x)

    override fun takeS8(x: Byte): Byte = back(x)

    override fun takeU8(x: UByte): UByte = back(x)

    override fun takeS16(x: Short): Short = back(x)

    override fun takeU16(x: UShort): UShort = back(x)

    override fun takeS32(x: Int): Int = back(x)

    override fun takeU32(x: UInt): UInt = back(x)

    override fun takeS64(x: Long): Long = back(x)

    override fun takeU64(x: ULong): ULong = back(x)

    override fun takeF32(x: Float): Float = back(x)

    override fun takeF64(x: Double): Double = back(x)

    override fun takeChar(x: CodePoint): CodePoint = back(x)

    override fun takeString(x: String): String = back(x)

    override fun takeBytes(x: ByteArray): ByteArray = back(x)

    override fun takeShorts(x: ShortArray): ShortArray = back(x)

    override fun takeInts(x: IntArray): IntArray = back(x)

    override fun takeLongs(x: LongArray): LongArray = back(x)

    override fun takeFloats(x: FloatArray): FloatArray = back(x)

    override fun takeDoubles(x: DoubleArray): DoubleArray = back(x)

    override fun takeBools(x: List<Boolean>): List<Boolean> = back(x)

    override fun takeStrings(x: List<String>): List<String> = strings(back(x))

    override fun takeOne(x: Tuple1<UByte>): Tuple1<UByte> = back(x)

    override fun takePair(x: Pair<UByte, String>): Pair<UByte, String> = back(x)

    override fun takeFour(x: Tuple4<UByte, Long, Float, ByteArray>): Tuple4<UByte, Long, Float, ByteArray> = back(x)

    override fun takePerson(x: Person): Person = back(x)

    override fun takePeople(x: List<Person>): List<Person> = back(x)

    override fun takeBag(x: Bag): Bag = back(x)

    override fun takeShape(x: Shape): Shape = back(x)

    override fun takeShapes(x: List<Shape>): List<Shape> = back(x)

    override fun takeColor(x: Color): Color = back(x)

    override fun takeColors(x: List<Color>): List<Color> = back(x)

    override fun takeAccess(x: Access): Access = back(x)

    override fun takeBoth(x: Pair<Access, Access>): Pair<Access, Access> = back(x)

    override fun takeMaybe(x: String?): String? = back(x)

    override fun takeNested(x: Maybe<UByte?>?): Maybe<UByte?>? = back(x)

    override fun takeOutcomes(x: List<Outcome<UByte, String>>): List<Outcome<UByte, String>> = back(x)

    override fun takeDone(x: Tuple1<Outcome<Unit, Unit>>): Tuple1<Outcome<Unit, Unit>> = back(x)

    override fun takeAlias(x: Crowd): Crowd = back(x)

    override fun takeNamed(x: UInt): String = if (x % 2u == 0u) "even" else throw failure

    override fun takeTexts(x: UInt): UByte =
        if (x % 2u == 0u) x.toUByte() else throw ResultException(listOf("odd", "$x"))

    override fun takePlain(x: UInt) {
        if (x % 2u != 0u) throw ResultException()
    }
}
