import CShim
import KernelsAVX2
import KernelsAVX512BF16
import KernelsAVX512VNNI
import KernelsAVXVNNI
import KernelsSSE4

extension KernelTable {
  /// A line a tier.
  static let tierFunctions: [CPUTier: @Sendable () -> kernel_functions] = [
    .sse4: { KernelsSSE4.kernelFunctions() },
    .avx2: { KernelsAVX2.kernelFunctions() },
    .avxvnni: { KernelsAVXVNNI.kernelFunctions() },
    .avx512vnni: { KernelsAVX512VNNI.kernelFunctions() },
    .avx512bf16: { KernelsAVX512BF16.kernelFunctions() },
  ]
}
