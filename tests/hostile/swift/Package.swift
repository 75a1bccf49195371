// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "hostile",
  platforms: [.macOS(.v13)],
  // A link to `swift`: SwiftPM tells packages apart by the name of their folder, and this one's is the same.
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: [
    .executableTarget(
      name: "hostile",
      dependencies: [
        .product(name: "Trimaran", package: "Trimaran"),
        .product(name: "TrimaranComponent", package: "Trimaran"),
        .product(name: "TrimaranFoundation", package: "Trimaran"),
      ],
      path: ".",
      exclude: ["Trimaran"]
    )
  ]
)
