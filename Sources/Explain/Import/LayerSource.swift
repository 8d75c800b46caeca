import Kernels

/// Rows of a weight matrix inside a state dict's tensor, one row per output channel.
struct WeightMatrix {
  var state: StateDict
  var tensor: String
  /// The tensor's row for each output channel; nil is a row of zeros.
  var rows: [Int?]
  /// Elements from one row of the tensor to the next.
  var stride: Int
  /// The part of a row that is used.
  var columns: Range<Int>

  /// All of a tensor `[outputs, ...]`.
  init(_ tensor: String, state: StateDict, outputs: Int, length: Int) {
    self.init(tensor, state: state, rows: Array(0..<outputs), stride: length, columns: 0..<length)
  }

  init(_ tensor: String, state: StateDict, rows: [Int?], stride: Int, columns: Range<Int>) {
    self.state = state
    self.tensor = tensor
    self.rows = rows
    self.stride = stride
    self.columns = columns
  }

  /// Rows that the tensor has at least.
  var sharedRows: Int { (rows.compactMap(\.self).max() ?? 0) + 1 }

  /// Reads the weights of output channel `n`, `columns.count` of them.
  func read(_ n: Int, into target: UnsafeMutablePointer<Float>) {
    guard let row = rows[n] else {
      target.update(repeating: 0, count: columns.count)
      return
    }
    state.read(tensor, row * stride + columns.lowerBound..<row * stride + columns.upperBound, into: target)
  }

  /// Reads the codes of output channel `n`; nil where its weights are not stored as codes with one scale.
  func codes(_ n: Int, into target: UnsafeMutablePointer<Int8>) -> Float? {
    guard let row = rows[n] else { return nil }
    return state.codes(
      tensor, row * stride + columns.lowerBound..<row * stride + columns.upperBound, into: target)
  }

  /// Lets go of the memory that holds the weights of these output channels.
  func release(_ outputs: Range<Int>) {
    let rows = rows[outputs].compactMap { $0 }
    guard let first = rows.min(), let last = rows.max() else { return }
    state.release(tensor, first * stride..<(last + 1) * stride)
  }
}

/// A layer of the model file to be: how it is stored, under which names, and where its values come from.
struct LayerSource {
  /// For messages and progress.
  var node: String
  var layout: TensorLayout
  /// Weights `[outputs, inputs, kernelHeight, kernelWidth]`.
  var weights: WeightMatrix
  var convolutionBias: String?
  var normalization: BatchNorm?
  /// What the row of each output channel is multiplied by, its bias included, where several share a row; nil is 1.
  var factors: [Double]?
  /// Expected value of every input channel, to correct the biases with; nil does not correct.
  var inputMeans: [Double]?
  /// How the errors of the weights are made to cancel.
  var rounding = Rounding()
  /// Set for int8 layers that read the network's input: they see pixels, so that nothing is lost before the first layer.
  var pixels: PixelLevels?

  var weight: String
  var scale, bias, columnSums: String?

  var declarations: [SafetensorsWriter.Declaration] {
    let required = [
      layout.weight(weight), scale.map(layout.scale), bias.map(layout.bias), columnSums.map(layout.columnSums),
    ]
    return required.compactMap { $0 }.map { SafetensorsWriter.Declaration($0.name, $0.dtype, $0.shape) }
  }
}
