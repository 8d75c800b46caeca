/// The result of a node of ours, `[h, w, c]`, as the ONNX graph sees it.
struct ONNXActivation: Equatable {
  /// A dimension of ours; one of length 1 is nowhere in `dimensions`.
  enum Axis: Hashable { case rows, columns, channels }

  var node: String
  /// What each dimension of the ONNX tensor runs over, the last axis fastest. The batch, and any other dimension of length 1,
  /// runs over nothing.
  var dimensions: [[Axis]]

  /// A picture or feature map `[1, c, h, w]`.
  init(image node: String, _ shape: Shape) {
    self.node = node
    dimensions = [
      [], shape.channels > 1 ? [.channels] : [], shape.height > 1 ? [.rows] : [], shape.width > 1 ? [.columns] : [],
    ]
  }

  /// A picture or feature map `[1, h, w, c]`.
  init(channelsLast node: String, _ shape: Shape) {
    self.init(image: node, shape)
    dimensions.append(dimensions.remove(at: 1))
  }

  init(_ node: String, _ dimensions: [[Axis]]) { (self.node, self.dimensions) = (node, dimensions) }

  /// The dimension, counted from the last, that runs over channels alone; nil where there is none.
  var channelDimension: Int? { dimensions.reversed().enumerated().first { $0.element == [.channels] }?.offset }

  /// All axes in the order of the elements.
  var order: [Axis] { dimensions.flatMap(\.self) }

  /// Whether the value is `[1, c, h, w]`, any of which may be 1.
  var isImage: Bool {
    dimensions.count == 4
      && zip(dimensions, [[], [.channels], [.rows], [.columns]]).allSatisfy { $0.isEmpty || $0 == $1 }
  }

  /// Whether the last dimension is the channels, as linear layers read them.
  var endsInChannels: Bool {
    dimensions.last == [.channels] && !dimensions.dropLast().contains { $0.contains(.channels) }
  }
}

extension Shape {
  func length(_ axis: ONNXActivation.Axis) -> Int {
    switch axis {
    case .rows: height
    case .columns: width
    case .channels: channels
    }
  }
}
