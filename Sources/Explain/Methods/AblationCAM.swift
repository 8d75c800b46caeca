/// Channels of the target layer, weighted by the share of the class's logit that is lost without them.
///
/// S. Desai and H. Ramaswamy, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization",
/// WACV 2020. Only the layers behind the target are computed anew for every channel, as nothing else changes.
final class AblationCAM: ExplanationMethod {
  private let features: ChangedFeatures

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    features = try ChangedFeatures(session, options, for: .ablationCAM)
  }

  func explain(_ input: MethodInput, classes choose: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try features.run(input.values)
    clock.endForward()
    let (activations, target) = (features.activations, features.target)
    let (chosen, channels) = (choose(logits), target.channels)
    let whole = features.unchangedLogits()
    let ablated = features.logits(of: chosen, changes: channels) { channel, values in
      for i in stride(from: channel, to: target.shape.count, by: channels) { values[i] = 0 }
    }
    let maps = zip(chosen, ablated).map { classIndex, results in
      let weights = results.map { (whole[classIndex] - $0) / whole[classIndex] }
      return target.map(of: classIndex, target.weightedSum(activations, weights))
    }
    return clock.explanation(logits: logits, maps: maps, passes: PassCount(forward: 1, tail: channels + 1))
  }
}
