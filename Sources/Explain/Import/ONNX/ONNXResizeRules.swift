// Images that are enlarged or shrunk within a network.

extension ONNXTranslator {
  static let resizeRules: [String: Rule] = [
    "Resize": { translator, node throws(ImportError) in try translator.resize(node) },
    "Upsample": { translator, node throws(ImportError) in try translator.resize(node) },
  ]

  /// Weights of an interpolation.
  private static let largestInterpolation = 1 << 22

  private mutating func resize(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    let lengths = view.lengths
    guard let interpolation = ONNXInterpolation(node) else {
      throw unsupported(node, "only the nearest pixel and linear interpolation are supported, without antialiasing")
    }
    var (sizes, factors) = (lengths, [Double](repeating: 1, count: lengths.count))
    if node.inputs.count > 3, let constant = try constant(node, 3) {
      sizes = try reading { () throws(ONNXError) in try constant.integers() }
      guard sizes.count == lengths.count, sizes.allSatisfy({ (1...GraphLimits.side).contains($0) }) else {
        throw unsupported(node, "a size for each dimension is needed")
      }
      factors = zip(sizes, lengths).map { Double($0) / Double($1) }
    } else {
      guard let constant = try constant(node, ONNXInterpolation.isOld(node) ? 1 : 2) else {
        throw unsupported(node, "a scale for each dimension is needed")
      }
      factors = try reading { () throws(ONNXError) in try constant.floats() }.map(Double.init)
      let lengthened = zip(factors, lengths).map { ($0 * Double($1)).rounded(.down) }
      guard factors.count == lengths.count, lengthened.allSatisfy((1...Double(GraphLimits.side)).contains) else {
        throw unsupported(node, "a scale for each dimension is needed")
      }
      sizes = lengthened.map { Int($0) }
    }
    for dimension in sizes.indices where sizes[dimension] != lengths[dimension] {
      let (old, new) = (lengths[dimension], sizes[dimension])
      let rows = (0..<new).map { interpolation.weights($0, factors[dimension], old: old, new: new) }
      let isRepeated = new.isMultiple(of: old) && rows.indices.allSatisfy { rows[$0] == [$0 / (new / old): 1] }
      if isRepeated {
        view.dimensions[dimension].append(ONNXView.Part(axis: .rows, stride: 0, length: new / old))
      } else {
        view = try interpolated(view, dimension, rows, for: node)
      }
    }
    set(node.outputs[0], view)
  }

  /// A linear layer along one dimension.
  ///
  /// - Parameter rows: for each index of the result, the weights of the indices before.
  private mutating func interpolated(
    _ view: ONNXView, _ dimension: Int, _ rows: [[Int: Float]], for node: ONNXNode
  ) throws(ImportError) -> ONNXView {
    let old = view.lengths[dimension]
    guard rows.count <= Self.largestInterpolation / old else {
      throw unsupported(node, "\(old) elements do not become \(rows.count)")
    }
    let others = view.dimensions.indices.filter { $0 != dimension }
    let input = try copy(
      view, rows: [], columns: others.flatMap { view.dimensions[$0] }, channels: view.dimensions[dimension], for: node)
    let name = name(node)
    var values = [Float](repeating: 0, count: rows.count * old)
    for (row, weights) in rows.enumerated() {
      for (column, weight) in weights { values[row * old + column] = weight }
    }
    graph.insert(ComputedWeight(shape: [rows.count, old], values: values), as: "\(name).weight")
    let result = try graph.layer(
      .dense, name, input, Window(kernel: 1), outputs: rows.count, nil, weight: "\(name).weight", [rows.count, old],
      bias: nil)
    var resized = ONNXView(node: result, dimensions: view.dimensions)
    resized.factor = view.factor
    for (index, parts) in zip(others, ONNXView.Part.nested(.columns, lengths: others.map { view.lengths[$0] })) {
      resized.dimensions[index] = parts
    }
    resized.dimensions[dimension] = ONNXView.Part.nested(.channels, lengths: [rows.count])[0]
    return resized
  }
}

/// How `Resize` finds the values of a dimension with another length.
private struct ONNXInterpolation {
  private let isLinear: Bool
  private let transformation, rounding: String

  /// Nil for what is not supported.
  init?(_ node: ONNXNode) {
    let mode = node.string("mode", "nearest")
    let isOld = Self.isOld(node)
    guard ["nearest", "linear"].contains(mode), node.int("antialias", 0) == 0, node.ints("axes") == nil,
      node.string("keep_aspect_ratio_policy", "stretch") == "stretch"
    else { return nil }
    isLinear = mode == "linear"
    transformation = node.string("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel")
    rounding = isOld ? "floor" : node.string("nearest_mode", "round_prefer_floor")
    guard ["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"].contains(transformation),
      ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"].contains(rounding)
    else { return nil }
  }

  /// Before opset 11, there were no other ways to choose from.
  static func isOld(_ node: ONNXNode) -> Bool { node.opType == "Upsample" || node.inputs.count == 2 }

  /// The weights of the elements that make up one of the result.
  func weights(_ index: Int, _ scale: Double, old: Int, new: Int) -> [Int: Float] {
    let place: Double =
      switch transformation {
      case "asymmetric": Double(index) / scale
      case "align_corners": new > 1 ? Double(index) * Double(old - 1) / Double(new - 1) : 0
      case "pytorch_half_pixel" where new == 1: 0
      default: (Double(index) + 0.5) / scale - 0.5
      }
    let bounded = min(max(place, 0), Double(old - 1))
    guard isLinear else {
      let nearest =
        switch rounding {
        case "floor": bounded.rounded(.down)
        case "ceil": bounded.rounded(.up)
        case "round_prefer_ceil": (bounded + 0.5).rounded(.down)
        default: (bounded - 0.5).rounded(.up)
        }
      return [Int(nearest): 1]
    }
    let first = Int(bounded)
    let share = Float(bounded - Double(first))
    return share == 0 ? [first: 1] : [first: 1 - share, first + 1: share]
  }
}
