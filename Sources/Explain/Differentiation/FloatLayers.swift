import Kernels

/// The classifier's weights as gradients need them: Float, whatever the model file stores, in panels for the forward pass
/// and for the input gradient. Those of some layers may be trained.
final class FloatLayers {
  let precision: OperandPrecision
  /// Name of the network's input.
  var inputNode: String { model.description.graph.input }
  private let model: Model
  private let shapes: [String: Shape]
  private var memory: [UnsafeMutableRawPointer] = []
  private var packed: [Key: UnsafeRawPointer] = [:]
  private var biases: [String: UnsafePointer<Float>] = [:]
  private var depthwise: [String: UnsafePointer<Float>] = [:]
  private var zeroCount = 0
  private var zeroValues = UnsafeMutablePointer<Float>.allocate(capacity: 0)
  private var trained: [String: TrainableLayer] = [:]

  private struct Key: Hashable {
    var weight: String
    var isGradient: Bool
  }

  init(_ model: Model, precision: OperandPrecision) {
    self.model = model
    self.precision = precision
    shapes = model.shapes
  }

  /// Has a dense layer be trained; call it before passes are planned.
  ///
  /// - Precondition: it does not read the network's input.
  func train(_ node: Node) throws(EngineError) -> TrainableLayer {
    let rows = rows(of: node, convolution(node))
    precondition(rows.pixels == nil, "a layer of pixels is never trained")
    let layer = try TrainableLayer(rows, bias: model.floats(convolution(node).weights.bias), precision)
    trained[node.name] = layer
    return layer
  }

  /// The layer of a node if it is trained.
  func trainable(_ node: Node) -> TrainableLayer? { trained[node.name] }

  deinit {
    memory.forEach { $0.deallocate() }
    zeroValues.deallocate()
  }

  /// Panels of a convolution node, packed once.
  func panels(_ node: Node, _ packing: PanelPacking) throws(EngineError) -> UnsafeRawPointer {
    if let layer = trainable(node) { return try layer.panels(packing) }
    let convolution = convolution(node)
    let names = convolution.weights
    let isForward = packing.isForward
    let key = Key(weight: names.weight, isGradient: !isForward)
    if let known = packed[key] { return known }
    // The file's own panels, where nothing has to be changed.
    if isForward, precision == .float32, names.scale == nil {
      let panels = UnsafeRawPointer(model.floats(names.weight))
      packed[key] = panels
      return panels
    }
    let floats = try allocate(packing.count * 4).assumingMemoryBound(to: Float.self)
    floats.update(repeating: 0, count: packing.count)
    let rows = rows(of: node, convolution)
    for n in 0..<rows.outputs { rows.read(n) { packing.put($0, output: n, into: floats) } }
    var result = UnsafeRawPointer(floats)
    if precision == .bf16 {
      let rounded = try allocate(packing.count * 2)
      roundPanels(floats, count: packing.count, into: rounded.assumingMemoryBound(to: UInt16.self))
      memory.removeAll { $0 == UnsafeMutableRawPointer(floats) }
      floats.deallocate()
      result = UnsafeRawPointer(rounded)
    }
    packed[key] = result
    return result
  }

  /// Bias of a convolution node, `[outputs rounded up to 16]`.
  func bias(_ node: Node) throws(EngineError) -> UnsafePointer<Float> {
    if let layer = trainable(node) { return UnsafePointer(layer.bias.values) }
    let convolution = convolution(node)
    let names = convolution.weights
    if let known = biases[names.bias] { return known }
    let stored = model.floats(names.bias)
    let rows = rows(of: node, convolution)
    guard rows.pixels != nil else {
      biases[names.bias] = stored
      return stored
    }
    let count = PanelLayout.padded(rows.outputs)
    let values = try allocate(count * 4).assumingMemoryBound(to: Float.self)
    for n in 0..<count { values[n] = stored[n] + (n < rows.outputs ? rows.pixelOffset(n) : 0) }
    biases[names.bias] = UnsafePointer(values)
    return UnsafePointer(values)
  }

  /// Weights of a depthwise convolution, `[taps, channels rounded up to 16]`.
  func depthwiseWeights(
    _ names: WeightNames, taps: Int, channels: Int
  ) throws(EngineError) -> UnsafePointer<Float> {
    guard let scale = names.scale else { return model.floats(names.weight) }
    if let known = depthwise[names.weight] { return known }
    let padded = PanelLayout.padded(channels)
    let values = try allocate(taps * padded * 4).assumingMemoryBound(to: Float.self)
    let levels = model.int8(names.weight)
    let scales = model.floats(scale)
    for tap in 0..<taps {
      for c in 0..<padded { values[tap * padded + c] = Float(levels[tap * padded + c]) * scales[c] }
    }
    depthwise[names.weight] = UnsafePointer(values)
    return UnsafePointer(values)
  }

  /// Makes sure that there are this many zeros, for products without bias.
  func needZeros(_ count: Int) {
    guard count > zeroCount else { return }
    zeroValues.deallocate()
    zeroValues = .allocate(capacity: count)
    zeroValues.initialize(repeating: 0, count: count)
    zeroCount = count
  }

  var zeros: UnsafePointer<Float> { UnsafePointer(zeroValues) }

  private func convolution(_ node: Node) -> Convolution {
    guard let convolution = node.op as? Convolution else { preconditionFailure("\(node.name) is no convolution") }
    return convolution
  }

  private func rows(of node: Node, _ convolution: Convolution) -> LayerRows {
    LayerRows(model, node: node, convolution, channels: shapes[node.inputs[0]]?.channels ?? 1)
  }

  private func allocate(_ bytes: Int) throws(EngineError) -> UnsafeMutableRawPointer {
    let pointer = try allocateAligned(bytes + ArenaPlanner.slack)
    memory.append(pointer)
    return pointer
  }
}

/// The weights of a dense layer, one output channel at a time: what they are for normalised input.
struct LayerRows {
  let outputs: Int
  /// Set where the stored weights expect pixels.
  let pixels: PixelLevels?
  private let model: Model
  private let names: WeightNames
  private let layout: ReductionLayout

  init(_ model: Model, node: Node, _ convolution: Convolution, channels: Int) {
    self.model = model
    names = convolution.weights
    outputs = convolution.outputChannels
    layout = convolution.reduction(channels: channels)
    let readsPixels = names.scale != nil && node.inputs == [model.description.graph.input]
    pixels = readsPixels ? model.description.preprocessing.pixelLevels : nil
  }

  /// Weights of one output channel.
  var count: Int { layout.kernelHeight * layout.kernelWidth * layout.groupChannels }

  /// The input channel that element `i` of output channel `n`'s weights is for.
  private func channel(_ i: Int, _ n: Int) -> Int { layout.firstChannel(of: n) + i % layout.groupChannels }

  /// Calls `body` with the weights of output channel `n`, `[kernelHeight, kernelWidth, channels of a group]`.
  func read(_ n: Int, _ body: (UnsafePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { row in
      guard let row = row.baseAddress else { return }
      unpack(n, row)
      if let pixels { for i in 0..<count { row[i] *= pixels.scale[channel(i, n)] } }
      body(row)
    }
  }

  /// What the pixels of the mean picture, which is zero to a network, add to output channel `n`.
  func pixelOffset(_ n: Int) -> Float {
    guard let pixels else { return 0 }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { row in
      guard let row = row.baseAddress else { return 0 }
      unpack(n, row)
      var sum = 0.0
      for i in 0..<count { sum += Double(row[i]) * Double(pixels.offset[channel(i, n)]) }
      return Float(sum)
    }
  }

  private func unpack(_ n: Int, _ row: UnsafeMutablePointer<Float>) {
    guard let scale = names.scale else { return layout.unpackRow(n, of: model.floats(names.weight), into: row) }
    let factor = model.floats(scale)[n]
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: count) { levels in
      guard let levels = levels.baseAddress else { return }
      layout.unpackRow(n, of: model.int8(names.weight), into: levels)
      for i in 0..<count { row[i] = Float(levels[i]) * factor }
    }
  }
}
