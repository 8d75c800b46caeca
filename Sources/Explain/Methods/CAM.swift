import Kernels

/// Channels of the pooled layer, weighted as the classifier weights them for the class.
///
/// B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016.
final class CAM: ExplanationMethod {
  private let reader: ActivationReader
  private let context: ExecutionContext
  private let classifier: PooledClassifier

  init(_ session: Session) throws(MethodError) {
    guard let classifier = PooledClassifier(session.model) else {
      throw .unsupported(method: MethodName.cam.rawValue, needs: "average pooling and one linear layer at the end")
    }
    (self.classifier, context) = (classifier, session.context)
    do { reader = try ActivationReader(session, nodes: [classifier.node]) } catch { throw .engine(error) }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let maps = classes(logits).map { classifier.map(of: $0, reader.output(classifier.node), context) }
    return clock.explanation(logits: logits, maps: maps)
  }
}
