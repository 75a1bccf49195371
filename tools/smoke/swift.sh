# Sourced by the tools beside it: a program in Swift, and the package as a release leaves it.

# swift_program FOLDER ADDRESS: writes a package with a program there, whose one dependency is at that address.
swift_program() {
    mkdir -p "$1/Sources/App"
    cat >"$1/Package.swift" <<END
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "App",
  dependencies: [.package(url: "$2", from: "$version")],
  targets: [.executableTarget(name: "App", dependencies: [.product(name: "Trimaran", package: "trimaran-swift")])]
)
END
    cat >"$1/Sources/App/main.swift" <<'END'
import Trimaran

let engine = try Engine()
let store = try Store(engine)
let module = try Module(
  engine, #"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#)
let sum: Int = try Instance(store, module).function(store, "add")(store, 40, 2)
print(sum)
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
