import Foundation
import TrimaranComponent
import TrimaranFoundation

// What the steps on components do.

/// Something of a component that a step kept under a name.
enum ComponentObject {
  case component(Component)
  case linker(Linker)
  case pre(InstancePre)
  case instance(Instance)
  case function(Func)
  case resource(Resource)
  case resourceType(ResourceType)
  case collected([[ComponentValue]])
  /// A stream or a future.
  case end(ComponentValue)

  func close() -> Bool {
    switch self {
    case .component(let component): component.close()
    case .linker(let linker): linker.close()
    case .pre(let pre): pre.close()
    default: return false
    }
    return true
  }
}

extension World {
  func performOnComponent(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "component":
      let engine = try engine(step)
      if let file = step.optional("file") {
        return kept(.component(try Component(engine, fromFile: moduleFile(file).path)))
      }
      if let program = step.optional("program")?.string { return kept(.component(try compiled(engine, program))) }
      return kept(.component(try Component(engine, source(step))))
    case "validate_component": try Component.validate(engine(step), source(step))
    case "component_precompile": return .kept(.artifact(Data(try Component.precompile(engine(step), source(step)))))
    case "component_serialize": return .kept(.artifact(Data(try component(step).serialize())))
    case "component_deserialize": return kept(.component(try Component(engine(step), deserialize: flipped(step))))
    case "component_pack": return .kept(.artifact(Data(try component(step).pack())))
    case "component_unpack": return kept(.component(try Component(unpack: flipped(step))))
    case "component_imports": return .plain(.array(try component(step).imports.map { .string("\($0)") }))
    case "component_exports": return .plain(.array(try component(step).exports.map { .string("\($0)") }))
    case "component_linker": return kept(.linker(try Linker(engine(step))))
    case "component_shadowing": try componentLinker(step).allowShadowing(step.value("allow").bool ?? true)
    case "component_define" where isAsync(step):
      try place(step).defineFunc(step.text("name"), asyncComponentBody(step))
    case "component_define":
      let (name, body) = (try step.text("name"), try componentBody(step))
      try place(step).defineFunc(name, body)
    case "component_define_instance": _ = try place(step)
    case "component_define_module":
      let (name, module) = (try step.text("name"), try module(step))
      try place(step).defineModule(name, module)
    case "component_define_resource":
      let (name, dropped) = (try step.text("name"), step.optional("drops")?.string)
      let type = try dropped.map { try droppedInto($0) } ?? ResourceType()
      try place(step).defineResource(name, type)
      return kept(.resourceType(type))
    case "component_define_wasi": try componentLinker(step).defineWasi()
    case "component_unknown_imports_as_traps":
      try componentLinker(step).defineUnknownImportsAsTraps(component(step))
    case "component_link":
      return kept(.instance(try componentLinker(step).instantiate(store(step), component(step))))
    case "component_pre": return kept(.pre(try componentLinker(step).instantiatePre(component(step))))
    case "component_instantiate":
      return kept(.instance(try componentPre(step).instantiate(store(step))))
    case "component_serve": return .plain(.string(try serve(step)))
    default: return try performOnStream(step) ?? performOnExport(step)
    }
    return .nothing
  }

  private func serve(_ step: Step) throws -> String {
    let (engine, pre) = (try engine(step), try componentPre(step))
    let words = try step.value("request").array?.compactMap(\.string) ?? []
    guard words.count == 3 else { throw Problem("it has no request") }
    let timeout = step.optional("timeout")?.int.map { Duration.milliseconds($0) }
    let handler = try IncomingHandler(pre, timeout: timeout) { try Store(engine) }
    let (head, body) = (Kept<ResponseHead>(), Sink())
    let trailers = try handler.handle(
      IncomingRequest(
        words[0],
        words[1],
        authority: "example.com:8080",
        headers: [try HttpHeader("X-Echo", "é"), try HttpHeader("Connection", "close")],
        body: .text(words[2])
      )
    ) { given in
      head.value = given
      return { piece in body.add(Data(piece)) }
    }
    func shown(_ headers: [HttpHeader]) -> String {
      "{\(headers.map { "\($0.name): \($0.text)" }.joined(separator: ", "))}"
    }
    let text = String(decoding: body.bytes, as: UTF8.self)
    return "\(head.value?.status ?? 0) \(shown(head.value?.headers ?? [])) \(text) \(shown(trailers))"
  }

  private func performOnExport(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "component_func": return kept(.function(try exporting(step).function(store(step), path: path(step))))
    case "component_func_type": return .plain(.string("\(try componentFunc(step).type)"))
    case "component_module": return .kept(.module(try exporting(step).module(store(step), path: path(step))))
    case "component_resource":
      return kept(.resourceType(try exporting(step).resource(store(step), path: path(step))))
    case "component_same_resource":
      return .plain(.bool(try resourceType(step, "resource") == resourceType(step, "other")))
    case "component_call":
      let result = try call(step)
      return .component(result.map { asCase($0) } ?? .null)
    case "component_keep":
      var result = try call(step)
      if let outcome = keptEnd(result) { return outcome }
      if case .ok(let inner)? = result { result = inner }
      guard case .resource(let resource)? = result else {
        throw Problem("it gave \(result as Any), which is no resource")
      }
      return kept(.resource(resource))
    case "component_drop": try resource(step).close(store(step))
    case "component_is_alive": return .plain(.bool(try resource(step).isAlive))
    case "component_dropped":
      let calls = try find(step, "host") { if case .component(.collected(let it)) = $0 { it } else { nil } }
      return .component(.array(calls.joined().map { asCase($0) }))
    case "component_collected":
      let calls = try find(step, "host") { if case .component(.collected(let it)) = $0 { it } else { nil } }
      return .component(.array(calls.map { .array($0.map { asCase($0) }) }))
    case let unknown: throw Problem("unknown step `\(unknown)`")
    }
    return .nothing
  }

  func kept(_ object: ComponentObject) -> Outcome { .kept(.component(object)) }

  /// A type of the host's that collects the objects which guests have dropped.
  private func droppedInto(_ name: String) throws -> ResourceType {
    objects[name] = .component(.collected([]))
    return try ResourceType { [unowned self] object in
      guard case .component(.collected(let dropped)) = objects[name] else { return }
      objects[name] = .component(.collected(dropped + [[.object(object)]]))
    }
  }

  private func call(_ step: Step) throws -> ComponentValue? {
    try componentFunc(step).call(store(step), step.list("args").map { try componentValue($0) })
  }

  /// A real program, compiled. What comes out is kept beside it, for every language and the next run.
  private func compiled(_ engine: Engine, _ file: String) throws -> Component {
    let kept = compiledProgram(file).path
    if FileManager.default.fileExists(atPath: kept), let found = try? Component(engine, deserializeFile: kept) {
      return found
    }
    let component = try Component(engine, fromFile: programs.appendingPathComponent(file).path)
    try Data(component.serialize()).write(to: compiledProgram(file), options: .atomic)
    return component
  }

  // MARK: What a step refers to

  func component(_ step: Step) throws -> Component {
    try find(step, "component") { if case .component(.component(let it)) = $0 { it } else { nil } }
  }

  func componentLinker(_ step: Step) throws -> Linker {
    try find(step, "linker") { if case .component(.linker(let it)) = $0 { it } else { nil } }
  }

  func componentPre(_ step: Step) throws -> InstancePre {
    try find(step, "pre") { if case .component(.pre(let it)) = $0 { it } else { nil } }
  }

  private func exporting(_ step: Step) throws -> Instance {
    try find(step, "instance") { if case .component(.instance(let it)) = $0 { it } else { nil } }
  }

  func componentFunc(_ step: Step) throws -> Func {
    try find(step, "func") { if case .component(.function(let it)) = $0 { it } else { nil } }
  }

  private func resource(_ step: Step) throws -> Resource {
    try find(step, "resource") { if case .component(.resource(let it)) = $0 { it } else { nil } }
  }

  private func resourceType(_ step: Step, _ field: String) throws -> ResourceType {
    try find(step, field) { if case .component(.resourceType(let it)) = $0 { it } else { nil } }
  }

  private func path(_ step: Step) throws -> [String] {
    try step.list("path").map { name in
      guard let name = name.string else { throw Problem("\(name) is no name") }
      return name
    }
  }

  func place(_ step: Step) throws -> LinkerInstance {
    try path(step).reduce(componentLinker(step).root) { try $0.instance($1) }
  }

  // MARK: Host functions

  private typealias ComponentBody = @Sendable (borrowing ComponentCaller, [ComponentValue]) throws -> ComponentValue?

  private func componentBody(_ step: Step) throws -> ComponentBody {
    let fields = try Step(step.value("body"))
    let body = try componentBody(of: fields)
    try fields.checkAllUsed()
    return body
  }

  private func componentBody(of fields: Step) throws -> ComponentBody {
    switch try fields.text("op") {
    case "echo": return { _, arguments in arguments[0] }
    case "give":
      let value = try fields.value("value")
      return { [unowned self] _, _ in
        if value == .null { return nil }
        return try componentValue(value)
      }
    case "throw":
      let name = try fields.text("as")
      return { [unowned self] _, _ in
        let mistake = Mistake()
        mistakes[name] = mistake
        throw mistake
      }
    case "call":
      let (name, arguments) = (try fields.text("func"), try fields.list("args"))
      return { [unowned self] caller, _ in
        guard case .component(.function(let function)) = objects[name] else {
          throw Problem("`\(name)` is no function")
        }
        return try function.call(caller.store, arguments.map { try componentValue($0) })
      }
    case "forward":
      let (name, of) = (try fields.text("func"), try fields.text("store"))
      return { [unowned self] _, arguments in
        guard case .component(.function(let function)) = objects[name], case .store(let store) = objects[of] else {
          throw Problem("`\(name)` is no function, or `\(of)` is no store")
        }
        return try function.call(store, arguments)
      }
    case "collect":
      let (name, value) = (try fields.text("as"), try fields.value("value"))
      objects[name] = .component(.collected([]))
      return { [unowned self] _, arguments in
        guard case .component(.collected(let calls)) = objects[name] else {
          throw Problem("`\(name)` collects nothing")
        }
        objects[name] = .component(.collected(calls + [arguments]))
        if value == .null { return nil }
        return try componentValue(value)
      }
    case "close":
      let name = try fields.text("store")
      return { [unowned self] _, _ in
        guard case .store(let store) = objects[name] else { throw Problem("`\(name)` is no store") }
        store.close()
        return nil
      }
    case "drop":
      return { caller, arguments in
        guard case .resource(let resource) = arguments[0] else { throw Problem("its argument is no resource") }
        try resource.close(caller.store)
        return nil
      }
    case "try_drop":
      let (name, wanted) = (try fields.text("resource"), try fields.text("variant"))
      return { [unowned self] caller, _ in
        guard case .component(.resource(let resource)) = objects[name] else {
          throw Problem("`\(name)` is no resource")
        }
        let found = failure { try resource.close(caller.store) }
        guard found.map(variant(of:)) == wanted else {
          throw Problem("dropping `\(name)` gave \(String(describing: found))")
        }
        return nil
      }
    case "escape":
      let name = try fields.text("as")
      return { [unowned self] _, arguments in
        guard case .resource(let resource) = arguments[0] else { throw Problem("its argument is no resource") }
        objects[name] = .component(.resource(resource))
        return nil
      }
    case let unknown: throw Problem("unknown body `\(unknown)`")
    }
  }

  // MARK: Values

  /// What a user writes for a value of a case.
  func componentValue(_ value: JSON) throws -> ComponentValue {
    guard let parts = value.array, let kind = parts.first?.string else { throw Problem("\(value) is no value") }
    if let stream = try streamValue(value) { return stream }
    let first = parts.count > 1 ? parts[1] : .null
    let text = first.string ?? ""
    func values() throws -> [ComponentValue] { try (first.array ?? []).map { try componentValue($0) } }
    func payload(_ value: JSON) throws -> ComponentValue? {
      if value == .null { return nil }
      return try componentValue(value)
    }
    switch kind {
    case "bool": return .bool(first.bool ?? false)
    case "s8": return .s8(try decimal(text))
    case "u8": return .u8(try decimal(text))
    case "s16": return .s16(try decimal(text))
    case "u16": return .u16(try decimal(text))
    case "s32": return .s32(try decimal(text))
    case "u32": return .u32(try decimal(text))
    case "s64": return .s64(try decimal(text))
    case "u64": return .u64(try decimal(text))
    case "f32": return .f32(text == "nan" ? .nan : Float(bitPattern: try decimal(text)))
    case "f64": return .f64(text == "nan" ? .nan : Double(bitPattern: try decimal(text)))
    case "char":
      let scalars = text.unicodeScalars
      guard let scalar = scalars.first, scalars.count == 1 else { return .string(text) }
      return .char(scalar)
    case "string": return .string(text)
    case "bytes": return .bytes([UInt8](try unhex(text)))
    case "list": return .list(try values())
    case "map":
      let entries = try (first.array ?? []).map { entry in
        guard let pair = entry.array, pair.count == 2 else { throw Problem("\(entry) is no entry") }
        return (try componentValue(pair[0]), try componentValue(pair[1]))
      }
      return .map(Dictionary(entries) { $1 })
    case "tuple": return .tuple(try values())
    case "record":
      let fields = try (first.array ?? []).map { field in
        guard let pair = field.array, pair.count == 2 else { throw Problem("\(field) is no field") }
        return (pair[0].string ?? "", try componentValue(pair[1]))
      }
      return .record(Record(fields))
    case "variant": return .variant(text, try payload(parts.count > 2 ? parts[2] : .null))
    case "enum": return .enum(text)
    case "flags": return .flags(Set((first.array ?? []).compactMap(\.string)))
    case "none": return .option(nil)
    case "some": return .option(try componentValue(first))
    case "ok": return .ok(try payload(first))
    case "err": return .error(try payload(first))
    case "resource":
      guard case .component(.resource(let resource)) = objects[text] else { throw Problem("`\(text)` is no resource") }
      return .resource(resource)
    case "object":
      let object = hostObjects[text] ?? HostObject()
      hostObjects[text] = object
      return .object(object)
    default: throw Problem("\(value) is no value")
    }
  }

  /// A value as a case writes it; flags are in the order of their names.
  func asCase(_ value: ComponentValue) -> JSON {
    func number(_ kind: String, _ number: some BinaryInteger) -> JSON { .array([.string(kind), .string("\(number)")]) }
    func case_(_ kind: String, _ rest: JSON...) -> JSON { .array([.string(kind)] + rest) }
    func payload(_ value: ComponentValue?) -> JSON { value.map { asCase($0) } ?? .null }
    switch value {
    case .bool(let bool): return case_("bool", .bool(bool))
    case .s8(let it): return number("s8", it)
    case .u8(let it): return number("u8", it)
    case .s16(let it): return number("s16", it)
    case .u16(let it): return number("u16", it)
    case .s32(let it): return number("s32", it)
    case .u32(let it): return number("u32", it)
    case .s64(let it): return number("s64", it)
    case .u64(let it): return number("u64", it)
    case .f32(let it): return it.isNaN ? case_("f32", .string("nan")) : number("f32", it.bitPattern)
    case .f64(let it): return it.isNaN ? case_("f64", .string("nan")) : number("f64", it.bitPattern)
    case .char(let it): return case_("char", .string(String(it)))
    case .string(let it): return case_("string", .string(it))
    case .bytes(let it): return case_("bytes", .string(hex(Data(it))))
    case .s8s, .s16s, .u16s, .s32s, .u32s, .s64s, .u64s, .f32s, .f64s, .list:
      return case_("list", .array((value.elements ?? []).map { asCase($0) }))
    case .map(let it):
      let entries = it.sorted { "\($0.key)" < "\($1.key)" }
      return case_("map", .array(entries.map { .array([asCase($0.key), asCase($0.value)]) }))
    case .tuple(let it): return case_("tuple", .array(it.map { asCase($0) }))
    case .record(let it):
      return case_("record", .array(zip(it.names, it.values).map { .array([.string($0), asCase($1)]) }))
    case .variant(let name, let it): return case_("variant", .string(name), payload(it))
    case .enum(let name): return case_("enum", .string(name))
    case .flags(let names): return case_("flags", .array(names.sorted().map { .string($0) }))
    case .option(nil): return case_("none")
    case .option(let it?): return case_("some", asCase(it))
    case .ok(let it): return case_("ok", payload(it))
    case .error(let it): return case_("err", payload(it))
    case .resource: return case_("resource")
    case .stream: return case_("stream")
    case .future: return case_("future")
    case .source: return case_("source")
    case .object(let object):
      let text = hostObjects.first { $0.value === object }?.key
      return text.map { case_("object", .string($0)) } ?? case_("another object")
    }
  }
}

extension JSON {
  /// The same, with the names of flags in their own order: a set has none.
  var withSortedFlags: JSON {
    guard let parts = array else { return self }
    if parts.count == 2, parts[0] == .string("flags"), let names = parts[1].array {
      return .array([parts[0], .array(names.compactMap(\.string).sorted().map { .string($0) })])
    }
    return .array(parts.map(\.withSortedFlags))
  }
}
