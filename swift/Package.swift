// swift-tools-version: 6.0

import PackageDescription

let package = Package(
  name: "Trimaran",
  platforms: [.macOS(.v13), .iOS(.v16)],
  products: [
    .library(name: "Trimaran", targets: ["Trimaran"]),
    .library(name: "TrimaranComponent", targets: ["TrimaranComponent"]),
    .library(name: "TrimaranFoundation", targets: ["TrimaranFoundation"]),
    .executable(name: "trimaran", targets: ["TrimaranCLI"]),
    .plugin(name: "TrimaranBindgen", targets: ["TrimaranBindgen"]),
  ],
  targets: [
    // What people use. `prepare` puts what is generated from the core into its folder `Generated`.
    .target(
      name: "Trimaran",
      dependencies: ["CTrimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // Components, in a module of their own: it has names that modules have, too.
    .target(
      name: "TrimaranComponent",
      dependencies: ["Trimaran", "CTrimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // What else there is for those who use Foundation.
    .target(
      name: "TrimaranFoundation",
      dependencies: ["Trimaran", "TrimaranComponent"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // The command line.
    .executableTarget(
      name: "TrimaranCLI",
      dependencies: ["Trimaran"],
      swiftSettings: [.swiftLanguageMode(.v6)]
    ),
    // Makes typed bindings of components when a target is built.
    .plugin(name: "TrimaranBindgen", capability: .buildTool(), dependencies: ["TrimaranCLI"]),
    // The native library. pkg-config says where it is, so that packages that use this one need no unsafe
    // flags: put the folder of `trimaran.pc` into PKG_CONFIG_PATH.
    .systemLibrary(name: "CTrimaran", path: "Sources/CTrimaran", pkgConfig: "trimaran"),
  ]
)
