package dev.trimaran.component

/**
 * A function of generated bindings failed with the error that its type declares. An error whose type has a name has an
 * exception of its own, which derives from this one.
 *
 * What implements an import for a component throws it as well: the component gets the error.
 *
 * @property value The error; null where the type says none.
 */
public open class ResultException @JvmOverloads constructor(public open val value: Any? = null) :
    RuntimeException(if (value == null) "the function failed" else "the function failed: $value")
