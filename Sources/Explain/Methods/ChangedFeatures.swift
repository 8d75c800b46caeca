/// Features of the target layer that are changed in many ways, and pass the layers behind it anew.
struct ChangedFeatures {
  let target: TargetLayer
  private let reader: ActivationReader
  private let tail: ClassifierTail
  private let classes: Int
  private let progress: (Int, Int) -> Void
  /// Changes that pass the tail together.
  private static let batch = 32

  init(_ session: Session, _ options: MethodOptions, for method: MethodName) throws(MethodError) {
    target = try TargetLayer(session.model, for: method)
    classes = session.model.description.classes
    progress = options.progress
    do throws(EngineError) {
      tail = try ClassifierTail(session, behind: target.node, images: Self.batch, hasGradient: false)
      reader = try ActivationReader(session, nodes: tail.inputs)
    } catch { throw .engine(error) }
  }

  /// Runs the whole network; returns its logits.
  func run(_ values: [Float]) throws(EngineError) -> [Float] { try reader.run(values) }

  /// The target layer's features, after `run`.
  var activations: [Float] { reader.values(target.node) }

  /// All logits of the features as they are, by the arithmetic of those that are changed.
  func unchangedLogits() -> [Float] { tail.logits(reader.values) }

  /// The logits of some classes after each change, `[chosen, count]`.
  ///
  /// - Parameter change: makes one of `count` changes in place, of the target layer's features.
  func logits(
    of chosen: [Int], changes count: Int, _ change: (_ index: Int, UnsafeMutablePointer<Float>) -> Void
  ) -> [[Float]] {
    var logits = [[Float]](repeating: [], count: chosen.count)
    for first in stride(from: 0, to: count, by: Self.batch) {
      let results = tail.logits(reader.values) { image, values in
        if first + image < count { change(first + image, values) }
      }
      for (index, classIndex) in chosen.enumerated() {
        for image in 0..<min(Self.batch, count - first) { logits[index].append(results[image * classes + classIndex]) }
      }
      progress(min(first + Self.batch, count), count)
    }
    return logits
  }
}
