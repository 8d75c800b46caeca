// swift-tools-version: 6.2
import PackageDescription

// A manifest is compiled for the machine that builds, so a cross build names its target in TTAME_ARCH.
#if arch(arm64)
  let hostArchitecture = "aarch64"
#else
  let hostArchitecture = "x86_64"
#endif
let isARM = (Context.environment["TTAME_ARCH"] ?? hostArchitecture) == "aarch64"

/// One instruction-set tier: the sources of `Sources/Kernels/Tier`, compiled for one CPU level.
///
/// SwiftPM wants a path of its own for each target, so every tier's path is a symbolic link to the same folder.
/// `base` names the tier whose sources this one compiles too, where it only has more instructions.
func tier(_ name: String, _ flags: [String], base: String? = nil) -> Target {
  .target(
    name: "Kernels\(name)",
    dependencies: ["CShim"],
    path: "Sources/Kernels/\(name)",
    exclude: isARM ? ["VectorX86.swift"] : ["VectorARM.swift", "ProductsARM.swift", "GemmPacked.swift"],
    swiftSettings: [
      .define("TIER_\(name)"), .define("TIER_\(base ?? name)"),
      .unsafeFlags(["-Ounchecked", "-Xllvm", "-unroll-threshold=400"] + flags.flatMap { ["-Xcc", $0] }),
    ])
}

let x86Tiers: [Target] = [
  tier("SSE4", ["-march=x86-64-v2"]),
  tier("AVX2", ["-march=x86-64-v3"]),
  tier("AVXVNNI", ["-march=x86-64-v3", "-mavxvnni"]),
  tier("AVX512VNNI", ["-march=x86-64-v4", "-mavx512vnni"]),
  tier("AVX512BF16", ["-march=x86-64-v4", "-mavx512vnni", "-mavx512bf16"], base: "AVX512VNNI"),
]

let armTiers: [Target] = [
  tier("NEON", ["-march=armv8-a"]),
  tier("DOTPROD", ["-march=armv8.2-a+dotprod"]),
  tier("I8MM", ["-march=armv8.2-a+dotprod+i8mm"]),
]

let tiers: [Target] = isARM ? armTiers : x86Tiers

/// What the dispatch leaves to the tiers' targets, and the other architecture's table.
let notDispatch: [String] =
  ["SSE4", "AVX2", "AVXVNNI", "AVX512VNNI", "AVX512BF16", "NEON", "DOTPROD", "I8MM", "Tier"]
  + ["Runtime/TierFunctions\(isARM ? "X86" : "ARM").swift"]
let tierModules: [Target.Dependency] = tiers.map { .target(name: $0.name) }

/// The Makefile tells the commit that is built; `swift build` alone does not know it.
let commit = (Context.environment["TTAME_COMMIT"] ?? "").filter { $0.isLetter || $0.isNumber || $0 == "-" }

let package = Package(
  name: "ttame-lite",
  products: [
    .executable(name: "ttame-lite", targets: ["ttame-lite"]),
    .library(name: "Explain", targets: ["Explain"]),
    .library(name: "ttame", type: .static, targets: ["libttame"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: tiers + [
    .target(name: "CShim", cSettings: commit.isEmpty ? [] : [.define("TTAME_COMMIT", to: "\"\(commit)\"")]),
    .systemLibrary(name: "CDeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CTurboJPEG", providers: [.apt(["libturbojpeg0-dev"])]),
    .target(
      name: "Kernels",
      dependencies: ["CShim"] + tierModules,
      exclude: notDispatch,
      swiftSettings: [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]),
    .target(name: "Explain", dependencies: ["CShim", "Kernels", "CDeflate", "CPNG", "CTurboJPEG"]),
    .target(name: "CTTAME"),
    .target(name: "libttame", dependencies: ["CTTAME", "Explain"]),
    .executableTarget(
      name: "ttame-lite",
      dependencies: [
        "CShim", "Explain", "Kernels", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      linkerSettings: [
        .unsafeFlags(
          [
            "-static-executable", "-Xlinker", "-s", "-Xlinker", "--wrap=swift_slowAlloc", "-lswiftSynchronization",
            "-l_FoundationCollections",
            "-l_FoundationCShims",
          ], .when(platforms: [.linux], configuration: .release))
      ]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "CShim"]),
    .testTarget(name: "ExplainTests", dependencies: ["Explain", "CTTAME", "libttame"]),
    .testTarget(name: "CommandTests", dependencies: ["Explain"]),
  ]
)
