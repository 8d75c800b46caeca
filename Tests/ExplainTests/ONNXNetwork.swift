import Testing

@testable import Explain

/// A small network of `Fixtures/onnx/networks`, by `Tools/onnx/networks.py`.
struct ONNXNetwork: Sendable, CustomTestStringConvertible {
  let name: String
  /// Of the feature layers.
  let shapes: [Shape]
  /// Whether it ends in pooling and one linear layer.
  let hasClassActivationMap: Bool
  /// Whether it is a transformer.
  let hasAttention: Bool

  private init(_ name: String, _ shapes: Shape..., hasClassActivationMap: Bool = true, hasAttention: Bool = false) {
    (self.name, self.shapes, self.hasClassActivationMap) = (name, shapes, hasClassActivationMap)
    self.hasAttention = hasAttention
  }

  /// Tokens of 4 x 4 patches.
  private static func transformer(_ name: String) -> ONNXNetwork {
    let shape = Shape(4, 4, 16)
    return ONNXNetwork(name, shape, shape, shape, hasClassActivationMap: false, hasAttention: true)
  }

  private static let others = ["registers", "clip", "tanh_gelu", "beit", "unfolded_vit", "attention_node_dynamo"]

  private static let transformers = [
    "vit", "timm_vit", "timm_vit_products", "separate", "written_norm", "distilled", "class_and_mean",
  ]

  /// Of int8's logits; networks of a few channels amplify what rounding does to attention.
  var leastCosine: Float { hasAttention || Self.withAttention.contains(where: name.hasPrefix) ? 0.99 : 0.999 }

  /// Networks whose attention is no operator of its own.
  private static let withAttention = ["pixel_attention", "channel_attention", "windows", "relative"]

  var testDescription: String { name }
  var path: String { Self.path(name) }

  static let folder = "\(ONNXFixture.folder)/networks"

  static func path(_ name: String) -> String { "\(folder)/\(name).onnx" }

  private static func pyramid(_ name: String) -> ONNXNetwork {
    ONNXNetwork(name, Shape(16, 16, 16), Shape(8, 8, 16), Shape(4, 4, 24))
  }

  private static func inverted(_ name: String) -> ONNXNetwork {
    ONNXNetwork(name, Shape(16, 16, 48), Shape(8, 8, 16), Shape(4, 4, 40))
  }

  private static func joined(_ name: String) -> ONNXNetwork {
    ONNXNetwork(name, Shape(16, 16, 16), Shape(8, 8, 16), Shape(4, 4, 24))
  }

  static let all =
    (transformers + transformers.map { "\($0)_dynamo" } + others).map(transformer)
    + ["matmul", "mean", "reshape", "slopes", "softmax"].map(pyramid)
    + ["hardswish", "silu", "silu_dynamo"].map(inverted)
    + ["detector", "pixel_attention", "channel_attention", "focus"].flatMap { [$0, "\($0)_dynamo"] }.map(joined)
    + ["shuffle", "shuffle_dynamo"].map { ONNXNetwork($0, Shape(16, 16, 16), Shape(8, 8, 32), Shape(4, 4, 24)) }
    + ["transformed", "transformed_dynamo"].map(pyramid)
    + ["convnext", "convnext2"].map {
      ONNXNetwork($0, Shape(16, 16, 12), Shape(8, 8, 20), Shape(4, 4, 20), hasClassActivationMap: false)
    }
    + ["residual", "residual_dynamo"].map { ONNXNetwork($0, Shape(16, 16, 12), Shape(8, 8, 12), Shape(4, 4, 20)) }
    + ["inception", "inception_dynamo"].map { ONNXNetwork($0, Shape(16, 16, 16), Shape(8, 8, 32), Shape(4, 4, 24)) }
    + ["windows", "windows2"].flatMap { [$0, "\($0)_dynamo"] }.map { ONNXNetwork($0, Shape(8, 8, 12), Shape(4, 4, 24)) }
    + ["computed", "computed_dynamo"].map { ONNXNetwork($0, Shape(16, 16, 16), Shape(8, 8, 16), Shape(4, 4, 24)) }
    + ["relative", "relative_dynamo"].map {
      ONNXNetwork($0, Shape(16, 16, 16), Shape(8, 8, 16), Shape(4, 4, 48), hasClassActivationMap: false)
    }
    + [
      ONNXNetwork("ceiling", Shape(16, 16, 16), Shape(8, 8, 24), Shape(5, 5, 24)),
      ONNXNetwork("dense", Shape(16, 16, 20), Shape(8, 8, 20), Shape(4, 4, 24)),
      ONNXNetwork(
        "flatten", Shape(8, 8, 16), Shape(4, 4, 24), Shape(2, 2, 24), hasClassActivationMap: false),
      ONNXNetwork("grouped", Shape(16, 16, 24), Shape(8, 8, 48), Shape(4, 4, 24)),
    ]

  /// onnxruntime's logits, and the picture that they are of, `[32, 32, 3]`.
  func expected() throws -> (logits: [Float], picture: [Float]) {
    let golden = try GoldenFile(path: "\(Self.folder)/expected.safetensors")
    let planes = golden.f32("input")
    let pixels = planes.count / 3
    return (golden.f32(name), (0..<planes.count).map { planes[$0 % 3 * pixels + $0 / 3] })
  }

  func imported(_ precision: Precision, head: HeadSource = .automatic, to path: String) throws -> Model {
    var options = ImportOptions()
    (options.precision, options.head) = (precision, head)
    _ = try importModel(from: self.path, to: path, options: options)
    return try Model(path: path)
  }
}
