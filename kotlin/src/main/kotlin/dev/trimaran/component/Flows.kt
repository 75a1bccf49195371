package dev.trimaran.component

import dev.trimaran.internal.IfPresent
import dev.trimaran.internal.component.isEmptyPart
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * The parts that are still to come, as [Stream.readSuspend] gives them: each is read when the collector wants it, in its coroutine. A
 * collector that stops early leaves the rest; it can be collected again. A stream that is gone has no parts.
 */
@IfPresent
@JvmSynthetic
public fun Stream.asFlow(): Flow<Any> =
    flow {
        while (isAlive) {
            val part = readSuspend()
            if (isEmptyPart(part)) break
            emit(part)
        }
    }
