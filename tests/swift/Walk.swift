import Foundation
import Testing

@testable import Trimaran
@testable import TrimaranComponent

/// An operation that the core exports, whose call the generator wrote, with arguments that a `Given` gives it.
struct Walk: Sendable, CustomStringConvertible {
  let description: String
  let isMethod: Bool
  /// How many parameters it has.
  let count: Int
  let call: @Sendable (Given) throws -> Void

  init(_ title: String, isMethod: Bool, count: Int, _ call: @escaping @Sendable (Given) throws -> Void) {
    (description, self.isMethod, self.count, self.call) = (title, isMethod, count, call)
  }

  /// Whether it closes what it is called on.
  var closes: Bool { description.hasSuffix(".release") }
  /// Where something may be wrong: in each argument, and in what it is called on.
  var places: Range<Int> { (isMethod ? Given.receiver : 0)..<count }
}

/// An object of the core.
final class Held<Value: ~Copyable>: @unchecked Sendable {
  let core: Value

  init(_ core: consuming Value) {
    self.core = core
  }
}

/// What a test needs, and what has no reason to fail.
func must<Value>(_ make: () throws -> Value) -> Value {
  do { return try make() } catch { fatalError("\(error)") }
}

/// An object of each class, in a store of their own; each is made when it is asked for. One thread uses it.
final class Objects: @unchecked Sendable {
  static let shared = Objects.makeEngine()
  static let other = Objects.makeEngine()
  private static let guest = """
    (module (memory (export "m") 1 4) (table (export "t") 2 4 funcref) (func (export "f"))
      (global (export "g") (mut i32) (i32.const 1)))
    """

  static func makeEngine() -> Held<Core.Engine> {
    var config = Config()
    config.target = testTarget
    (config.epochInterruption, config.consumeFuel, config.wasmExceptions) = (true, true, true)
    (config.wasmGC, config.sharedMemory) = (true, true)
    return must { Held(try Core.Engine(config: config)) }
  }

  private static let component = """
    (component
      (type $r' (resource (rep i32)))
      (core func $new (canon resource.new $r'))
      (core module $m (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (result i32) (call $new (i32.const 7))))
      (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
      (export $r "r" (type $r'))
      (func (export "m") (result (own $r)) (canon lift (core func $m "make"))))
    """

  let engine: Held<Core.Engine>
  private let home: Store
  let store: Held<Core.Store>

  init(_ engine: Held<Core.Engine> = shared) {
    self.engine = engine
    home = must { try Store(Engine(Core.Engine(engine.core.kept()))) }
    store = Held(Core.Store(home.core.kept()))
  }

  private(set) lazy var component = must {
    Held(try Core.Component(engine: engine.core, bytes: Self.bytes(Self.component)))
  }
  private(set) lazy var componentLinker = must { Held(try Core.ComponentLinker(engine: engine.core)) }
  private(set) lazy var componentInstancePre = must {
    Held(try componentLinker.core.instantiatePre(component: component.core))
  }
  private(set) lazy var componentInstance = must {
    Held(try componentLinker.core.instantiate(store: store.core, component: component.core))
  }
  private(set) lazy var componentFunc = must {
    Held(try componentInstance.core.func(store: store.core, path: ["m"]))
  }
  private(set) lazy var componentResource = must {
    try home.setFuel(100_000)
    let made = try TrimaranComponent.Func(Core.ComponentFunc(componentFunc.core.kept())).call(home, [])
    return Held(Core.ComponentResource(try Resource(made ?? nil).core.kept()))
  }
  static var request: Core.ServedRequest {
    Core.ServedRequest(
      method: "GET",
      scheme: "http",
      authority: "a",
      pathWithQuery: "/",
      headers: [],
      body: .bytes(bytes: []),
      sink: Core.OutputSink { _ in }
    )
  }
  private(set) lazy var componentServing = must { Held(try Core.ComponentServing(request: Objects.request)) }
  /// A request that was answered.
  private(set) lazy var httpRequest = must {
    var config = Config()
    config.target = testTarget
    let engine = try Engine(config)
    let store = try Store(engine)
    let kept = Kept<HttpRequest>()
    try store.setWasi {
      $0.http = .callback { request in
        kept.value = request
        return HttpResponse(200)
      }
    }
    let linker = try TrimaranComponent.Linker(engine)
    try linker.defineWasi()
    let file = folder("modules").appendingPathComponent("component_http.wat").path
    let guest = try linker.instantiate(store, Component(engine, fromFile: file))
    _ = try guest.function(store, "header").call(store, ["example.com", "x"])
    guard let request = kept.value else { throw Problem("the guest asked for nothing") }
    return Held(Core.HttpRequest(request.core.kept()))
  }
  private static let streams = """
    (component
      (type $s (stream u8))
      (core func $s (canon stream.new $s))
      (core module $m (import "" "s" (func $s (result i64)))
        (func (export "s") (result i32) (i32.wrap_i64 (call $s))))
      (core instance $m (instantiate $m (with "" (instance (export "s" (func $s))))))
      (func (export "s") (result $s) (canon lift (core func $m "s"))))
    """
  /// It needs an engine of its own.
  private(set) lazy var componentStream = must {
    var config = Config()
    (config.target, config.wasmComponentModelAsync) = (testTarget, true)
    let engine = try Engine(config)
    let store = try Store(engine)
    let guest = try TrimaranComponent.Linker(engine).instantiate(store, Component(engine, Self.streams))
    let stream: ComponentStream = try guest.function(store, "s")(store)
    return Held(Core.ComponentStream(stream.end.core.kept()))
  }
  private(set) lazy var componentResourceType = must { Held(try Core.ComponentResourceType.host()) }

  private(set) lazy var module = must { Held(try Core.Module(engine: engine.core, bytes: Self.bytes("(module)"))) }
  private(set) lazy var linker = must { Held(try Core.Linker(engine: engine.core)) }
  private(set) lazy var instancePre = must { Held(try linker.core.instantiatePre(module: module.core)) }
  private(set) lazy var instance = must {
    let guest = try Core.Module(engine: engine.core, bytes: Self.bytes(Self.guest))
    return Held(try Core.Instance(store: store.core, module: guest, imports: []))
  }
  private(set) lazy var function = Held(
    Core.Func(the { if case .function(let it) = $0 { it.core.kept() } else { nil } })
  )
  private(set) lazy var memory = Held(Core.Memory(the { if case .memory(let it) = $0 { it.core.kept() } else { nil } }))
  private(set) lazy var table = Held(Core.Table(the { if case .table(let it) = $0 { it.core.kept() } else { nil } }))
  private(set) lazy var global = Held(Core.Global(the { if case .global(let it) = $0 { it.core.kept() } else { nil } }))
  private(set) lazy var tag = must { Held(try Core.Tag(store: store.core, ty: TagType(FuncType([], [])))) }
  private(set) lazy var reference = must { Held(try Core.Reference.ofI31(store: store.core, value: 7)) }
  private(set) lazy var interruptHandle = must { Held(try store.core.interruptHandle()) }
  /// Its store is closed, so that nothing is written.
  private(set) lazy var coreDump = must {
    let engine = try Engine { $0.coredumpOnTrap = true }
    let error = failure { try Instance(Store(engine), Module(engine, "(module (func $f unreachable) (start $f))")) }
    return Held(Core.CoreDump(try #require(error?.frames.first?.coreDump).core.kept()))
  }
  private(set) lazy var profiler = must {
    Held(try Core.Profiler(store: Core.Store(engine: engine.core), milliseconds: nil, maxSamples: nil))
  }
  private(set) lazy var debugInfo = must {
    let file = folder("modules").appendingPathComponent("divide.wasm").path
    let found = try Module(Trimaran.Engine(), fromFile: file).debugInfo
    return Held(Core.DebugInfo(try #require(found).core.kept()))
  }
  private(set) lazy var memoryDirectory = must {
    Held(try Core.MemoryDirectory(files: [Core.MemoryFile(name: "m", bytes: [1])], maxBytes: nil, maxFiles: nil))
  }
  private(set) lazy var streamPort = must {
    let function = try Func(home, FuncType([.i32], [])) { (_: AsyncCaller, _: [Val]) async throws -> [Val] in [] }
    return Held(try Core.StreamPort(store: store.core, func: function.core))
  }
  private(set) lazy var outputPipe = must { Held(try Core.OutputPipe(capacity: nil)) }
  private(set) lazy var sharedMemory = must {
    Held(try Core.SharedMemory(engine: Self.threaded.core, ty: MemoryType(Limits(1, 2), shared: true)))
  }

  /// The interpreter has no shared memories.
  private static let threaded: Held<Core.Engine> = {
    guard isInterpreter else { return shared }
    var config = Config()
    config.wasmThreads = true
    return must { Held(try Core.Engine(config: config)) }
  }()

  /// What the instance exports of that kind.
  private func the(_ kind: (Extern) -> OpaquePointer?) -> OpaquePointer {
    let exports = must { try instance.core.exports(store: store.core) }
    for case let found? in exports.map({ kind($0.item) }) { return found }
    fatalError("the guest exports no such thing")
  }

  /// The bytes of a text, which live for ever.
  static func bytes(_ text: String) -> UnsafeRawBufferPointer {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    room.copyBytes(from: text.utf8)
    return UnsafeRawBufferPointer(room)
  }
}

/// The arguments of one call: in one place something is wrong, and everything else is right.
final class Given {
  /// The place of what an operation is called on.
  static let receiver = -1

  let world: Objects
  private let place: Int
  private let number: Int
  /// How many of the numbers are none's.
  private var shift = 0
  /// Whether there is nothing more that may be wrong in this place.
  private(set) var isExhausted = false
  /// What is wrong, and whether it has to fail.
  private(set) var what = "nothing"
  private(set) var mustFail = false

  init(_ world: Objects, wrong place: Int, _ number: Int) {
    (self.world, self.place, self.number) = (world, place, number)
  }

  // MARK: Values

  private func choose<Value>(_ place: Int, _ good: Value, _ bad: [Value]) -> Value {
    guard place == self.place else { return good }
    guard bad.indices.contains(number - shift) else {
      isExhausted = true
      return good
    }
    what = "\(bad[number - shift])"
    return bad[number - shift]
  }

  func bool(_ place: Int) -> Bool { choose(place, true, [false]) }

  /// To wait for the value that is expected would be for ever.
  func int<Number: FixedWidthInteger>(_ place: Int, _ name: String) -> Number {
    let bad: [Number] = [0, 1, Number.min, Number.max, Number.max / 2, Number(truncatingIfNeeded: -1)]
    return choose(place, name == "expected" ? 1 : 0, bad)
  }

  func float<Number: BinaryFloatingPoint>(_ place: Int) -> Number {
    choose(place, 0, [.nan, .infinity, .greatestFiniteMagnitude])
  }

  func text(_ place: Int) -> String {
    let text = choose(place, "m", ["", "\0", "no such thing", String(repeating: "ü", count: 100_000)])
    guard writesFiles else { return text }
    return FileManager.default.temporaryDirectory.appendingPathComponent("trimaran-walk-").path + text
  }

  /// What it is called on writes files, which lie where they are in nobody's way.
  private var writesFiles = false

  func bytes(_ place: Int) -> UnsafeRawBufferPointer { choose(place, Self.module, Self.strange) }

  // Bytes that nothing changes.
  nonisolated(unsafe) private static let module = Objects.bytes("(module)")
  nonisolated(unsafe) private static let strange =
    ["", "\0asm", String(repeating: "x", count: 70_000)].map(Objects.bytes)

  func option<Value>(_ place: Int, _ value: () -> Value) -> Value? {
    guard place == self.place else { return value() }
    if number == 0 { return nil }
    shift = 1
    return value()
  }

  func list<Value>(_ place: Int, _ item: () -> Value) -> [Value] { place == self.place ? [item()] : [] }

  func value(_ place: Int) -> Config {
    var config = Config()
    config.target = testTarget
    var strange = config
    (strange.target, strange.maxWasmStack) = ("no such target", 0)
    return choose(place, config, [strange])
  }

  func value(_ place: Int) -> StoreLimits {
    var strange = StoreLimits()
    (strange.memorySize, strange.instances) = (0, 0)
    return choose(place, StoreLimits(), [strange])
  }

  func value(_ place: Int) -> WasiConfig {
    var strange = WasiConfig()
    strange.preopens = [Preopen("no such folder", as: "/")]
    return choose(place, WasiConfig(), [strange])
  }

  func value(_ place: Int) -> Core.HttpResponse {
    let good = Core.HttpResponse(status: 200, headers: [], body: .bytes(bytes: []), trailers: [])
    let header = Core.HttpHeader(name: "a b", value: [])
    return choose(place, good, [Core.HttpResponse(status: 1, headers: [header], body: good.body, trailers: [])])
  }

  func value(_ place: Int) -> Core.ServedRequest {
    let good = Objects.request
    var wrong = good
    wrong.method = "a b"
    return choose(place, good, [wrong])
  }

  func value(_ place: Int) -> WasiHttp { choose(place, .callback { _ in throw HttpError("internal-error") }, []) }

  func value(_ place: Int) -> Core.EventListening {
    choose(place, Core.EventListening(listener: Core.EventListener { _ in }, calls: true), [])
  }

  func value(_ place: Int) -> FuncType {
    let many = Array(repeating: ValType.i64, count: 2_000)
    return choose(place, FuncType([], []), [FuncType(many, many)])
  }

  func value(_ place: Int) -> GlobalType { choose(place, GlobalType(.i32, mutable: true), [GlobalType(.v128)]) }

  func value(_ place: Int) -> MemoryType {
    choose(place, MemoryType(Limits(1, 2)), [0, 1 << 60, .max].map { MemoryType(Limits($0)) })
  }

  func value(_ place: Int) -> TableType {
    let sizes: [UInt64] = [0, 1 << 60, .max]
    let strange = sizes.map { TableType(RefType(.extern), Limits($0)) }
    return choose(place, TableType(RefType(.func), Limits(1, 2)), strange)
  }

  func value(_ place: Int) -> TagType { choose(place, TagType(FuncType([], [])), [TagType(FuncType([.i32], [.i32]))]) }

  func value(_ place: Int) -> RefType {
    choose(place, RefType(.func), [RefType(.none, nullable: false), RefType(.any)])
  }

  func value(_ place: Int) -> Core.Val {
    choose(place, .i32(value: 7), [.f64(bits: 7), .v128(low: 0, high: 0), .funcRef(func: nil), .null])
  }

  func value(_ place: Int) -> Core.MemoryFile {
    let strange = ["", "/b", "../b", "a/b"].map { Core.MemoryFile(name: $0, bytes: []) }
    return choose(place, Core.MemoryFile(name: "b", bytes: [1]), strange)
  }

  func value(_ place: Int) -> Core.ComponentMistake {
    choose(place, .length(found: 7), [.missingField(name: ""), .kind(expected: .func, found: "")])
  }

  func value(_ place: Int) -> Core.ComponentTypes {
    let types = must { try world.component.core.types() }
    return choose(
      place,
      types,
      [Core.ComponentTypes(nodes: [], at: 0), Core.ComponentTypes(nodes: types.nodes, at: .max)]
    )
  }

  func value(_ place: Int) -> Extern {
    .memory(Trimaran.Memory(Core.Memory(memory(place).core.kept())))
  }

  func value(_ place: Int) -> Trimaran.Module { Trimaran.Module(Core.Module(module(place).core.kept())) }

  // MARK: Objects

  /// An object; in the place where something is wrong one that is closed (or whose store is), or of another store or engine.
  private func object<Value: ~Copyable>(
    _ place: Int,
    _ get: (Objects) -> Held<Value>,
    _ close: (Objects) throws -> Void = { try $0.store.core.release() },
    on engine: Held<Core.Engine> = Objects.shared
  ) -> Held<Value> {
    guard place == self.place else { return get(world) }
    switch number - shift {
    case 0:
      (what, mustFail) = ("a closed object", true)
      // What is called on it has its own store as an argument, too.
      let world = place == Self.receiver ? self.world : Objects(engine)
      let found = get(world)
      must { try close(world) }
      return found
    case 1:
      what = "an object of another store"
      return get(Objects(world.engine))
    case 2:
      what = "an object of another engine"
      return get(Objects(Objects.other))
    case 3 where place != Self.receiver:
      what = "what others are, too"
      return get(world)
    default:
      isExhausted = true
      return get(world)
    }
  }

  func engine(_ place: Int) -> Held<Core.Engine> {
    let own = place == self.place && number == shift && place != Self.receiver ? Objects.makeEngine() : Objects.shared
    return object(place, \.engine, { try $0.engine.core.release() }, on: own)
  }

  func store(_ place: Int) -> Held<Core.Store> { object(place, \.store) }
  func module(_ place: Int) -> Held<Core.Module> { object(place, \.module, { try $0.module.core.release() }) }
  func linker(_ place: Int) -> Held<Core.Linker> { object(place, \.linker, { try $0.linker.core.release() }) }
  func instancePre(_ place: Int) -> Held<Core.InstancePre> {
    object(place, \.instancePre, { try $0.instancePre.core.release() })
  }
  func component(_ place: Int) -> Held<Core.Component> {
    object(place, \.component, { try $0.component.core.release() })
  }
  func componentLinker(_ place: Int) -> Held<Core.ComponentLinker> {
    object(place, \.componentLinker, { try $0.componentLinker.core.release() })
  }
  func componentInstancePre(_ place: Int) -> Held<Core.ComponentInstancePre> {
    object(place, \.componentInstancePre, { try $0.componentInstancePre.core.release() })
  }
  func componentInstance(_ place: Int) -> Held<Core.ComponentInstance> { object(place, \.componentInstance) }
  func componentFunc(_ place: Int) -> Held<Core.ComponentFunc> { object(place, \.componentFunc) }
  func httpRequest(_ place: Int) -> Held<Core.HttpRequest> {
    // It belongs to no store.
    guard place == self.place, number > shift else { return world.httpRequest }
    isExhausted = true
    return world.httpRequest
  }
  func componentResource(_ place: Int) -> Held<Core.ComponentResource> { object(place, \.componentResource) }
  func componentServing(_ place: Int) -> Held<Core.ComponentServing> {
    // It belongs to no store.
    if place == self.place, number > shift { isExhausted = true }
    return world.componentServing
  }
  func componentStream(_ place: Int) -> Held<Core.ComponentStream> { object(place, \.componentStream) }
  func componentResourceType(_ place: Int) -> Held<Core.ComponentResourceType> {
    // It belongs to no store.
    guard place == self.place, number > shift else { return world.componentResourceType }
    isExhausted = true
    return world.componentResourceType
  }
  func instance(_ place: Int) -> Held<Core.Instance> { object(place, \.instance) }
  func `func`(_ place: Int) -> Held<Core.Func> { object(place, \.function) }
  func memory(_ place: Int) -> Held<Core.Memory> { object(place, \.memory) }
  func table(_ place: Int) -> Held<Core.Table> { object(place, \.table) }
  func global(_ place: Int) -> Held<Core.Global> { object(place, \.global) }
  func tag(_ place: Int) -> Held<Core.Tag> { object(place, \.tag) }
  func reference(_ place: Int) -> Held<Core.Reference> { object(place, \.reference) }
  func interruptHandle(_ place: Int) -> Held<Core.InterruptHandle> { object(place, \.interruptHandle) }
  func coreDump(_ place: Int) -> Held<Core.CoreDump> { object(place, \.coreDump) }
  func profiler(_ place: Int) -> Held<Core.Profiler> {
    writesFiles = true
    return object(place, \.profiler)
  }
  func debugInfo(_ place: Int) -> Held<Core.DebugInfo> { object(place, \.debugInfo) }
  func memoryDirectory(_ place: Int) -> Held<Core.MemoryDirectory> { object(place, \.memoryDirectory) }
  func streamPort(_ place: Int) -> Held<Core.StreamPort> { object(place, \.streamPort) }
  func outputPipe(_ place: Int) -> Held<Core.OutputPipe> { object(place, \.outputPipe) }
  func sharedMemory(_ place: Int) -> Held<Core.SharedMemory> {
    object(place, \.sharedMemory, { try $0.sharedMemory.core.release() })
  }
}
