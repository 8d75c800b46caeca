// swift-tools-version: 6.2
import PackageDescription

/// One instruction-set tier: the sources of `Sources/Kernels/Tier`, compiled for one CPU level.
///
/// SwiftPM wants a path of its own for each target, so every tier's path is a symbolic link to the same folder.
/// `base` names the tier whose sources this one compiles too, where it only has more instructions.
func tier(_ name: String, _ flags: [String], base: String? = nil) -> Target {
  .target(
    name: "Kernels\(name)",
    dependencies: ["CShim"],
    path: "Sources/Kernels/\(name)",
    swiftSettings: [
      .define("TIER_\(name)"), .define("TIER_\(base ?? name)"),
      .unsafeFlags(["-Ounchecked", "-Xllvm", "-unroll-threshold=400"] + flags.flatMap { ["-Xcc", $0] }),
    ])
}

let tiers: [Target] = [
  tier("SSE4", ["-march=x86-64-v2"]),
  tier("AVX2", ["-march=x86-64-v3"]),
  tier("AVXVNNI", ["-march=x86-64-v3", "-mavxvnni"]),
  tier("AVX512VNNI", ["-march=x86-64-v4", "-mavx512vnni"]),
  tier("AVX512BF16", ["-march=x86-64-v4", "-mavx512vnni", "-mavx512bf16"], base: "AVX512VNNI"),
]

let package = Package(
  name: "ttame-lite",
  products: [
    .executable(name: "ttame-lite", targets: ["ttame-lite"]),
    .library(name: "Explain", targets: ["Explain"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: tiers + [
    .target(name: "CShim"),
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CTurboJPEG", providers: [.apt(["libturbojpeg0-dev"])]),
    .target(
      name: "Kernels",
      dependencies: ["CShim"] + tiers.map { .target(name: $0.name) },
      exclude: ["Tier"] + tiers.map { String($0.name.dropFirst("Kernels".count)) },
      swiftSettings: [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]),
    .target(name: "Explain", dependencies: ["Kernels", "CPNG", "CTurboJPEG"]),
    .executableTarget(
      name: "ttame-lite",
      dependencies: [
        "CShim", "Explain", "Kernels", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      linkerSettings: [
        .unsafeFlags(
          [
            "-static-executable", "-Xlinker", "-s", "-lswiftSynchronization", "-l_FoundationCollections",
            "-l_FoundationCShims",
          ], .when(platforms: [.linux], configuration: .release))
      ]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "CShim"]),
    .testTarget(name: "ExplainTests", dependencies: ["Explain"]),
    .testTarget(name: "CommandTests", dependencies: ["Explain"]),
  ]
)
