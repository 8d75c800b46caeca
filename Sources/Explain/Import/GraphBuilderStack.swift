extension GraphBuilder {
  /// Adds one linear layer that yields channels of several ones.
  ///
  /// - Parameters:
  ///   - parts: nodes, and which of their channels are wanted in which order.
  ///   - factors: of each channel.
  /// - Returns: the new node; nil where the nodes are no linear layers of the same input.
  mutating func stackedLinear(
    _ name: String, _ parts: [(node: String, channels: [Int])], factors: [Double]
  ) throws(ImportError) -> String? {
    var layers: [LayerSource] = []
    let input = parts.first.map { inputs(of: $0.node) } ?? []
    var firstRows: [String: Int] = [:]
    var rows = 0
    for part in parts where firstRows[part.node] == nil {
      guard let layer = layer(of: part.node), layer.isLinear, inputs(of: part.node) == input else { return nil }
      firstRows[part.node] = rows
      rows += layer.layout.outputChannels
      layers.append(layer)
    }
    guard let input = input.first else { return nil }
    let columns = shape(input).channels
    insert(StackedWeight(layers.map(\.matrix), shape: [rows, columns]), as: "\(name).weight")
    insert(StackedWeight(layers.map(\.offsets), shape: [rows]), as: "\(name).bias")
    let result = try layer(
      .dense, name, input, Window(kernel: 1), outputs: factors.count, nil, weight: "\(name).weight",
      [rows, columns], bias: "\(name).bias", biasCount: rows)
    let chosen = parts.flatMap { part in part.channels.map { firstRows[part.node, default: 0] + $0 } }
    setRows(chosen, factors: factors, of: result)
    return result
  }
}

extension LayerSource {
  /// Whether the layer reads one pixel or token at a time, and all of its channels, with weights as they were trained.
  fileprivate var isLinear: Bool {
    layout.kind == .dense && layout.reduction.kernelHeight == 1 && layout.reduction.kernelWidth == 1
      && layout.reduction.groupChannels == layout.reduction.channels && normalization == nil && factors == nil
      && weights.rows == Array(0..<layout.outputChannels)
  }

  fileprivate var matrix: StackedWeight.Part {
    StackedWeight.Part(
      tensor: weights.tensor, state: weights.state, count: layout.outputChannels * weights.columns.count)
  }

  fileprivate var offsets: StackedWeight.Part {
    StackedWeight.Part(tensor: convolutionBias, state: weights.state, count: layout.outputChannels)
  }
}

/// Tensors one behind the other.
private struct StackedWeight: WeightTensor {
  struct Part {
    /// Nil is zeros.
    var tensor: String?
    var state: StateDict
    /// Elements.
    var count: Int
  }

  let shape: [Int]
  private let parts: [Part]

  init(_ parts: [Part], shape: [Int]) { (self.parts, self.shape) = (parts, shape) }

  var dtype: DType { .f32 }
  var integers: [Int]? { nil }

  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    forEachPart(range) { part, elements, offset in
      guard let tensor = part.tensor else {
        return (target + offset).update(repeating: 0, count: elements.count)
      }
      part.state.read(tensor, elements, into: target + offset)
    }
  }

  func codes(_ range: Range<Int>, into target: UnsafeMutablePointer<Int8>) -> Float? {
    var scale: Float?
    forEachPart(range) { part, elements, _ in
      guard let tensor = part.tensor, elements.count == range.count else { return }
      scale = part.state.codes(tensor, elements, into: target)
    }
    return scale
  }

  func release(_ range: Range<Int>) {
    forEachPart(range) { part, elements, _ in
      if let tensor = part.tensor { part.state.release(tensor, elements) }
    }
  }

  private func forEachPart(_ range: Range<Int>, _ body: (_ part: Part, _ elements: Range<Int>, _ offset: Int) -> Void) {
    var start = 0
    for part in parts {
      let elements = range.clamped(to: start..<start + part.count)
      if !elements.isEmpty {
        body(part, elements.lowerBound - start..<elements.upperBound - start, elements.lowerBound - range.lowerBound)
      }
      start += part.count
    }
  }
}
