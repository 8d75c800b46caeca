// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that neither the product nor its manifest knows anything of fuzzing; `Tools/fuzz.sh` builds it.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "ttame-lite", path: "../..")],
  targets: [
    .systemLibrary(name: "CFuzzer"),
    .executableTarget(name: "fuzz", dependencies: ["CFuzzer", .product(name: "Explain", package: "ttame-lite")]),
  ]
)
