// Has a component answer HTTP requests, each in a store of its own: component_serve COMPONENT.

import TrimaranComponent

/// What it gives is called with each piece of the body, while the guest writes on.
@Sendable func respond(_ head: ResponseHead) -> IncomingHandler.Write {
  print("  \(head.status) (\(head.headers.map { "\($0.name): \($0.text)" }.joined(separator: ", ")))")
  return { piece in print("  \(String(decoding: piece, as: UTF8.self))") }
}

let engine = try Engine(Config.untrusted)
let linker = try Linker(engine)
try linker.defineWasi()
let pre = try linker.instantiatePre(Component(engine, fromFile: CommandLine.arguments[1]))

let handler = try IncomingHandler(pre, timeout: .milliseconds(200)) {
  let store = try Store(engine)
  try store.setLimits(.untrusted)
  return store
}
for (method, path) in [("POST", "/echo"), ("GET", "/authority"), ("GET", "/trap"), ("GET", "/spin")] {
  print("\(method) \(path)")
  let headers = [try HttpHeader("x-echo", "1")]
  let request = IncomingRequest(method, path, authority: "example.com", headers: headers, body: .text("hello"))
  do {
    for header in try handler.handle(request, respond: respond) { print("  \(header.name): \(header.text)") }
  } catch WasmtimeError.trap(_, _, .timeLimit, _) {
    print("  the guest took too long")
  } catch WasmtimeError.trap(_, let reason, _, _) {
    print("  \(reason)")
  }
}
