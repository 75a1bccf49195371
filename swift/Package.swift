// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "Trimaran",
  platforms: [.macOS(.v13), .iOS(.v16)],
  products: [
    .library(name: "Trimaran", targets: ["Trimaran"]),
    .executable(name: "trimaran", targets: ["TrimaranCLI"]),
  ],
  targets: [
    // What people use.
    .target(
      name: "Trimaran",
      dependencies: ["TrimaranGenerated", "CTrimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // The command line.
    .executableTarget(
      name: "TrimaranCLI",
      dependencies: ["Trimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // What UniFFI makes of the core; `prepare` puts it there. Its output is not written for Swift 6 mode.
    .target(
      name: "TrimaranGenerated",
      dependencies: ["CTrimaran"],
      swiftSettings: [.swiftLanguageMode(.v5)]
    ),
    // The native library. pkg-config says where it is, so that packages that use this one need no unsafe
    // flags: put the folder of `trimaran.pc` into PKG_CONFIG_PATH.
    .systemLibrary(name: "CTrimaran", path: "Sources/CTrimaran", pkgConfig: "trimaran"),
  ]
)
