/// The class's logit when the target layer keeps the features of one place alone, for every place.
///
/// S. Byun and W. Lee, "Recipro-CAM: Fast gradient-free visual explanations for convolutional neural networks", 2022
/// (arXiv 2209.14074); for Vision Transformers "ViT-ReciproCAM", 2023 (arXiv 2310.02588), where the class token stays and a
/// Gaussian of 3 x 3 places is kept of what the last attention reads. Only the layers behind the target are computed anew. Where
/// these are pooling and one linear layer, the map is CAM's up to scale and offset.
final class ReciproCAM: ExplanationMethod {
  private let features: ChangedFeatures
  private var target: TargetLayer { features.target }
  /// The kept share of a row's or column's neighbour and of itself: the Gaussian is their product.
  private static let gaussian: [Float] = [0.25, 0.5, 0.25]

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    features = try ChangedFeatures(session, options, for: .reciproCAM)
  }

  func explain(_ input: MethodInput, classes choose: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try features.run(input.values)
    clock.endForward()
    let chosen = choose(logits)
    let kept = features.logits(of: chosen, changes: target.places) { place, values in
      keep(place, of: values + target.firstPlace)
    }
    return clock.explanation(
      logits: logits,
      maps: zip(chosen, kept).map {
        ClassMap(classIndex: $0, height: target.height, width: target.width, values: $1)
      }, passes: PassCount(forward: 1, tail: target.places))
  }

  /// Multiplies all features by what is kept of their place.
  private func keep(_ place: Int, of values: UnsafeMutablePointer<Float>) {
    let (row, column) = place.quotientAndRemainder(dividingBy: target.width)
    for other in 0..<target.places {
      let (y, x) = other.quotientAndRemainder(dividingBy: target.width)
      let share = self.share(abs(y - row), abs(x - column))
      for i in other * target.channels..<(other + 1) * target.channels { values[i] *= share }
    }
  }

  /// What is kept of a place at a distance in rows and columns.
  private func share(_ rows: Int, _ columns: Int) -> Float {
    if target.skipped == 0 { return rows == 0 && columns == 0 ? 1 : 0 }
    return rows > 1 || columns > 1 ? 0 : Self.gaussian[1 + rows] * Self.gaussian[1 + columns]
  }
}
