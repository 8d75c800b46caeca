/// One kernel on the shape of a layer: what is timed, compared with the scalar reference, and run between fences.
///
/// The functions that make one say all that there is to know of a kernel, each in one place. Images are
/// `[height, width, channels]`, tokens `[1, rows, channels]`.
public struct KernelShape: Sendable, CustomStringConvertible {
  /// The kernel's name in reports.
  public let kernel: String
  public let description: String
  /// Multiply-accumulates; 0 where the kernel's work is of another kind.
  public let macs: Int
  /// Bytes read and written at least, each once.
  let bytes: @Sendable (ActivationFormat) -> Int
  /// Largest |result - expected| that rounding explains, against the scalar reference: as a share of |expected| and the
  /// results' root mean square together.
  let tolerance: Float
  /// Whether multiply-accumulates are those of levels with Int32 sums.
  var isInteger = false
  /// Whether results depend on the format of quantized activations.
  var dependsOnFormat = false
  /// Whether levels are those of sums, whose rounding may make a level another.
  var quantizesSums = false
  /// The layer of a dense convolution, and of a kernel that slides a window.
  public var convolution: ConvolutionShape?
  public var window: WindowShape?
  /// The kernel with its operands, the same for every context.
  package let makeRun: @Sendable (KernelOperands) -> KernelRun

  init(
    _ kernel: String, _ description: String, macs: Int = 0, bytes: @escaping @Sendable (ActivationFormat) -> Int,
    tolerance: Float, makeRun: @escaping @Sendable (KernelOperands) -> KernelRun
  ) {
    (self.kernel, self.description, self.macs, self.bytes) = (kernel, description, macs, bytes)
    (self.tolerance, self.makeRun) = (tolerance, makeRun)
  }

  /// - Parameter floats: read and written at least, each once.
  init(
    _ kernel: String, _ description: String, macs: Int = 0, floats: Int, tolerance: Float,
    makeRun: @escaping @Sendable (KernelOperands) -> KernelRun
  ) {
    self.init(
      kernel, description, macs: macs, bytes: { _ in floats * MemoryLayout<Float>.size }, tolerance: tolerance,
      makeRun: makeRun)
  }
}

extension KernelShape {
  /// Where a result differs from the reference's by more than rounding explains, and from what; levels count from the end of
  /// their scales.
  func difference(
    _ found: KernelResult, _ expected: KernelResult
  ) -> (index: Int, expected: Float, found: Float)? {
    let scales = expected.values.count
    require(
      found.values.count == scales && found.levels.count == expected.levels.count,
      "as many results as the reference's")
    let (error, index) = found.largestError(expected)
    if error > tolerance { return (index, expected.values[index], found.values[index]) }
    return found.wrongLevel(expected, permitsNeighbours: quantizesSums).map {
      (scales + $0, Float(expected.levels[$0]), Float(found.levels[$0]))
    }
  }
}

extension KernelShape: Hashable {
  public static func == (a: KernelShape, b: KernelShape) -> Bool {
    a.kernel == b.kernel && a.description == b.description && a.convolution == b.convolution
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kernel)
    hasher.combine(description)
    hasher.combine(convolution)
  }
}
