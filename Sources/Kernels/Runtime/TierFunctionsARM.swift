import CShim
import KernelsDOTPROD
import KernelsI8MM
import KernelsNEON

extension KernelTable {
  /// A line a tier.
  static let tierFunctions: [CPUTier: @Sendable () -> kernel_functions] = [
    .neon: { KernelsNEON.kernelFunctions() },
    .dotprod: { KernelsDOTPROD.kernelFunctions() },
    .i8mm: { KernelsI8MM.kernelFunctions() },
  ]
}
