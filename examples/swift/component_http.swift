// Answers the HTTP requests of a component, without a network: component_http COMPONENT.

import TrimaranComponent

let engine = try Engine()
let linker = try Linker(engine)
try linker.defineWasi()

let store = try Store(engine)
try store.setWasi {
  $0.http = .callback { request in
    print("\(request.method) \(request.url)")
    // What a guest may reach is up to this closure, and so is the client that it uses.
    if request.host != "api.example" { throw HttpError("HTTP-request-denied") }
    let text = String(decoding: try request.read(), as: UTF8.self)
    return HttpResponse(200, [try HttpHeader("content-type", "text/plain")], .text("\(text.count) letters"))
  }
}

let component = try Component(engine, fromFile: CommandLine.arguments[1])
let fetch = try linker.instantiate(store, component).function(store, "fetch")
for host in ["api.example", "other.example"] {
  switch try fetch.call(store, [.string(host), "/count?what=letters", .bytes(Array("hello".utf8)), false]) {
  case .ok(.bytes(let response)):
    let status = Int(response[0]) + 256 * Int(response[1])
    print("the guest got \(status): \(String(decoding: response.dropFirst(2), as: UTF8.self))")
  case .error(.u8(let code)): print("the guest got the error code \(code)")
  case let other: print("unexpected: \(String(describing: other))")
  }
}
