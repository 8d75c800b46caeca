import Kernels

/// The fuse layer of T-TAME's attention mechanism, for the classes asked for only; L-CAM is a fuse layer and no more.
///
/// The head computes `c = fuse(concat(u_1 ... u_L))` with every `u_l` enlarged to the first one's size, and one map per class.
/// A 1 x 1 convolution commutes with bilinear enlargement (its weights sum to 1), so the fuse row is applied at each branch's
/// own resolution and one plane per branch is enlarged: the same map at a thousandth of the cost.
struct AttentionHead {
  private struct Branch {
    var node: String
    var shape: Shape
    var fuse: HeadDescription.FuseWeights
    var layout: ReductionLayout
  }

  private let model: Model
  private let branches: [Branch]
  private let height, width: Int
  private let bias: String

  /// Largest side of a map (the reference enlarges no further).
  private static let largestSide = 56

  /// Sides of the maps, given the shape of the first feature layer that the head reads.
  static func mapSize(first: Shape) -> (height: Int, width: Int) {
    (min(first.height, largestSide), min(first.width, largestSide))
  }

  /// Nil if the model has no head.
  init?(_ model: Model) {
    guard let head = model.description.head,
      let first = head.kind == .lcam ? head.branches.last : head.branches.first, let size = model.shapes[first.node]
    else { return nil }
    self.model = model
    bias = head.bias
    (height, width) = Self.mapSize(first: size)
    branches = head.branches.compactMap { branch in
      guard let fuse = branch.fuse, let shape = model.shapes[branch.node] else { return nil }
      return Branch(
        node: branch.node, shape: shape, fuse: fuse,
        layout: ReductionLayout(kernelHeight: 1, kernelWidth: 1, channels: shape.channels))
    }
  }

  /// The nodes whose results the head reads: branches with a fuse layer.
  var nodes: [String] { branches.map(\.node) }

  /// Map of one class before the sigmoid, `[height, width]`.
  ///
  /// - Parameter read: yields the result of a node, `[height, width, channels]`.
  func map(of classIndex: Int, reading read: (String) -> UnsafePointer<Float>, _ context: ExecutionContext) -> ClassMap
  {
    var values = [Float](repeating: model.floats(bias)[classIndex], count: height * width)
    for branch in branches {
      let row = fuseRow(branch, classIndex)
      var plane = [Float](repeating: 0, count: branch.shape.pixels)
      context.project(
        read(branch.node), pixels: branch.shape.pixels, channels: branch.shape.channels, row: row, output: &plane)
      context.bilinear(
        plane, height: branch.shape.height, width: branch.shape.width, output: &values, outputHeight: height,
        outputWidth: width, accumulate: true)
    }
    return ClassMap(classIndex: classIndex, height: height, width: width, values: values)
  }

  private func fuseRow(_ branch: Branch, _ classIndex: Int) -> [Float] {
    var row = [Float](repeating: 0, count: branch.shape.channels)
    guard let scale = branch.fuse.scale else {
      branch.layout.unpackRow(classIndex, of: model.floats(branch.fuse.weight), into: &row)
      return row
    }
    var levels = [Int8](repeating: 0, count: branch.shape.channels)
    branch.layout.unpackRow(classIndex, of: model.int8(branch.fuse.weight), into: &levels)
    let factor = model.floats(scale)[classIndex]
    for c in row.indices { row[c] = Float(levels[c]) * factor }
    return row
  }
}
