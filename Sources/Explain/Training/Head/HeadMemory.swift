import Kernels

/// What the head keeps of a batch for one layer between its forward and its backward pass.
final class BranchState {
  let height, width, channels: Int
  /// Pixels of one image, and of all.
  let pixels, rows: Int
  /// `[rows, channels]`: the backbone's features, behind the convolution, behind BatchNorm, skip and ReLU. Without a branch all
  /// are the features.
  let features, convolved, activated: UnsafeMutablePointer<Float>
  /// Batch statistics behind the convolution: mean, and 1 / sqrt(variance + epsilon).
  let mean: UnsafeMutablePointer<Float>
  var inverse: [Double]
  private let memory: UnsafeMutableRawPointer

  init(_ shape: Shape, images: Int, hasBranch: Bool) throws(EngineError) {
    (height, width, channels) = (shape.height, shape.width, shape.channels)
    (pixels, rows) = (shape.pixels, images * shape.pixels)
    let count = (rows * channels + 15) / 16 * 16
    let behind = hasBranch ? count : 0
    memory = try allocateAligned((count + 2 * behind + channels + 16) * 4)
    features = memory.assumingMemoryBound(to: Float.self)
    (convolved, activated, mean) = (
      features + behind, features + 2 * behind, features + count + 2 * behind
    )
    inverse = [Double](repeating: 1, count: channels)
  }

  deinit { memory.deallocate() }
}

/// Scratch memory that the branches use in turn.
final class HeadScratch {
  /// Right operands of products.
  let panels: UnsafeMutablePointer<Float>
  /// Of `transposedProduct`.
  let product: UnsafeMutablePointer<Float>
  /// Gradients inside a branch, `[rows, channels]`.
  let gradient: UnsafeMutablePointer<Float>
  let bias, scale, shift, slope: UnsafeMutablePointer<Float>
  let zeros: UnsafePointer<Float>
  private let memory: UnsafeMutableRawPointer

  init(shapes: [Shape], images: Int) throws(EngineError) {
    let channels = PanelLayout.padded(max(images, shapes.map(\.channels).max() ?? 1))
    let counts = [
      channels * channels, ExecutionContext.transposedProductScratch(channels, channels),
      (shapes.map { images * $0.count }.max() ?? 0) + 16, channels, channels, channels, channels, channels,
    ]
    memory = try allocateAligned(counts.reduce(0, +) * 4)
    var next = memory.assumingMemoryBound(to: Float.self)
    func take(_ index: Int) -> UnsafeMutablePointer<Float> {
      defer { next += counts[index] }
      return next
    }
    (panels, product, gradient) = (take(0), take(1), take(2))
    (bias, scale, shift, slope) = (take(3), take(4), take(5), take(6))
    for pointer in [bias, scale, shift, slope] { pointer.update(repeating: 0, count: channels) }
    let zeros = take(7)
    zeros.update(repeating: 0, count: channels)
    self.zeros = UnsafePointer(zeros)
  }

  deinit { memory.deallocate() }
}
