// Padding in a node of its own, and images that are enlarged.

/// An image with a border that convolution or pooling takes over.
struct ONNXPadding {
  var image: ONNXActivation
  var top = 0, left = 0, bottom = 0, right = 0
  /// Of the border.
  var value: Float = 0
}

extension ONNXTranslator {
  static let padRules: [String: Rule] = [
    "Pad": { translator, node throws(ImportError) in try translator.pad(node) },
    "Resize": { translator, node throws(ImportError) in try translator.resize(node) },
    "Upsample": { translator, node throws(ImportError) in try translator.resize(node) },
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

  /// Every pixel several times.
  private mutating func resize(_ node: ONNXNode) throws(ImportError) {
    let input = try activation(node, 0)
    var view = ONNXView(input, graph.shape(input.node))
    let lengths = view.lengths
    guard node.string("mode", "nearest") == "nearest",
      ["asymmetric", "half_pixel", "pytorch_half_pixel"].contains(
        node.string("coordinate_transformation_mode", "half_pixel"))
    else { throw unsupported(node, "only the nearest pixel is supported") }
    var factors = [Double](repeating: 0, count: lengths.count)
    if node.inputs.count > 3, let sizes = try constant(node, 3) {
      let sizes = try reading { () throws(ONNXError) in try sizes.integers() }
      guard sizes.count == lengths.count else { throw unsupported(node, "a size for each dimension is needed") }
      factors = zip(sizes, lengths).map { Double($0) / Double($1) }
    } else if let scales = try constant(node, node.opType == "Upsample" ? 1 : 2) {
      factors = try reading { () throws(ONNXError) in try scales.floats() }.map { Double($0) }
    }
    guard factors.count == lengths.count, factors.allSatisfy({ $0 >= 1 && $0 <= 64 && $0 == $0.rounded() }) else {
      throw unsupported(node, "only whole factors are supported")
    }
    for (dimension, factor) in factors.enumerated() where factor > 1 {
      view.dimensions[dimension].append(ONNXView.Part(axis: .rows, stride: 0, length: Int(factor)))
    }
    set(node.outputs[0], view)
  }
}

extension Window {
  /// Adds a border to the padding.
  mutating func pad(_ padding: ONNXPadding) {
    (top, left) = (top + padding.top, left + padding.left)
    (bottom, right) = (bottom + padding.bottom, right + padding.right)
  }
}
