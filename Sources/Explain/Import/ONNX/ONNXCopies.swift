import Kernels

// Views whose elements are copied, so that what reads them finds rows, columns and channels.

extension Shape {
  /// Elements from one step along an axis to the next.
  fileprivate func stride(_ axis: ONNXActivation.Axis) -> Int {
    switch axis {
    case .rows: width * channels
    case .columns: channels
    case .channels: 1
    }
  }
}

extension ONNXTranslator {
  typealias Parts = [ONNXView.Part]

  /// A node whose rows, columns and channels are those parts of a view; the view's own where it has these.
  ///
  /// - Parameter node: what reads the view, for names.
  mutating func copy(
    _ view: ONNXView, rows: Parts, columns: Parts, channels: Parts, for node: ONNXNode
  ) throws(ImportError) -> String {
    let source = graph.shape(view.node)
    let parts = rows + columns + channels
    func count(_ parts: Parts) -> Int { parts.reduce(1) { $0 * $1.length } }
    let shape = Shape(count(rows), count(columns), count(channels))
    let loops = StridedLoops(
      offset: view.first.reduce(0) { $0 + $1.value * source.stride($1.key) }, lengths: parts.map(\.length),
      strides: parts.map { $0.stride * source.stride($0.axis) })
    let isWhole = loops.offset == 0 && loops.lengths == [source.count] && (loops.strides == [1] || source.count == 1)
    if isWhole, shape == source { return view.node }
    let op = Rearrange(shape: shape, offset: loops.offset, lengths: loops.lengths, strides: loops.strides)
    let key = CopyKey(node: view.node, op: op)
    if let known = copies[key] { return known }
    let result = try graph.append(name(label: "\(name(node)).part"), op, [view.node])
    copies[key] = result
    return result
  }

  /// A tensor of the view's elements, laid out so that what reads it most likely need not copy once more.
  mutating func copy(_ view: ONNXView, for node: ONNXNode) throws(ImportError) -> ONNXActivation {
    if view.isImage { return try image(view, for: node) }
    return try copy(view, channels: view.channelDimension, for: node)
  }

  /// A tensor of the view's elements, `[1, c, h, w]` in PyTorch's order.
  ///
  /// - Precondition: the view has four dimensions, the first of which is 1.
  mutating func image(_ view: ONNXView, for node: ONNXNode) throws(ImportError) -> ONNXActivation {
    let dimensions = view.dimensions
    let result = try copy(
      view, rows: dimensions[2], columns: dimensions[3], channels: dimensions[1], for: node)
    return ONNXActivation(image: result, graph.shape(result))
  }

  /// A tensor of the view's elements with one dimension as its channels.
  mutating func copy(_ view: ONNXView, channels: Int, for node: ONNXNode) throws(ImportError) -> ONNXActivation {
    let others = view.dimensions.indices.filter { $0 != channels && !view.dimensions[$0].isEmpty }
    guard others.count <= 2 else {
      throw unsupported(node, "a copy of \(view.lengths), which has more than three dimensions, is not supported")
    }
    let rows = others.count > 1 ? others[0] : nil
    func parts(_ dimension: Int?) -> Parts { dimension.map { view.dimensions[$0] } ?? [] }
    let result = try copy(
      view, rows: parts(rows), columns: parts(others.last), channels: view.dimensions[channels], for: node)
    var dimensions = [[ONNXActivation.Axis]](repeating: [], count: view.dimensions.count)
    if let rows { dimensions[rows] = [.rows] }
    if let columns = others.last { dimensions[columns] = [.columns] }
    if !view.dimensions[channels].isEmpty { dimensions[channels] = [.channels] }
    return ONNXActivation(result, dimensions)
  }

  /// The same with the last dimension as the channels, which layers read.
  mutating func lastAsChannels(
    _ activation: ONNXActivation, for node: ONNXNode
  ) throws(ImportError) -> ONNXActivation {
    // Of images that are flattened, a kernel can be made.
    guard let last = activation.dimensions.last, last != [.channels], last != [.channels, .rows, .columns] else {
      return activation
    }
    let view = ONNXView(activation, graph.shape(activation.node))
    return try copy(view, channels: view.dimensions.count - 1, for: node)
  }

  /// The same with the dimension along which a constant varies as the channels.
  mutating func varying(
    _ activation: ONNXActivation, with constant: ONNXConstant?, for node: ONNXNode
  ) throws(ImportError) -> ONNXActivation {
    guard let constant, constant.count > 1, constant.shape.count <= activation.dimensions.count else {
      return activation
    }
    let skipped = activation.dimensions.count - constant.shape.count
    let long = constant.shape.indices.filter { constant.shape[$0] > 1 }
    guard long.count == 1, activation.dimensions[long[0] + skipped] != [.channels] else { return activation }
    return try copy(
      ONNXView(activation, graph.shape(activation.node)), channels: long[0] + skipped, for: node)
  }

  /// The node of a tensor with its elements where another one has its own, repeated along dimensions in which it has only one; nil
  /// where a copy's steps would not be even.
  mutating func spread(
    _ activation: ONNXActivation, over pattern: ONNXActivation, for node: ONNXNode
  ) throws(ImportError) -> String? {
    if activation.dimensions == pattern.dimensions { return activation.node }
    let view = ONNXView(activation, graph.shape(activation.node)).repeated(to: lengths(pattern))
    return try copy(view, like: pattern, for: node)
  }

  /// A node with the elements in the places in which `pattern` has its own.
  ///
  /// - Precondition: both have the same lengths.
  mutating func copy(
    _ view: ONNXView, like pattern: ONNXActivation, for node: ONNXNode
  ) throws(ImportError) -> String? {
    let patternView = ONNXView(pattern, graph.shape(pattern.node))
    guard let split = view.split(like: patternView) else { return nil }
    func parts(_ axis: ONNXActivation.Axis) -> Parts {
      zip(patternView.dimensions.flatMap(\.self), split).filter { $0.0.axis == axis }.map(\.1)
    }
    return try copy(view, rows: parts(.rows), columns: parts(.columns), channels: parts(.channels), for: node)
  }
}

/// A copy that is there already.
struct CopyKey: Hashable {
  var node: String
  var op: Rearrange
}

extension ONNXView {
  /// Whether the dimensions are those of an image in PyTorch's order, and not `[1, h, w, c]`.
  fileprivate var isImage: Bool {
    guard dimensions.count == 4, dimensions[0].isEmpty else { return false }
    func isOfChannels(_ dimension: Int) -> Bool { dimensions[dimension].contains { $0.axis == .channels } }
    return !isOfChannels(3) || isOfChannels(1) || isOfChannels(2) || dimensions[3].contains { $0.axis != .channels }
  }

  /// The dimension whose elements follow each other in memory; the last where there is none.
  fileprivate var channelDimension: Int {
    dimensions.indices.last { dimensions[$0].last?.axis == .channels } ?? dimensions.count - 1
  }

  /// The dimensions' parts, split so that they are as long as those of another view; nil where they cannot be.
  fileprivate func split(like other: ONNXView) -> [Part]? {
    guard lengths == other.lengths, let view = regrouped(other.dimensions.flatMap(\.self).map(\.length)),
      view.dimensions.allSatisfy({ $0.count == 1 })
    else { return nil }
    return view.dimensions.flatMap(\.self)
  }
}
