/// Channels of the target layer, weighted by the class's score when the image is seen through them.
///
/// H. Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR Workshops 2020. As in
/// common programs the mask acts on the normalised image, and the weights are a softmax of the logits over the channels.
final class ScoreCAM: ExplanationMethod {
  private let session: Session
  private let target: TargetLayer
  private let reader: ActivationReader
  private let masked: MaskedImage
  private let progress: (Int, Int) -> Void
  /// Keeps the scale of a constant channel defined.
  private static let epsilon: Float = 1e-8

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    self.session = session
    target = try TargetLayer(session.model, for: .scoreCAM)
    masked = MaskedImage(.mean, session.model.description.preprocessing)
    progress = options.progress
    do { reader = try ActivationReader(session, nodes: [target.node]) } catch { throw .engine(error) }
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try reader.run(input.values)
    clock.endForward()
    let activations = reader.values(target.node)
    let chosen = classes(logits)
    let (crop, channels) = (input.crop, target.channels)
    let columns = BilinearAxis(corners: target.width, target: crop.width)
    let rows = BilinearAxis(corners: target.height, target: crop.height)
    var scores = [[Float]](repeating: [], count: chosen.count)
    var image = [Float](repeating: 0, count: input.values.count)
    for channel in 0..<channels {
      let plane = (0..<target.places).map { activations[target.firstPlace + $0 * channels + channel] }
      let enlarged = bilinear(
        plane, width: target.width, columns: columns, rows: rows, targetWidth: crop.width, targetHeight: crop.height)
      let (low, high) = (enlarged.min() ?? 0, enlarged.max() ?? 0)
      let mask = enlarged.map { ($0 - low) / (high - low + Self.epsilon) }
      masked.apply(mask, to: crop.pixels, pixels: crop.width * crop.height, output: &image)
      let results = try session.classify(image)
      for (index, classIndex) in chosen.enumerated() { scores[index].append(results[classIndex]) }
      progress(channel + 1, channels)
    }
    let maps = chosen.indices.map {
      target.map(of: chosen[$0], target.weightedSum(activations, session.softmax(scores[$0])))
    }
    return clock.explanation(logits: logits, maps: maps, passes: PassCount(forward: 1 + channels))
  }
}
