package dev.trimaran.tests

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.runBlocking
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/** The one thread of a case, which goes on with its tasks where a step lets it. */
private class Loop : CoroutineDispatcher() {
    private val queue = LinkedBlockingQueue<Runnable>()

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        queue.add(block)
    }

    /** Until nothing goes on by itself. */
    fun settle() {
        while (true) (queue.poll() ?: return).run()
    }

    /** Until [done]. A call in line is woken by another thread, some time later. */
    fun until(what: String, done: () -> Boolean) {
        settle()
        while (!done()) (queue.poll(20, TimeUnit.SECONDS) ?: throw Problem("$what for ever")).run()
    }
}

/** The tasks of a case, and the host functions that wait for its steps. */
class Tasks {
    private val loop = Loop()
    private val scope = CoroutineScope(loop + SupervisorJob())
    private val holds = mutableMapOf<String, ArrayDeque<CompletableDeferred<() -> Any?>>>()

    /** Begins a task. */
    fun <T> begun(context: CoroutineContext = EmptyCoroutineContext, work: suspend () -> T): Deferred<T> =
        scope.async(context) { work() }

    /** The same, until it is over, or waits. */
    fun <T> started(work: suspend () -> T): Deferred<T> = begun(work = work).also { loop.settle() }

    /** What a task comes to. */
    fun <T> joined(task: Deferred<T>): T {
        loop.until("it waits") { task.isCompleted }
        return runBlocking { task.await() }
    }

    /** What work comes to, as a task of its own. */
    fun <T> done(work: suspend () -> T): T = joined(begun(work = work))

    fun cancel(task: Deferred<*>) {
        if (task.isCompleted) throw Problem("it is over")
        task.cancel()
        loop.until("it waits") { task.isCompleted }
        check(task.isCancelled)
        loop.settle()
    }

    /** Waits until a step releases it, and does what that says. */
    suspend fun held(name: String): Any? {
        val held = CompletableDeferred<() -> Any?>(currentCoroutineContext()[Job])
        holds.getOrPut(name, ::ArrayDeque).add(held)
        return held.await()()
    }

    /** Lets the eldest one that waits go on, once there is one. */
    fun release(name: String, work: () -> Any?) {
        loop.until("nothing is held") { eldest(name) != null }
        eldest(name)!!.complete(work)
    }

    private fun eldest(name: String): CompletableDeferred<() -> Any?>? {
        val all = holds[name] ?: return null
        while (all.firstOrNull()?.isCompleted == true) all.removeFirst()
        return all.firstOrNull()
    }
}
