/// Channels of the target layer, weighted by their mean gradient.
///
/// R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017.
final class GradCAM: ExplanationMethod {
  private let gradients: TargetGradients

  init(_ session: Session) throws(MethodError) { gradients = try TargetGradients(session, for: .gradCAM) }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    let target = gradients.target
    return try gradients.explain(input, classes: classes) { activations, gradients in
      var weights = [Float](repeating: 0, count: target.channels)
      for i in target.firstPlace..<gradients.count { weights[i % target.channels] += gradients[i] }
      return target.weightedSum(activations, weights.map { $0 / Float(target.places) })
    }
  }
}
