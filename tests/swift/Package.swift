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
    .testTarget(
      name: "TrimaranTests",
      dependencies: [
        .product(name: "Trimaran", package: "Trimaran"),
        .product(name: "TrimaranComponent", package: "Trimaran"),
        .product(name: "TrimaranFoundation", package: "Trimaran"),
      ],
      path: ".",
      exclude: ["Trimaran", "run"]
    )
  ]
)
