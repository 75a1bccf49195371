package dev.trimaran

import dev.trimaran.internal.ffi.Instance as Raw

/** An instance of a module. It belongs to one store. */
public class Instance private constructor(private val raw: Raw) {
    /**
     * Links a module with [imports], in the order of [Module.imports], and runs its start function.
     *
     * Fails with `Link` where an import is missing, superfluous or of another type, with `Limit` where the store
     * has no room, and with `Trap` where an initialiser or the start function traps.
     */
    @JvmOverloads
    public constructor(store: Store, module: Module, imports: List<Extern> = emptyList()) :
        this(core(listOf(store, module), imports) { Raw(store.raw, module.raw, imports.map { it.toRaw() }) })

    /** Everything that the instance exports, by name, in the module's order. */
    public fun exports(store: Store): Exports {
        val exports = core(store) { raw.exports(store.raw) }
        return Exports(this, store, exports.associate { it.name to it.item.toPublic() })
    }

    /** What the instance exports under [name]. Fails with `NotFound`, which names what there is. */
    public fun export(store: Store, name: String): Extern = core(store) { raw.export(store.raw, name) }.toPublic()

    /** The function that is exported under [name], or `NotFound`, or `Type`. */
    public fun func(store: Store, name: String): Func = export(store, name).expect(name, "a function")

    /** The memory that is exported under [name], or `NotFound`, or `Type`. */
    public fun memory(store: Store, name: String): Memory = export(store, name).expect(name, "a memory")
}
