import Kernels

/// Kernel size, stride, padding and dilation. Padding may differ between the sides (TensorFlow's "SAME").
struct Window: Sendable, Equatable {
  var kernelHeight, kernelWidth, stride: Int
  var top, left, bottom, right: Int
  /// Pixels from tap to tap.
  var dilationHeight, dilationWidth: Int

  init(kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    self.init(
      kernelHeight: kernel, kernelWidth: kernel, stride: stride, top: padding, left: padding, bottom: padding,
      right: padding, dilationHeight: dilation, dilationWidth: dilation)
  }

  init(
    kernelHeight: Int, kernelWidth: Int, stride: Int, top: Int, left: Int, bottom: Int, right: Int,
    dilationHeight: Int = 1, dilationWidth: Int = 1
  ) {
    (self.kernelHeight, self.kernelWidth, self.stride) = (kernelHeight, kernelWidth, stride)
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    (self.dilationHeight, self.dilationWidth) = (dilationHeight, dilationWidth)
  }

  /// Taps.
  var area: Int { kernelHeight * kernelWidth }
  var isPadded: Bool { max(top, left, bottom, right) > 0 }
  private var isDilated: Bool { dilationHeight > 1 || dilationWidth > 1 }
}

extension Window {
  /// Reads `kernel` and `dilation` (height, width), `stride` and `padding` (top, left, bottom, right). Files say no dilation
  /// where it is 1.
  init(from attributes: AttributeDecoder) throws {
    let kernel = try attributes.integers(2, forKey: "kernel")
    let padding = try attributes.integers(4, forKey: "padding")
    let dilation = attributes.contains("dilation") ? try attributes.integers(2, forKey: "dilation") : [1, 1]
    self.init(
      kernelHeight: kernel[0], kernelWidth: kernel[1], stride: try attributes.decode(Int.self, forKey: "stride"),
      top: padding[0], left: padding[1], bottom: padding[2], right: padding[3], dilationHeight: dilation[0],
      dilationWidth: dilation[1])
  }

  func encode(to attributes: inout AttributeEncoder) throws {
    try attributes.encode([kernelHeight, kernelWidth], forKey: "kernel")
    try attributes.encode(stride, forKey: "stride")
    try attributes.encode([top, left, bottom, right], forKey: "padding")
    if isDilated { try attributes.encode([dilationHeight, dilationWidth], forKey: "dilation") }
  }

  /// The result's shape where the window slides over `input`.
  ///
  /// - Parameter mayDilate: whether the operator can leave pixels out between taps; others refuse such a window.
  func slide(
    over input: Shape, channels: Int, mayDilate: Bool = false, node: String
  ) throws(GraphError) -> Shape {
    try checkAttribute("kernel height", kernelHeight, 1...GraphLimits.kernel, node: node)
    try checkAttribute("kernel width", kernelWidth, 1...GraphLimits.kernel, node: node)
    try checkAttribute("dilation height", dilationHeight, dilations(kernelHeight, mayDilate), node: node)
    try checkAttribute("dilation width", dilationWidth, dilations(kernelWidth, mayDilate), node: node)
    try checkAttribute("stride", stride, 1...GraphLimits.stride, node: node)
    try checkAttribute("output channels", channels, 1...GraphLimits.channels, node: node)
    // From the first to the last tap.
    let extentHeight = (kernelHeight - 1) * dilationHeight + 1
    let extentWidth = (kernelWidth - 1) * dilationWidth + 1
    // Padding of a whole kernel would make windows that see no pixel at all.
    try checkAttribute("padding", top, 0...extentHeight - 1, node: node)
    try checkAttribute("padding", left, 0...extentWidth - 1, node: node)
    try checkAttribute("padding", bottom, 0...extentHeight - 1, node: node)
    try checkAttribute("padding", right, 0...extentWidth - 1, node: node)
    let height = input.height + top + bottom
    let width = input.width + left + right
    guard extentHeight <= height && extentWidth <= width else {
      throw .windowTooLarge(node: node, kernel: [extentHeight, extentWidth], paddedInput: [height, width])
    }
    return Shape((height - extentHeight) / stride + 1, (width - extentWidth) / stride + 1, channels)
  }

  /// Distances of `kernel` taps that keep all of them within the largest kernel.
  private func dilations(_ kernel: Int, _ mayDilate: Bool) -> ClosedRange<Int> {
    1...(mayDilate ? (GraphLimits.kernel - 1) / max(1, kernel - 1) : 1)
  }
}
