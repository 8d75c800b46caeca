import Kernels

/// What a tensor of a model file has to be.
struct TensorRequirement: Equatable {
  enum Content { case weights, scales, biases, columnSums, parameters }

  var name: String
  var content: Content
  var dtype: DType
  var shape: [Int]
  /// Elements, from the start, that stand for real channels; the rest is padding.
  var used: Int

  /// A tensor that is stored as it was trained, without padding.
  static func parameters(_ name: String, _ shape: [Int]) -> TensorRequirement {
    TensorRequirement(name: name, content: .parameters, dtype: .f32, shape: shape, used: shape.reduce(1, *))
  }
}

/// How the tensors of a layer are stored; what the importer writes and the loader demands.
struct TensorLayout: Equatable {
  enum Kind { case dense, depthwise }

  var kind: Kind
  var outputChannels: Int
  var reduction: ReductionLayout
  var precision: Precision

  init(
    _ kind: Kind, kernelHeight: Int, kernelWidth: Int, inputChannels: Int, outputChannels: Int, groups: Int = 1,
    precision: Precision
  ) {
    self.kind = kind
    self.outputChannels = outputChannels
    self.precision = precision
    reduction = ReductionLayout(
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, channels: inputChannels,
      groups: ChannelGroups(groups, outputs: outputChannels))
  }

  /// The first input channel that output `n` reads.
  func firstInput(of n: Int) -> Int { kind == .dense ? reduction.firstChannel(of: n) : n }

  var panels: Int { PanelLayout.panels(outputChannels) }
  var paddedChannels: Int { PanelLayout.padded(outputChannels) }
  /// One value per output channel.
  private var channelShape: [Int] { kind == .dense ? [panels, PanelLayout.width] : [paddedChannels] }

  func weight(_ name: String) -> TensorRequirement {
    let shape: [Int]
    switch (kind, precision) {
    case (.dense, .int8): shape = [panels, reduction.groups, PanelLayout.width, PanelLayout.group]
    case (.dense, .float32): shape = [panels, reduction.groups * PanelLayout.group, PanelLayout.width]
    case (.depthwise, _): shape = [reduction.kernelHeight * reduction.kernelWidth, paddedChannels]
    }
    let dtype: DType = precision == .int8 ? .i8 : .f32
    return TensorRequirement(name: name, content: .weights, dtype: dtype, shape: shape, used: 0)
  }

  func scale(_ name: String) -> TensorRequirement {
    TensorRequirement(name: name, content: .scales, dtype: .f32, shape: channelShape, used: outputChannels)
  }

  func bias(_ name: String) -> TensorRequirement {
    TensorRequirement(name: name, content: .biases, dtype: .f32, shape: channelShape, used: outputChannels)
  }

  func columnSums(_ name: String) -> TensorRequirement {
    let shape = [panels, reduction.blocks, PanelLayout.width]
    return TensorRequirement(name: name, content: .columnSums, dtype: .i32, shape: shape, used: 0)
  }

  var hasScale: Bool { precision == .int8 }
  var hasColumnSums: Bool { precision == .int8 && kind == .dense }
}
