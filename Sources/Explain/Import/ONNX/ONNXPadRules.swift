// Padding in a node of its own.

/// An image with a border that convolution or pooling takes over.
struct ONNXPadding {
  var image: ONNXActivation
  var top = 0, left = 0, bottom = 0, right = 0
  /// Of the border.
  var value: Float = 0

  var isThere: Bool { max(top, left, bottom, right) > 0 }
}

extension ONNXTranslator {
  static let padRules: [String: Rule] = [
    "Pad": { translator, node throws(ImportError) in try translator.pad(node) }
  ]

  private mutating func pad(_ node: ONNXNode) throws(ImportError) {
    guard node.string("mode", "constant") == "constant" else {
      throw unsupported(node, "only padding with a constant is supported")
    }
    let input = try activation(node, 0)
    let rank = input.dimensions.count
    var pads = node.ints("pads")
    if let constant = try constant(node, 1) { pads = try reading { () throws(ONNXError) in try constant.integers() } }
    var axes = Array(0..<rank)
    if let constant = try constant(node, 3) {
      axes = try reading { () throws(ONNXError) in try constant.integers() }.map { $0 < 0 ? $0 + rank : $0 }
    }
    guard let pads, pads.count == 2 * axes.count else { throw unsupported(node, "two pads for each axis are needed") }
    if pads.allSatisfy({ $0 == 0 }) { return set(node, .activation(input)) }
    let padding = zip(axes, zip(pads, pads[axes.count...])).filter { $1 != (0, 0) }
    guard rank == 4, padding.allSatisfy({ [2, 3].contains($0) && min($1.0, $1.1) >= 0 }),
      pads.allSatisfy({ $0 <= GraphLimits.side })
    else { throw unsupported(node, "only height and width can be padded, and not be cut") }
    var result = ONNXPadding(image: try image(node))
    for (axis, (before, after)) in padding {
      if axis == 2 {
        (result.top, result.bottom) = (before, after)
      } else {
        (result.left, result.right) = (before, after)
      }
    }
    result.value = node.float("value", 0)
    if let constant = try constant(node, 2) {
      result.value = try reading { () throws(ONNXError) in try constant.scalar() } ?? 0
    }
    set(node, .padded(result))
  }

  /// An image that convolution or pooling reads, without the border that nodes before it have given it.
  mutating func paddedImage(_ node: ONNXNode) throws(ImportError) -> ONNXPadding {
    if case .padded(let padding) = try value(node, 0) { return padding }
    return ONNXPadding(image: try image(node))
  }

  /// A border of zeros where nothing takes it over: a convolution of each channel that changes nothing else.
  mutating func settle(_ padding: ONNXPadding, of node: ONNXNode) throws(ImportError) -> ONNXActivation {
    guard padding.value == 0 else {
      throw unsupported(node, "padding with \(padding.value) is understood before pooling alone")
    }
    let (height, width) = (padding.top + padding.bottom + 1, padding.left + padding.right + 1)
    let channels = graph.shape(padding.image.node).channels
    guard height <= GraphLimits.kernel, width <= GraphLimits.kernel else {
      throw unsupported(node, "padding of more than \(GraphLimits.kernel - 1) pixels is not supported here")
    }
    // Padding is narrower than a kernel, so that the kernel is as large as the border and has one weight.
    let window = Window(
      kernelHeight: height, kernelWidth: width, stride: 1, top: height - 1, left: width - 1, bottom: height - 1,
      right: width - 1)
    var kernel = [Float](repeating: 0, count: height * width)
    kernel[padding.bottom * width + padding.right] = 1
    let name = name(node)
    let stored = [channels, 1, height, width]
    let values = (0..<channels).flatMap { _ in kernel }
    graph.insert(ComputedWeight(shape: stored, values: values), as: "\(name).weight")
    let result = try graph.layer(
      .depthwise, name, padding.image.node, window, outputs: channels, nil, weight: "\(name).weight", stored, bias: nil)
    return ONNXActivation(image: result, graph.shape(result))
  }
}

extension Window {
  /// Adds a border to the padding.
  mutating func pad(_ padding: ONNXPadding) {
    (top, left) = (top + padding.top, left + padding.left)
    (bottom, right) = (bottom + padding.bottom, right + padding.right)
  }
}
