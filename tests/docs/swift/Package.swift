// swift-tools-version: 6.0

import PackageDescription

// One program for each page that has Swift in it. The test puts their names in, and a link to `swift` beside this file.
let programs: [String] = [/* programs */]

let package = Package(
  name: "pages",
  platforms: [.macOS(.v13)],
  dependencies: [.package(name: "Trimaran", path: "Trimaran")],
  targets: programs.map { name in
    .executableTarget(
      name: name,
      dependencies: [
        .product(name: "Trimaran", package: "Trimaran"),
        .product(name: "TrimaranComponent", package: "Trimaran"),
        .product(name: "TrimaranFoundation", package: "Trimaran"),
      ],
      path: name
    )
  }
)
