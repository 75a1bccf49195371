package dev.trimaran.tests

import dev.trimaran.Extern
import dev.trimaran.Instance
import dev.trimaran.InstancePre
import dev.trimaran.Linker
import dev.trimaran.Module
import dev.trimaran.Store

/** Steps about linkers. */
class LinkerSteps(private val world: World, private val bodies: Bodies) {
    private val Step.linker: Linker get() = world.named(this, "linker")
    private val Step.store: Store get() = world.named(this, "store")
    private val Step.module: Module get() = world.named(this, "module")

    val all: Map<String, (Step) -> Any?> =
        mapOf(
            "linker" to { step -> Kept(Linker(world.named(step, "engine"))) },
            "allow_shadowing" to { step -> step.linker.allowShadowing = step.boolean("allow") },
            "define" to { step ->
                step.linker.define(step.store, step.text("from"), step.text("name"), world.named<Extern>(step, "item"))
            },
            "define_func" to { step -> bodies.define(step, step.linker) },
            "define_instance" to { step ->
                step.linker.defineInstance(step.store, step.text("from"), world.named<Instance>(step, "instance"))
            },
            "define_module" to { step -> step.linker.defineModule(step.store, step.text("from"), step.module) },
            "define_wasi" to { step -> step.linker.defineWasi() },
            "unknown_imports_as_traps" to { step -> step.linker.defineUnknownImportsAsTraps(step.module) },
            "unknown_imports_as_default_values" to { step ->
                step.linker.defineUnknownImportsAsDefaultValues(step.store, step.module)
            },
            "linker_get" to { step -> Kept(step.linker.getValue(step.store, step.text("from"), step.text("name"))) },
            "get_default" to { step -> Kept(step.linker.getDefault(step.store, step.text("from"))) },
            "link" to { step -> Kept(step.linker.instantiate(step.store, step.module)) },
            "instantiate_pre" to { step -> Kept(step.linker.instantiatePre(step.module)) },
            "instantiate" to { step -> Kept(world.named<InstancePre>(step, "pre").instantiate(step.store)) },
        )
}
