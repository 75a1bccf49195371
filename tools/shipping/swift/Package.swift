// swift-tools-version: 6.2

// Written by tools/release of https://github.com/trimaran/trimaran: changes are made there.

import PackageDescription

// The native library: for Linux an artifact bundle, for Apple's platforms an xcframework, which comes with a privacy manifest.
#if os(Linux)
  let native: Target = .binaryTarget(
    name: "CTrimaran",
    url: "@RELEASE@/CTrimaran.artifactbundle.zip",
    checksum: "@BUNDLE@"
  )
  let resources: [Resource] = []
  let excluded = ["PrivacyInfo.xcprivacy"]
#else
  let native: Target = .binaryTarget(
    name: "CTrimaran",
    url: "@RELEASE@/CTrimaran.xcframework.zip",
    checksum: "@XCFRAMEWORK@"
  )
  let resources: [Resource] = [.copy("PrivacyInfo.xcprivacy")]
  let excluded: [String] = []
#endif

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
    .target(
      name: "Trimaran",
      dependencies: ["CTrimaran"],
      exclude: excluded,
      resources: resources,
      swiftSettings: [.swiftLanguageMode(.v6)],
      linkerSettings: ["m", "dl", "pthread", "gcc_s"].map { .linkedLibrary($0, .when(platforms: [.linux])) }
        + ["iconv", "objc"].map { .linkedLibrary($0, .when(platforms: [.macOS, .iOS])) }
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
    // Makes typed bindings of components when a target is built.
    .plugin(name: "TrimaranBindgen", capability: .buildTool(), dependencies: ["TrimaranCLI"]),
    native,
  ]
)
