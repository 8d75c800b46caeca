import Explain
import Foundation
import Kernels

/// State dicts of the families, in torchvision's names.
extension SyntheticWeights {
  /// - Parameters:
  ///   - stages: convolutions of each stage.
  ///   - hidden: outputs of the classifier's first two layers; nil has average pooling and one linear layer.
  static func vgg(_ stages: [Int], isNormalized: Bool = false, classes: Int, hidden: Int?) -> SyntheticWeights {
    var shapes: [String: [Int]] = [:]
    var (index, inputs) = (0, 3)
    func layer(_ name: String, _ shape: [Int]) {
      shapes["\(name).weight"] = shape
      shapes["\(name).bias"] = [shape[0]]
    }
    for (width, count) in zip([64, 128, 256, 512, 512], stages) {
      for _ in 0..<count {
        layer("features.\(index)", [width, inputs, 3, 3])
        if isNormalized {
          for tensor in ["weight", "bias", "running_mean", "running_var"] {
            shapes["features.\(index + 1).\(tensor)"] = [width]
          }
        }
        inputs = width
        index += isNormalized ? 3 : 2
      }
      index += 1
    }
    if let hidden {
      layer("classifier.0", [hidden, 512 * 49])
      layer("classifier.3", [hidden, hidden])
      layer("classifier.6", [classes, hidden])
    } else {
      layer("classifier", [classes, 512])
    }
    return SyntheticWeights(shapes: shapes)
  }

  /// - Parameters:
  ///   - side: patches along a side of the image.
  static func visionTransformer(
    width: Int, blocks: Int, patch: Int, side: Int, classes: Int, mlp: Int = 64
  ) -> SyntheticWeights {
    var shapes = ["class_token": [1, 1, width], "encoder.pos_embedding": [1, 1 + side * side, width]]
    func layer(_ name: String, _ shape: [Int]) {
      shapes["\(name).weight"] = shape
      shapes["\(name).bias"] = [shape[0]]
    }
    layer("conv_proj", [width, 3, patch, patch])
    for index in 0..<blocks {
      let block = "encoder.layers.encoder_layer_\(index)"
      layer("\(block).ln_1", [width])
      shapes["\(block).self_attention.in_proj_weight"] = [3 * width, width]
      shapes["\(block).self_attention.in_proj_bias"] = [3 * width]
      layer("\(block).self_attention.out_proj", [width, width])
      layer("\(block).ln_2", [width])
      layer("\(block).mlp.0", [mlp, width])
      layer("\(block).mlp.3", [width, mlp])
    }
    layer("encoder.ln", [width])
    layer("heads.head", [classes, width])
    return SyntheticWeights(shapes: shapes)
  }
}

/// Random weights and the names that libraries give them.
struct NamedWeights {
  var weights: SyntheticWeights
  var values: [String: [Float]]

  init(_ weights: SyntheticWeights, seed: UInt64) {
    self.weights = weights
    var generator = SplitMix64(state: seed)
    values = [:]
    for (name, shape) in weights.shapes.sorted(by: { $0.key < $1.key }) where !name.hasSuffix("num_batches_tracked") {
      let offset: Float = name.hasSuffix("running_var") ? 1 : 0
      values[name] = (0..<shape.reduce(1, *)).map { _ in offset + 0.1 * generator.signedUnit() }
    }
  }

  /// Replaces parts of names: the first pair that fits, as a regular expression and what stands in its place.
  func renamed(_ pairs: KeyValuePairs<String, String>) -> NamedWeights {
    var result = NamedWeights(SyntheticWeights(shapes: [:], metadata: weights.metadata), seed: 0)
    for (name, value) in values {
      let pair = pairs.first { name.range(of: $0.key, options: .regularExpression) != nil }
      let renamed = pair.map {
        name.replacingOccurrences(of: $0.key, with: $0.value, options: .regularExpression)
      }
      result.values[renamed ?? name] = value
      result.weights.shapes[renamed ?? name] = weights.shapes[name]
    }
    return result
  }

  /// Cuts tensors in equal parts along the first dimension.
  func split(_ pattern: String, into templates: [String]) -> NamedWeights {
    var result = self
    for (name, value) in values where name.range(of: pattern, options: .regularExpression) != nil {
      result.values[name] = nil
      let shape = result.weights.shapes.removeValue(forKey: name) ?? []
      for (part, template) in templates.enumerated() {
        let target = name.replacingOccurrences(of: pattern, with: template, options: .regularExpression)
        let count = value.count / templates.count
        result.values[target] = Array(value[part * count..<(part + 1) * count])
        result.weights.shapes[target] = [shape[0] / templates.count] + shape.dropFirst()
      }
    }
    return result
  }

  func write(_ path: String) throws { try weights.write(path, values) }

  /// Writes every tensor into one of `count` shards beside the index at `path`.
  func writeShards(_ path: String, count: Int) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    var map: [String: String] = [:]
    for shard in 0..<count {
      let file = "model-\(shard).safetensors"
      var part = values
      for (index, name) in values.keys.sorted().enumerated() {
        if index % count == shard { map[name] = file } else { part[name] = nil }
      }
      try weights.write("\(folder)/\(file)", part)
    }
    let json = try JSONSerialization.data(withJSONObject: ["metadata": ["total_size": 1], "weight_map": map])
    try json.write(to: URL(filePath: path))
  }
}
