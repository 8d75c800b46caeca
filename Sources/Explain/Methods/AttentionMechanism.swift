import Kernels

/// The trained attention mechanism of T-TAME, or what else the model's head computes (L-CAM, CAM): one forward pass.
///
/// M. Ntrougkas, N. Gkalelis and V. Mezaris, "T-TAME: Trainable Attention Mechanism for Explaining Convolutional Networks and
/// Vision Transformers", IEEE Access 2024.
final class AttentionMechanism: ExplanationMethod {
  private let session: Session
  /// What yields CAM's maps in the same pass, where they are wanted and something else than the head's.
  private let comparison: (head: AttentionHead, classifier: PooledClassifier, reader: ActivationReader)?

  /// - Throws: `MethodError.unsupported` if `name` is not what the model's head is.
  init(_ session: Session, _ name: MethodName, _ options: MethodOptions) throws(MethodError) {
    guard let description = session.model.description.head else { throw .engine(.noHead) }
    guard name == .usual(session.model) else {
      throw .unsupported(method: name.rawValue, needs: name == .lcam ? "an L-CAM head" : "a T-TAME head")
    }
    self.session = session
    guard options.comparesWithCAM, description.kind != .cam, let head = AttentionHead(session.model),
      let classifier = PooledClassifier(session.model)
    else {
      comparison = nil
      return
    }
    do throws(EngineError) {
      comparison = (head, classifier, try ActivationReader(session, nodes: head.nodes + [classifier.node]))
    } catch { throw .engine(error) }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    guard let (head, classifier, reader) = comparison else {
      return try session.explain(input.values, classes: classes)
    }
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let chosen = classes(logits)
    let context = session.context
    let (maps, cam) = context.withFlushedDenormals {
      (
        chosen.map { head.map(of: $0, reading: reader.output, context) },
        chosen.map { classifier.map(of: $0, reader.output(classifier.node), context) }
      )
    }
    var explanation = clock.explanation(logits: logits, maps: maps)
    explanation.cam = cam
    return explanation
  }
}
