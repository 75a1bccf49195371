# Sourced by the tools beside it: a program in Swift, and the package as a release leaves it.

# swift_program FOLDER ADDRESS: writes a package with a program there, whose one dependency is at that address. It calls a module, and a
# component through bindings that the package's plugin makes of WIT.
swift_program() {
    mkdir -p "$1/Sources/App" "$1/Sources/AddingBindings"
    cat >"$1/Package.swift" <<END
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "App",
  platforms: [.macOS(.v13), .iOS(.v16)],
  dependencies: [.package(url: "$2", from: "$version")],
  targets: [
    .target(
      name: "AddingBindings",
      dependencies: [.product(name: "TrimaranComponent", package: "trimaran-swift")],
      plugins: [.plugin(name: "TrimaranBindgen", package: "trimaran-swift")]
    ),
    .executableTarget(
      name: "App",
      dependencies: [
        "AddingBindings",
        .product(name: "Trimaran", package: "trimaran-swift"),
        .product(name: "TrimaranComponent", package: "trimaran-swift"),
      ]
    ),
  ]
)
END
    echo '// The plugin makes what is in this module.' >"$1/Sources/AddingBindings/Bindings.swift"
    cat >"$1/Sources/AddingBindings/adding.wit" <<'END'
package example:adding;

world adding {
  export add: func(a: s32, b: s32) -> s32;
}
END
    cat >"$1/Sources/App/main.swift" <<'END'
import AddingBindings
import Trimaran
import TrimaranComponent

let adds = #"(func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))"#
let engine = try Engine()
let store = try Store(engine)
let sum: Int32 = try Trimaran.Instance(store, Module(engine, "(module \(adds))")).function(store, "add")(store, 40, 1)
let component = try Component(
  engine,
  """
  (component
    (core module $m \(adds))
    (core instance $m (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $m "add"))))
  """
)
print(try Adding.instantiate(store, component).add(a: sum, b: 1))
END
}

# swift_repository PACKAGE FOLDER: makes a repository of the package there: one commit, tagged with the version.
swift_repository() {
    cp -r "$1" "$2"
    local git=(git -C "$2" -c init.defaultBranch=main -c user.name=trimaran -c user.email=release@trimaran.dev)
    "${git[@]}" init --quiet
    "${git[@]}" add --all --force
    "${git[@]}" commit --quiet --message "$version"
    "${git[@]}" tag "$version"
}
