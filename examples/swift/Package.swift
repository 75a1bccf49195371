// swift-tools-version: 6.0

import PackageDescription

// One program a file. Run one with `swift run basic_memory`.
let examples = [
  "basic_memory", "module_memory", "shared_memory", "growth_and_bounds", "direct_access", "inspection", "format_json",
  "host_functions", "linker", "wasi", "limits", "components", "component_http",
]

let package = Package(
  name: "examples",
  platforms: [.macOS(.v13)],
  // A link to `swift`: SwiftPM tells packages apart by the name of their folder, and this one's is the same.
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: examples.map { name in
    .executableTarget(
      name: name,
      dependencies: [
        .product(name: name.hasPrefix("component") ? "TrimaranComponent" : "Trimaran", package: "Trimaran")
      ],
      path: ".",
      exclude: ["Trimaran"] + examples.filter { $0 != name }.map { "\($0).swift" },
      sources: ["\(name).swift"]
    )
  }
)
