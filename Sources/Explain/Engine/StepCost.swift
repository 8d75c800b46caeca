/// What a step of a plan has to compute and to move at least.
struct StepCost: Sendable, Equatable {
  /// Multiply-accumulates in Float, and on int8 levels.
  var floatMACs = 0
  var int8MACs = 0
  /// Bytes of activations that are read and written, each once.
  var activationBytes = 0
  /// Bytes of weights that are read, each once.
  var weightBytes = 0

  /// A step that reads this many Floats.
  static func reading(_ floats: Int) -> StepCost { StepCost(activationBytes: floats * MemoryLayout<Float>.size) }
}
