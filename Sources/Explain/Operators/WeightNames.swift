/// Names of a layer's tensors in the model file.
///
/// `P` = panels of 16 output channels, `G` = groups and `B` = blocks of the layer's `ReductionLayout`, `C` = channels
/// rounded up to 16.
///
/// | tensor | dense, int8 | dense, float32 | depthwise, int8 | depthwise, float32 |
/// |---|---|---|---|---|
/// | weight | I8 `[P, G, 16, 4]` | F32 `[P, 4G, 16]` | I8 `[kernelHeight * kernelWidth, C]` | F32 the same |
/// | scale | F32 `[P, 16]` | absent | F32 `[C]` | absent |
/// | bias | F32 `[P, 16]` | F32 `[P, 16]` | F32 `[C]` | F32 `[C]` |
/// | columnSums | I32 `[P, B, 16]` | absent | absent | absent |
struct WeightNames: Sendable, Equatable, Codable {
  var weight: String
  var scale: String?
  var bias: String
  var columnSums: String?

  func tensors(_ layout: TensorLayout) -> [TensorUse] {
    [
      .needed(layout.weight(weight)), .needed(layout.bias(bias)),
      .optional(scale, role: "scale", isNeeded: layout.hasScale, layout.scale),
      .optional(columnSums, role: "columnSums", isNeeded: layout.hasColumnSums, layout.columnSums),
    ].compactMap(\.self)
  }
}
