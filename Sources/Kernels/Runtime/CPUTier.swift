import CShim

/// An instruction-set level that kernels are compiled for, from slowest to fastest.
public enum CPUTier: String, CaseIterable, Sendable, Comparable {
  /// Scalar Swift: the specification of every kernel.
  case reference
  case sse4
  case avx2
  case avxvnni
  case avx512vnni
  /// With the dot product of bf16, which training uses.
  case avx512bf16
  /// ARMv8.0: Cortex-A53, A72.
  case neon
  /// With `sdot`: Cortex-A55, A76, and most phones since.
  case dotprod
  /// With `smmla` too: Neoverse V1 and N2, Cortex-A710, and later.
  case i8mm

  /// Whether this CPU (and its operating system) can run the tier.
  public var isAvailable: Bool {
    #if arch(x86_64)
      switch self {
      case .reference: true
      case .sse4: shim_cpu_has_sse4()
      case .avx2: shim_cpu_has_avx2()
      case .avxvnni: shim_cpu_has_avx2() && shim_cpu_has_avx_vnni()
      case .avx512vnni: shim_cpu_has_avx2() && shim_cpu_has_avx512_vnni()
      case .avx512bf16: shim_cpu_has_avx2() && shim_cpu_has_avx512_bf16()
      case .neon, .dotprod, .i8mm: false
      }
    #elseif arch(arm64)
      switch self {
      case .reference: true
      case .neon: shim_cpu_has_neon()
      case .dotprod: shim_cpu_has_dotprod()
      case .i8mm: shim_cpu_has_dotprod() && shim_cpu_has_i8mm()
      case .sse4, .avx2, .avxvnni, .avx512vnni, .avx512bf16: false
      }
    #else
      self == .reference
    #endif
  }

  /// Tiers that this CPU can run.
  public static let available: [CPUTier] = allCases.filter { $0.isAvailable }

  /// The fastest tier that this CPU can run.
  public static let best: CPUTier = available.last ?? .reference

  public static func < (a: CPUTier, b: CPUTier) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}
