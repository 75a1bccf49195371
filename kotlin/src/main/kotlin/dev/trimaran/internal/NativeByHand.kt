package dev.trimaran.internal

import dev.trimaran.HostCallback
import dev.trimaran.Store
import dev.trimaran.internal.ffi.InputSource
import java.nio.ByteBuffer

/**
 * The functions of the native library whose bodies are special: calls on slots, host functions, views, bytes. Rust has
 * the other half, in `bindings/src/adapters/jni.rs`. The class `Native`, which is generated, has all others.
 *
 * An object is its handle, as in `Native`. Numbers are passed by their bits. The caller keeps the objects reachable
 * until the call returns, as `core` does.
 */
internal object NativeByHand {
    init {
        NativeImage.load()
    }

    /** How many bytes the stores and modules of this process hold outside of the JVM's heap, about. */
    @JvmStatic external fun heldBytes(): Long

    /**
     * Whether the instance that this thread has just failed to make found no room, before anything of it ran. Says so
     * once.
     */
    @JvmStatic external fun wasRefused(): Boolean

    /** Whether no thread is in the store, or this one is: who enters it now does not wait, unless another is faster. */
    @JvmStatic external fun isFree(store: Long): Boolean

    /** The number of the store of an object, which is of the class that has this place in [Owned]. */
    @JvmStatic external fun storeNumber(kind: Int, handle: Long): Long

    /** Whether the calling instance exports that very memory under that name: if not for sure, ask for the export. */
    @JvmStatic external fun callerHas(store: Long, callId: Long, name: String, memory: Long): Boolean

    /** Fails where asking for an export fails since the store is closed or another one. */
    @JvmStatic external fun instanceCheck(instance: Long, store: Long)

    /** Fails with `Type` where the function is of another type. [whose] is what has that type, or empty. */
    @JvmStatic external fun checkType(func: Long, store: Long, wanted: ByteArray, whose: String)

    /** Fails as for an export of one kind that was asked for as another: the numbers of `Extern`'s variants, from 1. */
    @JvmStatic external fun wrongExport(name: String, found: Int, expected: Int)

    /** Fails as for a name by which a calling instance exports nothing. */
    @JvmStatic external fun noCallerExport(name: String)

    /** Fails with `Range`, as for a number below 0. */
    @JvmStatic external fun negative(what: String, number: String)

    /** Fails with `Range`, as for a number that is not from [low] to [high]. */
    @JvmStatic external fun notBetween(what: String, number: String, low: Long, high: Long)

    /** Fails with `Type`, as for an object that no constructor has filled. */
    @JvmStatic external fun neverMade()

    /** Fails with `Encoding`, as for a text that has half of a surrogate pair. */
    @JvmStatic external fun halfPair()

    /** Fails with `Unexpected`. */
    @JvmStatic external fun unexpected(reason: ByteArray)

    /**
     * Has guests of the store end when their thread is interrupted, where the engine can interrupt them. The library
     * gets a weak reference to [home], which has the store.
     */
    @JvmStatic external fun watch(store: Long, home: Store)

    /**
     * Defines a host function, of a serialised type, or a suspending one. The linker keeps the [LinkedHost], and the
     * library does not.
     */
    @JvmStatic
    external fun defineFunc(
        linker: Long,
        module: String,
        name: String,
        type: ByteArray,
        host: Any,
        isSuspending: Boolean,
    )

    /**
     * The first step of a call with the arguments in the slots of [frame], by the numbers of the host call that it comes
     * from, or zeros. Gives the run's handle, and in its two lowest bits what the step came to: see [Running]. 0 where the
     * guest is done, and has left its results in the frame.
     */
    @JvmStatic external fun startFunc(func: Long, store: Long, run: Long, call: Long, frame: LongArray): Long

    /** The same with serialised values, which are converted. */
    @JvmStatic
    external fun startFuncValues(
        func: Long,
        store: Long,
        run: Long,
        call: Long,
        values: ByteArray,
        frame: LongArray,
    ): Long

    /** The first step of an instantiation, as [startFunc]. Serialised imports go with it. It leaves a handle of the instance. */
    @JvmStatic
    external fun startInstance(
        module: Long,
        store: Long,
        run: Long,
        call: Long,
        imports: ByteArray,
        frame: LongArray,
    ): Long

    /** The same by a linker. */
    @JvmStatic
    external fun startLinked(linker: Long, store: Long, module: Long, run: Long, call: Long, frame: LongArray): Long

    /** The same of a module whose imports are found. */
    @JvmStatic external fun startPrepared(pre: Long, store: Long, run: Long, call: Long, frame: LongArray): Long

    /**
     * The first step of a call of a component's function, as [startFunc], with what [componentCall] takes. Where it is
     * done, the values lie in the exchange, and [frame] has what [runResult] gives.
     */
    @JvmStatic
    external fun startComponentFunc(
        func: Long,
        store: Long,
        run: Long,
        call: Long,
        exchange: Long,
        length: Int,
        resources: Int,
        objects: Array<Any?>?,
        frame: LongArray,
    ): Long

    /**
     * Reads a stream, at most so many elements, or a future: the values lie in the exchange then, and this gives what [hostArguments] does.
     */
    @JvmStatic external fun streamRead(stream: Long, store: Long, exchange: Long, most: Int): Long

    /** The first step of the same, as [startComponentFunc]. */
    @JvmStatic
    external fun startStreamRead(
        stream: Long,
        store: Long,
        run: Long,
        call: Long,
        exchange: Long,
        most: Int,
        frame: LongArray,
    ): Long

    /** The first step of an instantiation of a component, as [startFunc]. It leaves a handle of the instance. */
    @JvmStatic external fun startComponent(pre: Long, store: Long, run: Long, call: Long, frame: LongArray): Long

    /** Puts what a component's function has given into the exchange, once, and gives what [hostArguments] does. */
    @JvmStatic external fun runResult(run: Long, exchange: Long): Long

    /** Puts the function that the component calls into the array, and what it has made of its type. */
    @JvmStatic external fun runHost(run: Long, found: Array<Any?>)

    /** Puts the arguments into the exchange, once, as [hostArguments] does. */
    @JvmStatic external fun runCall(run: Long, exchange: Long): Long

    /** Takes what the function gives, as [hostReply] does, for the next step. */
    @JvmStatic
    external fun runReply(run: Long, exchange: Long, length: Int, resources: Int, objects: Array<Any?>?)

    /** Fails for what the function gave that does not fit, as [refuseHostResult] does. */
    @JvmStatic external fun runRefuse(run: Long, path: ByteArray, mistake: ByteArray)

    /** A further step, with the slots of what a host function gave. [waking] is woken where the run has its turn later. */
    @JvmStatic external fun stepRun(run: Long, answer: LongArray?, waking: Waking?, frame: LongArray): Int

    /** Puts what the guest calls a host function with into slots, once. */
    @JvmStatic external fun runArguments(run: Long, slots: LongArray)

    /** Has the guest end. Any thread may do it. */
    @JvmStatic external fun cancelRun(run: Long)

    /** Notes that any thread may take its next steps, so that a call waits for it wherever that comes from. */
    @JvmStatic external fun runGoesOnAnywhere(run: Long)

    /** Frees it. The guest ends, if it has not. */
    @JvmStatic external fun freeRun(run: Long)

    /** A handle of a suspending host function, of a serialised type. */
    @JvmStatic external fun newWaitingFunc(store: Long, type: ByteArray): Long

    /** Gives it its number among the suspending functions of its store. */
    @JvmStatic external fun attachWaiting(func: Long, store: Long, number: Long)

    /**
     * Has this thread work for a host call, by the numbers of the store, the run and the call. Leaves there for which one it has
     * worked; zeros are none.
     */
    @JvmStatic external fun swapWork(numbers: LongArray)

    /** A new exchange for values of components, which [freeExchange] frees. One call at a time uses it. */
    @JvmStatic external fun newExchange(): Long

    @JvmStatic external fun freeExchange(exchange: Long)

    /** What is written, with room for so many bytes. Earlier buffers of it are not used any more. */
    @JvmStatic external fun exchangeInput(exchange: Long, capacity: Int): ByteBuffer

    /** What is read. Earlier buffers of it are not used any more. */
    @JvmStatic external fun exchangeOutput(exchange: Long): ByteBuffer

    /** A new handle of the resource, the stream or the future that came out, or 0 for an object of the host's. */
    @JvmStatic external fun exchangeResource(exchange: Long, index: Int): Long

    /** The object of the host's that came out. */
    @JvmStatic external fun exchangeObject(exchange: Long, index: Int): Any

    /** Lets go of the resources that came out. */
    @JvmStatic external fun clearExchange(exchange: Long)

    /**
     * Calls a function of a component with [length] bytes of values, and so many [resources], of which [objects] are
     * the host's. Strings and lists of numbers may stand beside, in [givenArrays]; those that the guest gives go into
     * [takenArrays], while there is room. Gives how often the output of the exchange has moved.
     */
    @JvmStatic
    external fun componentCall(
        func: Long,
        store: Long,
        exchange: Long,
        length: Int,
        resources: Int,
        objects: Array<Any?>?,
        givenArrays: Array<Any?>?,
        takenArrays: Array<Any?>,
    ): Int

    /** Whether a function of a component is plain: its values each have a slot (`core/src/component/abi/plain.rs`). */
    @JvmStatic external fun isPlain(func: Long): Boolean

    /** Calls a plain function with the first [count] of the slots. Gives that of the result; 0 where there is none. */
    @JvmStatic external fun componentCallPlain(
        func: Long,
        store: Long,
        count: Int,
        a: Long,
        b: Long,
        c: Long,
        d: Long,
    ): Long

    /** The same with a guest's resource, the only one. The slot of its handle is 0. */
    @JvmStatic external fun componentCallMethod(
        func: Long,
        store: Long,
        resource: Long,
        isOwn: Boolean,
        count: Int,
        a: Long,
        b: Long,
        c: Long,
        d: Long,
    ): Long

    /**
     * Of each resource in the table of a function's types, by its number there, 1 where it is the host's, and otherwise
     * 0.
     */
    @JvmStatic external fun areOfHost(func: Long): ByteArray

    /**
     * Defines a host function of components. The linker keeps the `ComponentHost`, and the library does not. One that is
     * typed sees the type by which a component imports it when that is linked, and any other when it is called first.
     */
    @JvmStatic external fun defineComponentFunc(
        linker: Long,
        path: ByteArray,
        name: String,
        host: Any,
        isTyped: Boolean,
        isSuspending: Boolean,
    )

    /**
     * A handle of a new type of the host's. [dropped] is the `Dropped` that does something with objects which guests have
     * dropped, and the library keeps it.
     */
    @JvmStatic external fun newResourceType(dropped: Any): Long

    /**
     * Takes the arguments of a host function: the length of the values, and in the upper half how often the output has
     * moved.
     */
    @JvmStatic external fun hostArguments(crossing: Long, exchange: Long): Long

    /** Gives the result of a host function, as [componentCall] gives arguments. */
    @JvmStatic external fun hostReply(
        crossing: Long,
        exchange: Long,
        length: Int,
        resources: Int,
        objects: Array<Any?>?,
    )

    /** Fails for a result of a host function that does not fit, by the serialised path and mistake. */
    @JvmStatic external fun refuseHostResult(crossing: Long, path: ByteArray, mistake: ByteArray)

    /** Fails as a call does whose time is over before it begins. */
    @JvmStatic external fun timeIsOver()

    /** How many parameters, how many results, and then the kind of each. */
    @JvmStatic external fun signature(func: Long, store: Long): ByteArray

    @JvmStatic external fun call0(func: Long, store: Long): Long

    @JvmStatic external fun call1(func: Long, store: Long, a: Long): Long

    @JvmStatic external fun call2(func: Long, store: Long, a: Long, b: Long): Long

    @JvmStatic external fun call3(func: Long, store: Long, a: Long, b: Long, c: Long): Long

    @JvmStatic external fun call4(func: Long, store: Long, a: Long, b: Long, c: Long, d: Long): Long

    @JvmStatic external fun call5(func: Long, store: Long, a: Long, b: Long, c: Long, d: Long, e: Long): Long

    @JvmStatic external fun call6(func: Long, store: Long, a: Long, b: Long, c: Long, d: Long, e: Long, f: Long): Long

    /** Calls on [Slots], which hold the arguments before and the results after. */
    @JvmStatic external fun callSlots(func: Long, store: Long, slots: LongArray)

    /** Fails with `Type` where the function cannot be called with so many columns. */
    @JvmStatic external fun checkColumns(func: Long, store: Long, count: Int)

    /** Calls once for each row. Each column is an array of its type. */
    @JvmStatic external fun map(func: Long, store: Long, columns: Array<Any>, results: Array<Any>, rows: Int)

    /** Gives a host function its body. The library does not keep it alive: the store has to. */
    @JvmStatic external fun attach(func: Long, store: Long, host: HostCallback)

    /** A handle of what calls that object with what guests print. The library keeps it alive. */
    @JvmStatic external fun newSink(sink: Sink): Long

    /** A handle of what asks that object for what guests read. The library keeps it alive. */
    @JvmStatic external fun newSource(source: InputSource): Long

    /** A handle of what tells that object of events. The library keeps it alive. */
    @JvmStatic external fun newListener(listener: Listening): Long

    /** A handle of what has that object answer requests. The library keeps it alive. */
    @JvmStatic external fun newHandler(handler: Answering): Long

    /** What a host function threw, by the number under which the library has kept it until now. */
    @JvmStatic external fun takeThrown(number: Long): Throwable?

    /** A new handle of a reference to a host object. */
    @JvmStatic external fun newExtern(store: Long, host: Any): Long

    /** Returns the host object of a reference, or null. */
    @JvmStatic external fun externObject(store: Long, reference: Long): Any?

    /** The [Kind] of what it holds. */
    @JvmStatic external fun globalKind(global: Long, store: Long): Int

    /** The bits of a number. */
    @JvmStatic external fun globalGet(global: Long, store: Long): Long

    @JvmStatic external fun globalSet(global: Long, store: Long, bits: Long)

    /** Puts the value into [Slots]. */
    @JvmStatic external fun globalGetSlot(global: Long, store: Long, slots: LongArray)

    @JvmStatic external fun globalSetSlot(global: Long, store: Long, low: Long, high: Long)

    /** The [Kind] of its elements. */
    @JvmStatic external fun tableKind(table: Long, store: Long): Int

    /** A new handle of the element, or 0 for null. */
    @JvmStatic external fun tableGet(table: Long, store: Long, index: Long): Long

    /** What names a function in a table of them, for as long as the store is there; 0 for null. */
    @JvmStatic external fun tableFunc(table: Long, store: Long, index: Long): Long

    /** Puts a new handle of it into the array, and what names it. */
    @JvmStatic external fun tableFuncSlot(table: Long, store: Long, index: Long, out: LongArray)

    @JvmStatic external fun tableSet(table: Long, store: Long, index: Long, low: Long, high: Long)

    /**
     * A buffer over the bytes where they are; [length] below 0 is up to the end. It may have what is around them as well. These are put
     * into [out]: what [closeView] takes, the address of the buffer's first byte, where in it the bytes are, and how many.
     */
    @JvmStatic external fun view(memory: Long, store: Long, start: Long, length: Long, out: LongArray): ByteBuffer

    @JvmStatic external fun sharedView(memory: Long, start: Long, length: Long, out: LongArray): ByteBuffer

    /** Lets go of the bytes, which may be gone then. Any thread may do it. */
    @JvmStatic external fun closeView(view: Long)

    @JvmStatic external fun sharedRead(memory: Long, start: Long, length: Long): ByteArray

    /** Fills the whole array. */
    @JvmStatic external fun sharedReadInto(memory: Long, start: Long, array: ByteArray)

    @JvmStatic external fun sharedWrite(memory: Long, data: ByteArray, offset: Int, length: Int, start: Long)

    @JvmStatic external fun sharedWriteBuffer(memory: Long, data: ByteBuffer, offset: Int, length: Int, start: Long)

    @JvmStatic external fun read(memory: Long, store: Long, start: Long, length: Long): ByteArray

    /** Fills the whole array. */
    @JvmStatic external fun readInto(memory: Long, store: Long, start: Long, array: ByteArray)

    @JvmStatic external fun write(memory: Long, store: Long, data: ByteArray, offset: Int, length: Int, start: Long)

    @JvmStatic
    external fun writeBuffer(memory: Long, store: Long, data: ByteBuffer, offset: Int, length: Int, start: Long)
}
