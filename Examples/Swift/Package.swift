// swift-tools-version: 6.2
import PackageDescription

// A program of its own that uses the library in Swift. It names a checkout by its path, because SwiftPM lets only local packages
// choose compiler flags, which the kernels need.
let package = Package(
  name: "explain-example",
  dependencies: [.package(name: "ttame-lite", path: "../..")],
  targets: [
    .executableTarget(name: "explain", dependencies: [.product(name: "Explain", package: "ttame-lite")])
  ]
)
