/// Channels of the target layer, weighted by positive gradients, each of which counts more the more it stands out.
///
/// A. Chattopadhay et al., "Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks", WACV
/// 2018.
final class GradCAMPlusPlus: ExplanationMethod {
  private let gradients: TargetGradients
  /// Keeps quotients of vanishing gradients defined.
  private static let epsilon: Float = 1e-6

  init(_ session: Session) throws(MethodError) { gradients = try TargetGradients(session, for: .gradCAMPlusPlus) }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    let target = gradients.target
    return try gradients.explain(input, classes: classes) { activations, gradients in
      var (sums, weights) = (
        [Float](repeating: 0, count: target.channels), [Float](repeating: 0, count: target.channels)
      )
      for i in target.firstPlace..<activations.count { sums[i % target.channels] += activations[i] }
      for i in target.firstPlace..<gradients.count {
        let (gradient, channel) = (gradients[i], i % target.channels)
        guard gradient > 0 else { continue }
        let square = gradient * gradient
        weights[channel] += square / (2 * square + sums[channel] * square * gradient + Self.epsilon) * gradient
      }
      return target.weightedSum(activations, weights)
    }
  }
}
