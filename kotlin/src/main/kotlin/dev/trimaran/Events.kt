package dev.trimaran

/** What an event is about. */
public enum class EventKind {
    /** A module or a component was compiled, or was found in the cache. */
    COMPILE,

    /** An instance was made, with its start function. */
    INSTANTIATE,

    /** The host called a function of a guest, and it has returned. */
    CALL,

    /** A guest has trapped. */
    TRAP,
}

/** Something that has happened: see [Engine.setListener]. */
public data class Event(
    /** What it is about. */
    public val kind: EventKind,
    /**
     * The name of the module, or the one by which the function is exported; its first 2 KiB. Null where there is none, and of a
     * trap.
     */
    public val name: String? = null,
    /** How long it took, in nanoseconds. Of a trap 0: its call took that long. */
    public val nanoseconds: Long = 0,
    /** How many bytes the module or the component had that was compiled; null of other events. */
    public val size: Long? = null,
    /** Why it has failed, in the words of its error; null where it has not. */
    public val error: String? = null,
    /** All of that as a sentence: `compiled qjs, 1044320 bytes, in 812.345 ms`. */
    public val text: String = "",
) {
    /** The sentence. */
    override fun toString(): String = text
}

/** Is told what happens in an engine and in its stores: see [Engine.setListener]. */
public fun interface EventListener {
    /** Takes an event, on the thread on which it has happened. */
    public fun onEvent(event: Event)
}
