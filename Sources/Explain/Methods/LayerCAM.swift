/// The target layer's activations, each weighted by its own positive gradient.
///
/// P.-T. Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE Transactions on Image
/// Processing 2021.
final class LayerCAM: ExplanationMethod {
  private let gradients: TargetGradients

  init(_ session: Session) throws(MethodError) { gradients = try TargetGradients(session, for: .layerCAM) }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    let target = gradients.target
    return try gradients.explain(input, classes: classes) { activations, gradients in
      (0..<target.places).map { place in
        let first = target.firstPlace + place * target.channels
        return (first..<first + target.channels).reduce(0) { $0 + max(gradients[$1], 0) * activations[$1] }
      }
    }
  }
}
