package dev.trimaran.component

/**
 * A function of generated bindings failed with the error that its type declares. An error whose type has a name has an
 * exception of its own, which derives from this one.
 *
 * What implements an import for a component throws it as well, of the class that the function's document names: the
 * component gets the error.
 *
 * Java can serialize it where it can serialize the error, which it can with all values of this package; not with a
 * [UInt], nor with the other numbers of Kotlin without a sign.
 *
 * @property value The error; null where the type says none.
 */
public open class ResultException @JvmOverloads constructor(public open val value: Any? = null) :
    RuntimeException(if (value == null) "the function failed" else "the function failed: $value") {
    private companion object {
        private const val serialVersionUID = 1L
    }
}
