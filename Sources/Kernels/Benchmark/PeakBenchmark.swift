/// The int8 or Float micro-kernel against the register-only peak of the same tier, on one thread and data that stays in L1.
public struct PeakShare: Sendable {
  public var tier: CPUTier
  public var kernel: String
  /// Reduction length of the tile.
  public var reduction: Int
  /// 10^9 multiply-accumulates per second.
  public var peak, reached: Double
  public var spread: Double
  public var share: Double { reached / peak }
}

extension ExecutionContext {
  /// 10^9 multiply-accumulates per second of the register-only loop, a median.
  public func peak(isFloat: Bool = false, rounds: Int = 15) -> Double {
    let operands = PeakOperands()
    let body = isFloat ? kernels.peakFloat : kernels.peakInt8
    let macs = body(1000, operands.pointer)
    let iterations = max(1000, 20_000_000 / max(1, macs / 1000) / 4)
    let total = body(iterations, operands.pointer)
    let times = measureInterleaved(rounds: rounds, [{ _ = body(iterations, operands.pointer) }])
    return Double(total) / times[0].median * 1e-9
  }

  /// The micro-kernel on one full tile, interleaved with the peak loop.
  public func peakShare(isFloat: Bool = false, reduction: Int, rounds: Int = 31) -> PeakShare {
    // Four tiles, so that the cost of a call is spread as it is in a layer; everything fits the L1 cache.
    let rows = 4 * kernels.tileRows
    let columns = 2 * PanelLayout.width
    let layout = ReductionLayout(kernelHeight: 1, kernelWidth: 1, channels: reduction)
    let form = PreparedInput(
      element: isFloat ? .float : .quantized(isSigned: true), height: 1, width: rows, channels: reduction)
    let plan = ConvolutionPlan(
      input: form, layout: layout, stride: 1, top: 0, left: 0, outputHeight: 1, outputWidth: rows,
      outputChannels: columns, context: self)
    let input = (0..<rows * reduction).map { Float($0 % 13) / 13 - 0.5 }
    let levels = (0..<columns * reduction).map { Int8(truncatingIfNeeded: $0 % 251 - 125) }
    let panels = PanelLayout.panels(columns)
    var packed = [Int8](repeating: 0, count: panels * layout.panelBytes)
    layout.pack(levels, outputs: columns, into: &packed)
    var packedFloats = [Float](repeating: 0, count: panels * layout.panelBytes)
    layout.pack(levels.map { Float($0) / 127 }, outputs: columns, into: &packedFloats)
    var sums = [Int32](repeating: 0, count: panels * layout.blocks * PanelLayout.width)
    layout.columnSums(levels, outputs: columns, into: &sums)
    let ones = [Float](repeating: 1, count: columns)
    var output = [Float](repeating: 0, count: rows * columns)
    let prepared = UnsafeMutableRawPointer.allocate(
      byteCount: form.byteCount(kernels.activationFormat) + 64, alignment: 64)
    defer { prepared.deallocate() }
    var scales = [Float](repeating: 1, count: max(1, form.scaleCount))
    prepare(input, as: form, into: prepared, scales: &scales)

    let operands = PeakOperands()
    let peakBody = isFloat ? kernels.peakFloat : kernels.peakInt8
    let repeats = max(1, 20_000_000 / plan.macs)
    let iterations = max(1, 20_000_000 * 1000 / max(1, peakBody(1000, operands.pointer)))
    let peakMacs = peakBody(iterations, operands.pointer)
    let times = packed.withUnsafeBytes { packed in
      packedFloats.withUnsafeBytes { packedFloats in
        ones.withUnsafeBufferPointer { ones in
          sums.withUnsafeBufferPointer { sums in
            scales.withUnsafeBufferPointer { scales in
              output.withUnsafeMutableBufferPointer { output -> [Measurement] in
                guard let panels = (isFloat ? packedFloats : packed).baseAddress, let ones = ones.baseAddress,
                  let output = output.baseAddress
                else { return [] }
                let weights = DenseWeights(
                  panels: panels, scale: isFloat ? nil : ones, bias: ones, columnSums: isFloat ? nil : sums.baseAddress)
                return measureInterleaved(
                  rounds: rounds,
                  [
                    { _ = peakBody(iterations, operands.pointer) },
                    {
                      for _ in 0..<repeats {
                        self.convolution(
                          plan, input: prepared, scales: scales.baseAddress, weights: weights, residual: nil,
                          epilogue: Epilogue(), output: output)
                      }
                    },
                  ])
              }
            }
          }
        }
      }
    }
    return PeakShare(
      tier: kernels.tier, kernel: isFloat ? "gemm-f32" : "gemm-qd8-f32-qc8w", reduction: reduction,
      peak: Double(peakMacs) / times[0].median * 1e-9, reached: Double(plan.macs * repeats) / times[1].median * 1e-9,
      spread: times[1].spread)
  }
}

/// 128 aligned bytes: small integers that are normal Floats too.
private final class PeakOperands {
  let pointer: UnsafeMutableRawPointer

  init() {
    pointer = .allocate(byteCount: 128, alignment: 64)
    for i in 0..<32 { pointer.storeBytes(of: Float(0.5), toByteOffset: 4 * i, as: Float.self) }
  }

  deinit { pointer.deallocate() }
}
