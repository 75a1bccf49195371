package dev.trimaran

/**
 * The exports of an instance, by name, in the module's order.
 *
 * It is a map: `exports["run"]` is null if there is no such export. [getValue] then fails with `NotFound`, which lists
 * the names that exist. The methods by kind, such as [func], fail in the same way, and with `Type` if the export is of
 * another kind.
 */
public class Exports internal constructor(
    private val instance: Instance,
    private val store: Store,
    items: Map<String, Extern>,
) : AbstractMap<String, Extern>() {
    private val items: Map<String, Extern> = items
        get() = made(field)

    /** The names and what has them, in the module's order. */
    override val entries: Set<Map.Entry<String, Extern>>
        get() = items.entries

    /** Whether something is exported under the name [key]. */
    override fun containsKey(key: String): Boolean = items.containsKey(key)

    /** What is exported under the name [key], or null. */
    override fun get(key: String): Extern? = items[key]

    /** What is exported under [name], or `NotFound`. */
    public fun getValue(name: String): Extern = items[name] ?: instance.export(store, name)

    /** The function that is exported under [name], or `NotFound`, or `Type`. */
    public fun func(name: String): Func = getValue(name).expect(name)

    /** The memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun memory(name: String): Memory = getValue(name).expect(name)

    /** The shared memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun sharedMemory(name: String): SharedMemory = getValue(name).expect(name)

    /** The global that is exported under [name], or `NotFound`, or `Type`. */
    public fun global(name: String): Global = getValue(name).expect(name)

    /** The table that is exported under [name], or `NotFound`, or `Type`. */
    public fun table(name: String): Table = getValue(name).expect(name)

    /** The tag that is exported under [name], or `NotFound`, or `Type`. */
    public fun tag(name: String): Tag = getValue(name).expect(name)
}
