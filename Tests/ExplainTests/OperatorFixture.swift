import Foundation
import Kernels
import Testing

@testable import Explain

/// A small network around some nodes: 8x8x3 -> conv (20) -> the nodes -> dense 1x1 (20) -> depthwise -> mean -> 5 classes,
/// with random weights.
struct OperatorFixture {
  let folder: TemporaryFolder
  let model: Model

  /// - Parameters:
  ///   - nodes: that begin with "conv"; the last one, of 20 channels, is read on.
  ///   - floats: F32 tensors of theirs.
  ///   - shapes: of those that are no vectors.
  init(_ nodes: [Node], _ precision: Precision, floats: [String: [Float]] = [:], shapes: [String: [Int]] = [:])
    throws
  {
    let isInt8 = precision == .int8
    var tiny = TinyModel(precision)
    let names = WeightNames(
      weight: "next.weight", scale: isInt8 ? "next.scale" : nil, bias: "next.bias",
      columnSums: isInt8 ? "next.column_sums" : nil)
    let next = Node(
      "next", Convolution(window: Window(kernel: 1), outputChannels: 20, weights: names), [nodes.last?.name ?? "conv"])
    let place = tiny.description.graph.nodes.firstIndex { $0.name == "dw" } ?? 0
    tiny.description.graph.nodes.insert(contentsOf: nodes + [next], at: place)
    tiny.change("dw") { $0.inputs = ["next"] }
    tiny.add("next.weight", isInt8 ? .i8 : .f32, isInt8 ? [2, 5, 16, 4] : [2, 20, 16])
    tiny.add("next.bias", .f32, [2, 16])
    if isInt8 {
      tiny.add("next.scale", floats: [Float](repeating: 0, count: 32), [2, 16])
      tiny.add("next.column_sums", .i32, [2, 1, 16])
    }
    for (name, values) in floats { tiny.add(name, floats: values, shapes[name] ?? [values.count]) }
    var random = SplitMix64(7, 1)
    for name in ["conv", "next", "dw", "fc"] { tiny.randomize(name, &random) }
    folder = try TemporaryFolder()
    try tiny.write(folder.file("model"))
    model = try Model(path: folder.file("model"))
  }
}

extension TinyModel {
  /// Gives a layer weights and, in int8, scales and column sums.
  fileprivate mutating func randomize(_ layer: String, _ random: inout SplitMix64) {
    guard let weight = tensors["\(layer).weight"], let bias = tensors["\(layer).bias"] else { return }
    let count = weight.bytes.count / weight.dtype.byteCount
    // What lies behind is padding.
    let used = layer == "fc" ? 5 : 20
    let padding = [Float](repeating: 0, count: bias.bytes.count / 4 - used)
    add("\(layer).bias", floats: (0..<used).map { _ in random.float(in: -1...1) } + padding, bias.shape)
    guard weight.dtype == .i8 else {
      add("\(layer).weight", floats: (0..<count).map { _ in random.float(in: -0.4...0.4) }, weight.shape)
      return
    }
    let levels = (0..<count).map { _ in Int8(random.next() % 15) - 7 }
    tensors["\(layer).weight"]?.bytes = levels.map { UInt8(bitPattern: $0) }
    add("\(layer).scale", floats: [Float](repeating: 0.03, count: used) + padding, bias.shape)
    // One block: [panels, groups, 16, 4].
    guard let sums = tensors["\(layer).column_sums"] else { return }
    let groups = weight.shape[1]
    let values = (0..<sums.bytes.count / 4).map { column in
      (0..<4 * groups).reduce(Int32(0)) {
        $0 + Int32(levels[((column / 16 * groups + $1 / 4) * 16 + column % 16) * 4 + $1 % 4])
      }
    }
    tensors["\(layer).column_sums"]?.bytes = values.withUnsafeBytes { Array($0) }
  }
}
