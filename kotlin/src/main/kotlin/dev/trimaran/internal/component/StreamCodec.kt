package dev.trimaran.internal.component

import dev.trimaran.component.Future
import dev.trimaran.component.Stream
import dev.trimaran.internal.ffi.ComponentTypeKind

/** A stream, or a future: one of a guest's, or what the host has for guests to read. */
internal class StreamCodec(kind: ComponentTypeKind) : Codec(kind) {
    private val isFuture = kind == ComponentTypeKind.FUTURE

    override fun write(to: Exchange, value: Any?) {
        when (value) {
            // Which of both is wanted, the library says.
            is Stream -> to.lend(value.raw)
            is Future -> to.lend(value.raw)
            null -> wrongKind(kind, value)
            else -> to.lendSource(sourceOf(value, isFuture) ?: wrongKind(kind, value))
        }
    }

    override fun read(from: Exchange): Any = if (isFuture) from.future() else from.stream()
}
