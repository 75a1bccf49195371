// swift-tools-version: 6.0

import PackageDescription

// One program a file. Run one with `swift run basic_memory`.
let examples = [
  "basic_memory", "module_memory", "shared_memory", "growth_and_bounds", "direct_access", "inspection", "format_json",
  "host_functions", "async_host", "service", "linker", "wasi", "limits", "components", "component_http",
  "component_typed", "plugin_host", "snapshot",
]

// Those that use generated types. A module cannot have the name of a type in it: the world is `Drawing`.
let typed = ["component_typed", "plugin_host"]

let package = Package(
  name: "examples",
  platforms: [.macOS(.v13)],
  // A link to `swift`: SwiftPM tells packages apart by the name of their folder, and this one's is the same.
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: [
    .target(
      name: "DrawingBindings",
      dependencies: [.product(name: "TrimaranComponent", package: "Trimaran")],
      path: "drawing"
    )
  ]
    + examples.map { name in
      .executableTarget(
        name: name,
        dependencies: [
          .product(
            name: name.hasPrefix("component") || typed.contains(name) ? "TrimaranComponent" : "Trimaran",
            package: "Trimaran"
          )
        ] + (typed.contains(name) ? ["DrawingBindings"] : []),
        path: ".",
        exclude: ["Trimaran", "drawing"] + examples.filter { $0 != name }.map { "\($0).swift" },
        sources: ["\(name).swift"]
      )
    }
)
