import Trimaran

// What the steps on linkers do.
extension World {
  func performOnLinker(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "linker": return .kept(.linker(try Linker(engine(step))))
    case "allow_shadowing":
      guard let allow = try step.value("allow").bool else { throw Problem("`allow` is neither true nor false") }
      try linker(step).allowShadowing(allow)
    case "define":
      let item = try importable(step.value("item"))
      try linker(step).define(store(step), step.text("from"), step.text("name"), item)
    case "define_func" where isAsync(step):
      let (type, body) = try asyncHostFunction(step)
      try linker(step).define(step.text("from"), step.text("name"), type, body)
    case "define_func":
      let (type, body) = try hostFunction(step)
      try linker(step).define(step.text("from"), step.text("name"), type, body)
    case "define_instance": try linker(step).defineInstance(store(step), step.text("from"), instance(step))
    case "define_module": try linker(step).defineModule(store(step), step.text("from"), module(step))
    case "define_wasi": try linker(step).defineWasi()
    case "unknown_imports_as_traps": try linker(step).defineUnknownImportsAsTraps(module(step))
    case "unknown_imports_as_default_values":
      try linker(step).defineUnknownImportsAsDefaultValues(store(step), module(step))
    case "linker_get": return .kept(.extern(try linker(step).get(store(step), step.text("from"), step.text("name"))))
    default: return .kept(.extern(.function(try linker(step).getDefault(store(step), step.text("from")))))
    }
    return .nothing
  }

  func link(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "link": return .kept(.instance(try linker(step).instantiate(store(step), module(step))))
    case "instantiate_pre": return .kept(.pre(try linker(step).instantiatePre(module(step))))
    default: return .kept(.instance(try pre(step).instantiate(store(step))))
    }
  }

  func pre(_ step: Step) throws -> InstancePre {
    try find(step, "pre") { if case .pre(let it) = $0 { it } else { nil } }
  }
}
