// Pooling.

extension ONNXTranslator {
  static let poolingRules: [String: Rule] = [
    "MaxPool": { translator, node throws(ImportError) in try translator.pool(node) },
    "AveragePool": { translator, node throws(ImportError) in try translator.pool(node) },
    "GlobalAveragePool": { translator, node throws(ImportError) in
      try translator.global(node, GlobalAveragePool())
    },
    "GlobalMaxPool": { translator, node throws(ImportError) in try translator.global(node, GlobalMaxPool()) },
    "ReduceMean": { translator, node throws(ImportError) in try translator.reduceMean(node) },
    "ReduceSum": { translator, node throws(ImportError) in try translator.reduceSum(node) },
    "Concat": { translator, node throws(ImportError) in try translator.concat(node) },
  ]

  private mutating func pool(_ node: ONNXNode) throws(ImportError) {
    var padding = try paddedImage(node)
    let isMaximum = node.opType == "MaxPool"
    if isMaximum, padding.value == 0, padding.isThere {
      // Maxima of what is never below 0 are the same with a border of 0.
      if isNonNegative(padding.image.node) {
        padding.value = -.infinity
      } else {
        padding = ONNXPadding(image: try settle(node.inputs[0]))
      }
    }
    let input = padding.image
    let shape = graph.shape(input.node)
    guard let kernel = node.ints("kernel_shape") else { throw unsupported(node, "kernel_shape is missing") }
    var window = try window(node, kernel: kernel, over: shape)
    let isPadded = window.isPadded
    window.pad(padding)
    let hasBorder = window.isPadded && !isPadded
    // A border of a node's own is part of each mean, and never the maximum.
    guard !hasBorder || (isMaximum ? padding.value < -Float.greatestFiniteMagnitude / 2 : padding.value == 0) else {
      throw unsupported(node, "padding with \(padding.value) is not supported")
    }
    let countsPadding = window.isPadded && (hasBorder || node.int("count_include_pad", 0) == 1)
    if node.int("ceil_mode", 0) == 1 {
      let before = window
      window.roundUp(over: shape)
      guard !countsPadding || window == before else {
        throw unsupported(node, "ceil_mode with count_include_pad is not supported for this size")
      }
    }
    let op: any GraphOperator = isMaximum ? MaxPool(window) : AveragePool(window, countsPadding: countsPadding)
    let result = try graph.append(name(node), op, [input.node])
    set(node, .activation(ONNXActivation(image: result, graph.shape(result))))
  }

  private mutating func global(_ node: ONNXNode, _ op: any GraphOperator) throws(ImportError) {
    let input = try image(node)
    let result = try graph.append(name(node), op, [input.node])
    set(node, .activation(ONNXActivation(image: result, graph.shape(result))))
  }

  /// Sums are means times the number of elements.
  private mutating func reduceSum(_ node: ONNXNode) throws(ImportError) {
    var view = try inputView(node)
    let rank = view.dimensions.count
    let reduced = Set(try axes(node, rank: rank) ?? [])
    guard !reduced.isEmpty, reduced.allSatisfy((0..<rank).contains) else {
      throw unsupported(node, "the axes are missing")
    }
    view.factor *= Double(reduced.reduce(1) { $0 * view.lengths[$1] })
    try setMean(node, view, reduced, keeps: node.int("keepdims", 1) == 1)
  }

  private mutating func setMean(
    _ node: ONNXNode, _ view: ONNXView, _ reduced: Set<Int>, keeps: Bool
  ) throws(ImportError) {
    var result = try mean(view, over: reduced, for: node)
    if !keeps {
      result.dimensions = result.dimensions.indices.filter { !reduced.contains($0) }.map { result.dimensions[$0] }
    }
    set(node.outputs[0], result)
  }

  /// The mean over rows and columns, or the channels' that a layer normalization begins with.
  private mutating func reduceMean(_ node: ONNXNode) throws(ImportError) {
    guard let lengths = lengths(try value(node, 0)) else {
      throw unsupported(node, "a mean of a mean is not supported")
    }
    let rank = lengths.count
    let reduced = Set(try axes(node, rank: rank) ?? [])
    let keeps = node.int("keepdims", 1) == 1
    if reduced == [rank - 1], keeps, try followMean(node) { return }
    let input = try activation(node, 0)
    let named = reduced.sorted().flatMap { input.dimensions.indices.contains($0) ? input.dimensions[$0] : [] }
    guard !reduced.isEmpty, Set(named).isSubset(of: [.rows, .columns]),
      Set(input.order).subtracting(named) == (graph.shape(input.node).channels > 1 ? [.channels] : [])
    else {
      guard !reduced.isEmpty, reduced.allSatisfy((0..<rank).contains) else {
        throw unsupported(node, "the axes are missing")
      }
      return try setMean(node, ONNXView(input, graph.shape(input.node)), reduced, keeps: keeps)
    }
    let result = try graph.append(name(node), GlobalAveragePool(), [input.node])
    let dimensions = input.dimensions.enumerated().compactMap { index, axes -> [ONNXActivation.Axis]? in
      reduced.contains(index) ? (keeps ? [] : nil) : axes
    }
    set(node, result, dimensions)
  }
}

extension Window {
  /// Adds padding below and on the right, so that a last window that is not whole is there too (`ceil_mode`).
  mutating func roundUp(over input: Shape) {
    func extra(_ size: Int, _ before: Int, _ after: Int, _ extent: Int) -> Int {
      let span = size + before + after - extent
      let windows = (span + stride - 1) / stride
      // The last window begins in the image or in the padding before it.
      guard windows * stride < size + before else { return 0 }
      return max(0, windows * stride - span)
    }
    bottom += extra(input.height, top, bottom, (kernelHeight - 1) * dilationHeight + 1)
    right += extra(input.width, left, right, (kernelWidth - 1) * dilationWidth + 1)
  }
}
