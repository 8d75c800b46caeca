import CShim

/// The kernels of one instruction-set tier, by their names in `kernel_functions`.
@dynamicMemberLookup
public struct KernelTable: Sendable {
  public let tier: CPUTier
  public let activationFormat: ActivationFormat
  package var functions: kernel_functions

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

  public subscript<Member>(dynamicMember member: KeyPath<kernel_functions, Member>) -> Member {
    functions[keyPath: member]
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
