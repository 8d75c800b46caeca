import Kernels

/// Kernel size, stride and padding. Padding may differ between the sides (TensorFlow's "SAME").
struct Window: Sendable, Equatable {
  var kernelHeight, kernelWidth, stride: Int
  var top, left, bottom, right: Int

  init(kernel: Int, stride: Int = 1, padding: Int = 0) {
    (kernelHeight, kernelWidth, self.stride) = (kernel, kernel, stride)
    (top, left, bottom, right) = (padding, padding, padding, padding)
  }

  init(kernelHeight: Int, kernelWidth: Int, stride: Int, top: Int, left: Int, bottom: Int, right: Int) {
    (self.kernelHeight, self.kernelWidth, self.stride) = (kernelHeight, kernelWidth, stride)
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  var area: Int { kernelHeight * kernelWidth }
  var isPadded: Bool { max(top, left, bottom, right) > 0 }
}

extension Window {
  /// Reads `kernel` (height, width), `stride` and `padding` (top, left, bottom, right).
  init(from attributes: AttributeDecoder) throws {
    let kernel = try attributes.integers(2, forKey: "kernel")
    let padding = try attributes.integers(4, forKey: "padding")
    self.init(
      kernelHeight: kernel[0], kernelWidth: kernel[1], stride: try attributes.decode(Int.self, forKey: "stride"),
      top: padding[0], left: padding[1], bottom: padding[2], right: padding[3])
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode([kernelHeight, kernelWidth], forKey: "kernel")
    try attributes.encode(stride, forKey: "stride")
    try attributes.encode([top, left, bottom, right], forKey: "padding")
  }

  /// The result's shape where the window slides over `input`.
  func slide(over input: Shape, channels: Int, node: String) throws(GraphError) -> Shape {
    try checkAttribute("kernel height", kernelHeight, 1...GraphLimits.kernel, node: node)
    try checkAttribute("kernel width", kernelWidth, 1...GraphLimits.kernel, node: node)
    try checkAttribute("stride", stride, 1...GraphLimits.stride, node: node)
    try checkAttribute("output channels", channels, 1...GraphLimits.channels, node: node)
    // Padding of a whole kernel would make windows that see no pixel at all.
    try checkAttribute("padding", top, 0...kernelHeight - 1, node: node)
    try checkAttribute("padding", left, 0...kernelWidth - 1, node: node)
    try checkAttribute("padding", bottom, 0...kernelHeight - 1, node: node)
    try checkAttribute("padding", right, 0...kernelWidth - 1, node: node)
    let height = input.height + top + bottom
    let width = input.width + left + right
    guard kernelHeight <= height && kernelWidth <= width else {
      throw .windowTooLarge(node: node, kernel: [kernelHeight, kernelWidth], paddedInput: [height, width])
    }
    return Shape((height - kernelHeight) / stride + 1, (width - kernelWidth) / stride + 1, channels)
  }
}

extension WindowGeometry {
  /// Elements of one image.
  var inputCount: Int { height * width * channels }
  var outputCount: Int { outputHeight * outputWidth * channels }
}
