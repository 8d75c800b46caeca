/// Channels of the target layer, weighted by the share of the class's logit that is lost without them.
///
/// S. Desai and H. Ramaswamy, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization",
/// WACV 2020. Only the layers behind the target are computed anew for every channel, as nothing else changes.
final class AblationCAM: ExplanationMethod {
  private let target: TargetLayer
  private let reader: ActivationReader
  private let tail: ClassifierTail
  private let classes: Int
  private let progress: (Int, Int) -> Void
  /// Channels that are ablated in one pass of the tail.
  private static let batch = 32

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    target = try TargetLayer(session.model, for: .ablationCAM)
    classes = session.model.description.classes
    progress = options.progress
    do throws(EngineError) {
      tail = try ClassifierTail(session, behind: target.node, images: Self.batch, hasGradient: false)
      reader = try ActivationReader(session, nodes: tail.inputs)
    } catch { throw .engine(error) }
  }

  func explain(_ input: MethodInput, classes choose: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let activations = reader.values(target.node)
    let chosen = choose(logits)
    let channels = target.channels
    // The logits of the whole image by the same arithmetic as the others.
    let whole = tail.logits(reader.values)
    var weights = [[Float]](repeating: [Float](repeating: 0, count: channels), count: chosen.count)
    for first in stride(from: 0, to: channels, by: Self.batch) {
      let results = tail.logits(reader.values) { image, values in
        guard first + image < channels else { return }
        for i in stride(from: first + image, to: target.shape.count, by: channels) { values[i] = 0 }
      }
      for (index, classIndex) in chosen.enumerated() {
        for image in 0..<min(Self.batch, channels - first) {
          weights[index][first + image] =
            (whole[classIndex] - results[image * classes + classIndex]) / whole[classIndex]
        }
      }
      progress(min(first + Self.batch, channels), channels)
    }
    let maps = chosen.indices.map {
      target.map(of: chosen[$0], target.weightedSum(activations, weights[$0]))
    }
    return clock.explanation(logits: logits, maps: maps, passes: PassCount(forward: 1, tail: channels + 1))
  }
}
