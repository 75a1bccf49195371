// swift-tools-version: 6.2

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
      swiftSettings: [.swiftLanguageMode(.v6)],
      linkerSettings: ["m", "dl", "pthread", "gcc_s"].map { .linkedLibrary($0, .when(platforms: [.linux])) }
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
    .binaryTarget(
      name: "CTrimaran",
      url: "@URL@",
      checksum: "@CHECKSUM@"
    ),
  ]
)
