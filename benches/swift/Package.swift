// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "benches",
  platforms: [.macOS(.v13)],
  // A link to `swift`: SwiftPM tells packages apart by the name of their folder, and this one's is the same.
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: [
    // What is made of the component there when it is built.
    .target(
      name: "TypedBindings",
      dependencies: [.product(name: "TrimaranComponent", package: "Trimaran")],
      path: "typed",
      plugins: [.plugin(name: "TrimaranBindgen", package: "Trimaran")]
    ),
    .executableTarget(
      name: "bench",
      dependencies: [
        "TypedBindings",
        .product(name: "Trimaran", package: "Trimaran"), .product(name: "TrimaranComponent", package: "Trimaran"),
      ],
      path: ".",
      exclude: ["Trimaran", "typed"],
      sources: ["main.swift", "Surface.swift", "Component.swift", "Typed.swift", "Async.swift"]
    )
  ]
)
