@testable import Explain
import Foundation

/// A complete model of four layers, to be spoiled in one respect each.
struct TinyModel {
  var description: ModelDescription
  var tensors: [String: (dtype: DType, shape: [Int], bytes: [UInt8])] = [:]
  var metadata = ["format": "ttame-lite", "format_version": "1"]
  /// Replaces the description's own JSON.
  var json: String?

  /// 8x8x3 -> conv 3x3 to 20 -> relu -> depthwise 3x3 -> mean -> 5 classes.
  init(_ precision: Precision = .int8) {
    let isInt8 = precision == .int8
    func names(_ node: String, sums: Bool = true) -> WeightNames {
      WeightNames(
        weight: "\(node).weight", scale: isInt8 ? "\(node).scale" : nil, bias: "\(node).bias",
        columnSums: isInt8 && sums ? "\(node).column_sums" : nil)
    }
    let nodes = [
      Node(
        "conv", Convolution(window: Window(kernel: 3, padding: 1), outputChannels: 20, weights: names("conv")),
        ["input"]),
      Node("relu", Activation.relu, ["conv"]),
      Node(
        "dw",
        DepthwiseConvolution(
          window: Window(kernel: 3, padding: 1), outputChannels: 20, weights: names("dw", sums: false)),
        ["relu"]),
      Node("mean", GlobalAveragePool(), ["dw"]),
      Node("fc", Convolution(window: Window(kernel: 1), outputChannels: 5, weights: names("fc")), ["mean"]),
    ]
    let head = HeadDescription(
      kind: .cam,
      branches: [
        HeadDescription.Branch(node: "relu", fuse: nil),
        HeadDescription.Branch(
          node: "dw", fuse: HeadDescription.FuseWeights(weight: "fc.weight", scale: isInt8 ? "fc.scale" : nil)),
      ], bias: "fc.bias")
    description = ModelDescription(
      name: "tiny", architecture: "tiny", precision: precision,
      graph: Graph(input: "input", inputShape: Shape(8, 8, 3), nodes: nodes, output: "fc"),
      featureLayers: [FeatureLayer(name: "early", node: "relu"), FeatureLayer(name: "late", node: "dw")],
      preprocessing: Preprocessing(
        resize: 9, crop: 8, interpolation: .bilinear, mean: [0.1, 0.2, 0.3], std: [1, 1, 1]),
      labels: ["a", "b", "c", "d", "e"], classes: 5, head: head, licence: "none", source: "made up")
    // Three rows of 3 x 3 channels are padded to 12; 20 channels need two panels.
    if isInt8 {
      add("conv.weight", .i8, [2, 9, 16, 4])
      add("conv.column_sums", .i32, [2, 1, 16])
      add("dw.weight", .i8, [9, 32])
      add("fc.weight", .i8, [1, 5, 16, 4])
      add("fc.column_sums", .i32, [1, 1, 16])
      for (name, shape, used) in [("conv", [2, 16], 20), ("dw", [32], 20), ("fc", [1, 16], 5)] {
        add("\(name).scale", floats: (0..<shape.reduce(1, *)).map { $0 < used ? 0.5 : 0 }, shape)
      }
    } else {
      add("conv.weight", .f32, [2, 36, 16])
      add("dw.weight", .f32, [9, 32])
      add("fc.weight", .f32, [1, 20, 16])
    }
    for (name, shape) in [("conv", [2, 16]), ("dw", [32]), ("fc", [1, 16])] { add("\(name).bias", .f32, shape) }
  }

  mutating func add(_ name: String, _ dtype: DType, _ shape: [Int]) {
    tensors[name] = (dtype, shape, [UInt8](repeating: 0, count: shape.reduce(dtype.byteCount, *)))
  }

  mutating func add(_ name: String, floats: [Float], _ shape: [Int]) {
    tensors[name] = (.f32, shape, floats.withUnsafeBytes { Array($0) })
  }

  mutating func set(_ name: String, _ index: Int, _ value: Float) {
    withUnsafeBytes(of: value) { tensors[name]?.bytes.replaceSubrange(4 * index..<4 * index + 4, with: $0) }
  }

  /// Changes one node.
  mutating func change(_ node: String, _ change: (inout Node) -> Void) {
    for index in description.graph.nodes.indices where description.graph.nodes[index].name == node {
      change(&description.graph.nodes[index])
    }
  }

  /// Changes the tensor names of one node.
  mutating func rename(_ node: String, _ rename: (inout WeightNames) -> Void) {
    change(node) { node in
      guard var convolution = node.op as? any ConvolutionOperator else { return }
      rename(&convolution.weights)
      node.op = convolution
    }
  }

  /// The description as the file holds it, with sorted keys: the same bytes every time.
  func descriptionJSON() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(description), as: UTF8.self)
  }

  func write(_ path: String) throws {
    let order = tensors.sorted { $0.key < $1.key }
    var metadata = metadata
    metadata["model"] = try json ?? descriptionJSON()
    let writer = try SafetensorsWriter(
      path: path, tensors: order.map { SafetensorsWriter.Declaration($0.key, $0.value.dtype, $0.value.shape) },
      metadata: metadata)
    for (name, tensor) in order { try writer.write(tensor.bytes, to: name) }
    _ = try writer.finish()
  }
}
