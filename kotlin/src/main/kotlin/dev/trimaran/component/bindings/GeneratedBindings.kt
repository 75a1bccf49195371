package dev.trimaran.component.bindings

/**
 * Marks what generated bindings are written with. It may change in each version, with what generates them: programs use
 * the bindings.
 */
@RequiresOptIn("This is for generated bindings, and may change in each version.")
@Retention(AnnotationRetention.BINARY)
@Target(
    AnnotationTarget.CLASS,
    AnnotationTarget.CONSTRUCTOR,
    AnnotationTarget.FUNCTION,
    AnnotationTarget.PROPERTY,
    AnnotationTarget.TYPEALIAS,
)
public annotation class GeneratedBindings
