/// Some elements of a node's result in any order: slices, split channels, other orders of the dimensions. Attention is written
/// with them.
struct ONNXView: Equatable {
  /// Steps along a dimension of ours.
  struct Part: Equatable {
    var axis: ONNXActivation.Axis
    /// Elements of the axis from one step to the next.
    var stride: Int
    /// At least 2.
    var length: Int
  }

  var node: String
  /// Where the view begins, where that is not at 0.
  var first: [ONNXActivation.Axis: Int] = [:]
  /// What each dimension of the ONNX tensor runs over, the last part fastest; those of length 1 over nothing.
  var dimensions: [[Part]]
  /// What every element is multiplied by.
  var factor = 1.0

  init(node: String, dimensions: [[Part]]) { (self.node, self.dimensions) = (node, dimensions) }

  init(_ activation: ONNXActivation, _ shape: Shape) {
    node = activation.node
    dimensions = activation.dimensions.map { axes in
      axes.map { Part(axis: $0, stride: 1, length: shape.length($0)) }
    }
  }

  var lengths: [Int] { dimensions.map { $0.reduce(1) { $0 * $1.length } } }

  /// All of the node's result, each axis in one piece; nil where the view is something else.
  func whole(_ shape: Shape) -> ONNXActivation? {
    guard factor == 1, first.isEmpty else { return nil }
    let parts = dimensions.flatMap(\.self)
    let axes = [ONNXActivation.Axis.rows, .columns, .channels].filter { shape.length($0) > 1 }
    guard parts.count == axes.count, Set(parts.map(\.axis)) == Set(axes),
      parts.allSatisfy({ $0.stride == 1 && $0.length == shape.length($0.axis) })
    else { return nil }
    return ONNXActivation(node, dimensions.map { $0.map(\.axis) })
  }
}

extension ONNXView {
  /// The same elements in the same order with dimensions of other lengths; nil where steps would not be even.
  ///
  /// - Parameter lengths: of as many elements.
  func regrouped(_ lengths: [Int]) -> ONNXView? {
    // Reversed: the slowest part is the last.
    var rest = Array(dimensions.flatMap(\.self).reversed())
    var result = self
    result.dimensions = []
    for length in lengths {
      var (parts, reached): ([Part], Int) = ([], 1)
      while reached < length, var part = rest.popLast() {
        guard length.isMultiple(of: reached) else { return nil }
        let needed = length / reached
        if part.length > needed {
          guard part.length.isMultiple(of: needed) else { return nil }
          let inner = part.length / needed
          rest.append(Part(axis: part.axis, stride: part.stride, length: inner))
          part = Part(axis: part.axis, stride: part.stride * inner, length: needed)
        }
        if let last = parts.last, last.axis == part.axis, last.stride == part.stride * part.length {
          parts[parts.count - 1] = Part(axis: part.axis, stride: part.stride, length: last.length * part.length)
        } else {
          parts.append(part)
        }
        reached *= part.length
      }
      guard reached == length else { return nil }
      result.dimensions.append(parts)
    }
    return result
  }

  /// Part of one dimension; nil where that is no even stretch of one axis.
  ///
  /// - Parameter step: from one element that is taken to the next.
  /// - Precondition: the range is not empty and lies in the dimension; the step is not longer than the dimension.
  func sliced(_ dimension: Int, _ range: Range<Int>, step: Int = 1) -> ONNXView? {
    var result = self
    guard var slowest = dimensions[dimension].first else { return self }
    let inner = dimensions[dimension].dropFirst().reduce(1) { $0 * $1.length }
    guard range.lowerBound.isMultiple(of: inner), range.count.isMultiple(of: inner), step == 1 || inner == 1 else {
      return nil
    }
    let start = range.lowerBound / inner * slowest.stride
    if start > 0 { result.first[slowest.axis, default: 0] += start }
    slowest.length = (range.count / inner + step - 1) / step
    slowest.stride *= step
    result.dimensions[dimension].removeFirst()
    if slowest.length > 1 { result.dimensions[dimension].insert(slowest, at: 0) }
    return result
  }
}

extension ONNXView.Part {
  /// The parts of one axis that dimensions of these lengths run over, one dimension within the other.
  static func nested(_ axis: ONNXActivation.Axis, lengths: [Int]) -> [[ONNXView.Part]] {
    var stride = lengths.reduce(1, *)
    return lengths.map { length in
      stride /= length
      return length > 1 ? [ONNXView.Part(axis: axis, stride: stride, length: length)] : []
    }
  }
}
