import Kernels

/// A dense layer that training changes: its weights and bias, their gradients, and the panels that passes read.
final class TrainableLayer {
  let outputs: Int
  /// Weights of one output channel, `[kernelHeight, kernelWidth, channels of a group]`.
  let length: Int
  /// `[outputs, length]`
  let weights, weightGradient: AlignedFloats
  /// `[outputs]`, rounded up to 16 with zeros.
  let bias, biasGradient: AlignedFloats
  private let rows: LayerRows
  private let start: UnsafePointer<Float>
  private let precision: OperandPrecision
  private var copies: [Copy] = []

  /// The weights in the order in which a product reads them.
  private struct Copy {
    let packing: PanelPacking
    let floats: AlignedFloats
    /// Nil where Floats are read.
    let rounded: AlignedFloats?
  }

  /// Bytes for each weight while it is trained, with two kinds of panels and the moments of an optimiser.
  static let bytesOfWeight = 6 * MemoryLayout<Float>.size

  /// - Parameter bias: of the model, rounded up to 16.
  init(_ rows: LayerRows, bias: UnsafePointer<Float>, _ precision: OperandPrecision) throws(EngineError) {
    (outputs, length, self.precision) = (rows.outputs, rows.count, precision)
    (self.rows, start) = (rows, bias)
    weights = try AlignedFloats(outputs * length)
    weightGradient = try AlignedFloats(outputs * length)
    self.bias = try AlignedFloats(PanelLayout.padded(outputs))
    biasGradient = try AlignedFloats(PanelLayout.padded(outputs))
    reset()
  }

  /// Goes back to what the model has. The panels follow with `update`.
  func reset() {
    for n in 0..<outputs { rows.read(n) { (weights.values + n * length).update(from: $0, count: length) } }
    bias.values.update(from: start, count: outputs)
  }

  /// Panels that keep up with the weights.
  func panels(_ packing: PanelPacking) throws(EngineError) -> UnsafeRawPointer {
    let rounded = precision == .bf16 ? try AlignedFloats(packing.count / 2) : nil
    let copy = Copy(packing: packing, floats: try AlignedFloats(packing.count), rounded: rounded)
    copies.append(copy)
    for n in 0..<outputs { put(n, into: copy) }
    round(copy)
    return UnsafeRawPointer((rounded ?? copy.floats).values)
  }

  /// Has the panels follow the weights.
  func update(_ context: ExecutionContext) {
    for copy in copies {
      context.forEachRange(count: outputs, grain: 16) { for n in $0 { put(n, into: copy) } }
      round(copy)
    }
  }

  private func put(_ n: Int, into copy: Copy) {
    copy.packing.put(weights.values + n * length, output: n, into: copy.floats.values)
  }

  private func round(_ copy: Copy) {
    copy.rounded?.values.withMemoryRebound(to: UInt16.self, capacity: copy.packing.count) {
      roundPanels(copy.floats.values, count: copy.packing.count, into: $0)
    }
  }
}
