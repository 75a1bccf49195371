// swift-tools-version: 6.0

// Written by tools/release of https://github.com/trimaran/trimaran: changes are made there.

import PackageDescription

let package = Package(
  name: "Trimaran",
  platforms: [.macOS(.v13), .iOS(.v16)],
  products: [
    .library(name: "Trimaran", targets: ["Trimaran"]),
    .library(name: "TrimaranComponent", targets: ["TrimaranComponent"]),
    .library(name: "TrimaranFoundation", targets: ["TrimaranFoundation"]),
    .executable(name: "trimaran", targets: ["TrimaranCLI"]),
  ],
  targets: [
    .target(
      name: "Trimaran",
      dependencies: ["CTrimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    .target(
      name: "TrimaranComponent",
      dependencies: ["Trimaran", "CTrimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    .target(
      name: "TrimaranFoundation",
      dependencies: ["Trimaran", "TrimaranComponent"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    .executableTarget(
      name: "TrimaranCLI",
      dependencies: ["Trimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // Before Swift 6.2 no artifact bundle has a library: pkg-config finds it, by the folder of `trimaran.pc` in
    // PKG_CONFIG_PATH.
    .systemLibrary(name: "CTrimaran", path: "Sources/CTrimaran", pkgConfig: "trimaran"),
  ]
)
