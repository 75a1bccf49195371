// swift-tools-version: 6.0

import PackageDescription

// A package of its own, as a user has one: it shows that nobody needs unsafe flags to depend on Trimaran.
let package = Package(
  name: "TrimaranTests",
  // For `Int128`, which Trimaran itself does not need.
  platforms: [.macOS(.v15), .iOS(.v18)],
  // A link to `swift`: SwiftPM tells packages apart by the name of their folder, and this one's is the same.
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: [
    // What is made of the components there when it is built.
    .target(
      name: "Bindings",
      dependencies: [.product(name: "TrimaranComponent", package: "Trimaran")],
      path: "Bindings",
      plugins: [.plugin(name: "TrimaranBindgen", package: "Trimaran")]
    ),
    .testTarget(
      name: "TrimaranTests",
      dependencies: [
        "Bindings",
        .product(name: "Trimaran", package: "Trimaran"),
        .product(name: "TrimaranComponent", package: "Trimaran"),
        .product(name: "TrimaranFoundation", package: "Trimaran"),
      ],
      path: ".",
      exclude: ["Bindings", "Trimaran", "run"]
    ),
  ]
)
