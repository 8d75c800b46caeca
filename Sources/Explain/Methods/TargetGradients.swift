/// Activations of the target layer and their gradients: what the gradient methods of the CAM family share.
///
/// One forward pass, then the layers behind the target forward and back for each class.
final class TargetGradients {
  let target: TargetLayer
  private let reader: ActivationReader
  private let tail: ClassifierTail

  init(_ session: Session, for method: MethodName) throws(MethodError) {
    target = try TargetLayer(session.model, for: method)
    do throws(EngineError) {
      tail = try ClassifierTail(session, behind: target.node, images: 1, hasGradient: true)
      reader = try ActivationReader(session, nodes: tail.inputs)
    } catch { throw .engine(error) }
  }

  /// - Parameter map: makes a class's map `[height, width]` of the activations and their gradients, which have the target's shape.
  func explain(
    _ input: MethodInput, classes: ([Float]) -> [Int], map: (_ activations: [Float], _ gradients: [Float]) -> [Float]
  ) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let activations = reader.values(target.node)
    let chosen = classes(logits)
    let maps = chosen.map { classIndex in
      _ = tail.logits(reader.values)
      return target.map(of: classIndex, map(activations, tail.gradient(of: classIndex)))
    }
    return clock.explanation(
      logits: logits, maps: maps, passes: PassCount(forward: 1, tail: chosen.count, backward: chosen.count))
  }
}
