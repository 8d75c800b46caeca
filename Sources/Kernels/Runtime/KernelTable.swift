import CShim

/// The kernels of one instruction-set tier.
public struct KernelTable: Sendable {
  public let tier: CPUTier
  public let activationFormat: ActivationFormat
  public package(set) var functions: kernel_functions

  init(tier: CPUTier, functions: kernel_functions) {
    require(functions.tileRows <= gemm_tile_rows, "tiles that the scratch memory holds")
    self.tier = tier
    self.functions = functions
    activationFormat =
      switch (functions.activationBits, functions.storesSigned) {
      case (7, _): .sevenBits
      case (_, 0): .eightBits
      default: .signedEightBits
      }
  }

  /// The kernels of `tier`.
  /// - Precondition: the tier is available on this CPU.
  public static func table(for tier: CPUTier) -> KernelTable {
    require(tier.isAvailable, "an instruction set that this CPU has")
    guard let functions = tierFunctions[tier] else { return reference(.eightBits) }
    return KernelTable(tier: tier, functions: functions())
  }

  /// The scalar kernels on the levels of any format; they store unsigned bytes.
  package static func reference(_ format: ActivationFormat) -> KernelTable {
    KernelTable(
      tier: .reference, functions: Reference.kernelFunctions(activationBits: format == .sevenBits ? 7 : 8))
  }
}
