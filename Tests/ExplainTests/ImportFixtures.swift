@testable import Explain
import Foundation
import Kernels

/// Names and shapes of a state dict, and how to make files of it.
struct SyntheticWeights {
  var shapes: [String: [Int]]
  var metadata: [String: String] = [:]

  /// torchvision's ResNet-18.
  static func resNet18(classes: Int) -> SyntheticWeights {
    var shapes = ["fc.weight": [classes, 512], "fc.bias": [classes], "bn1.num_batches_tracked": []]
    func convolution(_ name: String, _ norm: String, _ shape: [Int]) {
      shapes["\(name).weight"] = shape
      for tensor in ["weight", "bias", "running_mean", "running_var"] { shapes["\(norm).\(tensor)"] = [shape[0]] }
    }
    convolution("conv1", "bn1", [64, 3, 7, 7])
    for (stage, width) in zip(1...4, [64, 128, 256, 512]) {
      for block in 0..<2 {
        let name = "layer\(stage).\(block)"
        let inputs = block == 0 && stage > 1 ? width / 2 : width
        convolution("\(name).conv1", "\(name).bn1", [width, inputs, 3, 3])
        convolution("\(name).conv2", "\(name).bn2", [width, width, 3, 3])
        if inputs != width { convolution("\(name).downsample.0", "\(name).downsample.1", [width, inputs, 1, 1]) }
      }
    }
    return SyntheticWeights(shapes: shapes)
  }

  /// A head of three branches under `prefix`.
  static func head(_ channels: [Int], rows: Int, prefix: String = "") -> SyntheticWeights {
    var shapes: [String: [Int]] = [:]
    for (index, count) in channels.enumerated() {
      let name = "\(prefix)branch.\(index)"
      shapes["\(name).conv.weight"] = [count, count, 1, 1]
      shapes["\(name).conv.bias"] = [count]
      for tensor in ["weight", "bias", "running_mean", "running_var"] { shapes["\(name).bn.\(tensor)"] = [count] }
    }
    shapes["\(prefix)fuse.weight"] = [rows, channels.reduce(0, +), 1, 1]
    shapes["\(prefix)fuse.bias"] = [rows]
    return SyntheticWeights(shapes: shapes)
  }

  /// Writes a header and as many zeros as it promises; the file takes no room on the disk.
  ///
  /// - Parameter dtypes: of tensors that are not F32.
  func writeZeros(_ path: String, dtypes: [String: DType] = [:]) throws {
    var header: [String: Any] = ["__metadata__": metadata]
    var end = 0
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      let dtype = dtypes[name] ?? .f32
      let size = shape.reduce(dtype.byteCount, *)
      header[name] = ["dtype": dtype.rawValue, "shape": shape, "data_offsets": [end, end + size]]
      end += size
    }
    let json = try JSONSerialization.data(withJSONObject: header)
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
    try (length + json).write(to: URL(filePath: path))
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.truncate(atOffset: UInt64(8 + json.count + end))
    try file.close()
  }

  /// Writes random values: variances and BatchNorm's weights 0.5...1.5, everything else small.
  func writeRandom(_ path: String, seed: UInt64) throws -> [String: [Float]] {
    var generator = SplitMix64(state: seed)
    var values: [String: [Float]] = [:]
    let names = shapes.keys.sorted().filter { !$0.hasSuffix("num_batches_tracked") }
    for name in names {
      let isPositive = name.hasSuffix("running_var") || (name.contains("bn") && name.hasSuffix("weight"))
      values[name] = (0..<(shapes[name] ?? []).reduce(1, *)).map { _ in
        isPositive ? 1 + 0.5 * generator.signedUnit() : 0.1 * generator.signedUnit()
      }
    }
    try write(path, values)
    return values
  }

  /// Writes the tensors that `values` has.
  func write(_ path: String, _ values: [String: [Float]]) throws {
    let names = values.keys.sorted()
    let writer = try SafetensorsWriter(
      path: path, tensors: names.map { SafetensorsWriter.Declaration($0, .f32, shapes[$0] ?? []) },
      metadata: metadata)
    for name in names { try writer.write(values[name] ?? [], to: name) }
    _ = try writer.finish()
  }
}

extension Model {
  /// The tensor names of a node.
  func names(_ node: String) -> WeightNames? {
    (description.graph.nodes.first { $0.name == node }?.op as? any ConvolutionOperator)?.weights
  }

  func entry(_ name: String) -> Safetensors.Entry? { entries.first { $0.name == name } }

  /// A dense layer's packed weights `[P * 16][4 * groups]`, scaled if they are int8; padding included.
  func packedRows(weight: String, scale: String?) -> [[Float]] {
    guard let shape = entry(weight)?.shape else { return [] }
    let panels = shape[0]
    let groups = scale == nil ? shape[1] / 4 : shape[1]
    return (0..<panels * 16).map { n in
      (0..<4 * groups).map { k in
        guard let scale else { return floats(weight)[((n / 16) * 4 * groups + k) * 16 + n % 16] }
        return Float(int8(weight)[(((n / 16) * groups + k / 4) * 16 + n % 16) * 4 + k % 4]) * floats(scale)[n]
      }
    }
  }
}
