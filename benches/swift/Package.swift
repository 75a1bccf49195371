// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "benches",
  platforms: [.macOS(.v13)],
  // A link to `swift`: SwiftPM tells packages apart by the name of their folder, and this one's is the same.
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [
        .product(name: "Trimaran", package: "Trimaran"), .product(name: "TrimaranComponent", package: "Trimaran"),
      ],
      path: ".",
      exclude: ["Trimaran"],
      sources: ["main.swift", "Surface.swift", "Component.swift"]
    )
  ]
)
