/// How the probability of a class changes while an image appears, or goes, in the order of a map.
///
/// V. Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018, with the choices of the
/// authors' program: pixels appear in a blurred image, and go to the mean colour.
public enum CausalMetric: String, Sendable, CaseIterable {
  /// Pixels appear, the most salient first; higher is better.
  case insertion
  /// Pixels go, the most salient first; lower is better.
  case deletion

  /// Steps from the first to the last pixel of the picture, 224 pixels each for an image of 224 x 224.
  public static let steps = 224
  /// Of the Gaussian that pixels appear in, in pixels.
  static let blurRadius = 5
  static let blurDeviation = 5.0
}

extension Session {
  /// Area under the curve of a class's probability over the share of pixels that appeared or went, 0...1.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size.
  ///   - steps: of equal size, at least 1; `steps + 1` forward passes.
  /// - Throws: `EngineError.outOfMemory`.
  public func causalArea(
    _ metric: CausalMetric, of classIndex: Int, under saliency: SaliencyMap, crop: Image,
    steps: Int = CausalMetric.steps
  ) throws(EngineError) -> Double {
    let preprocessing = model.description.preprocessing
    var image = [Float](repeating: 0, count: preprocessing.inputCount)
    preprocessing.normalize(crop, into: &image)
    return try metric.area(under: saliency, image: image, channels: preprocessing.channels, steps: steps) {
      changed throws(EngineError) in Double(probabilities(try classify(changed))[classIndex])
    }
  }
}

extension CausalMetric {
  /// Area under the curve of a probability over the share of pixels that appeared or went, 0...1.
  ///
  /// - Parameters:
  ///   - saliency: of the image's size. Equal pixels follow one another in reading order.
  ///   - image: normalised, `[height, width, channels]`.
  ///   - steps: of equal size, at least 1.
  ///   - probability: of an image of the same shape; asked `steps + 1` times.
  func area(
    under saliency: SaliencyMap, image: [Float], channels: Int, steps: Int,
    probability: ([Float]) throws(EngineError) -> Double
  ) throws(EngineError) -> Double {
    func samples(_ pixel: Int) -> Range<Int> { channels * pixel..<channels * (pixel + 1) }
    var (from, to) = (image, image)
    switch self {
    case .insertion:
      from = blurred(
        image, width: saliency.width, height: saliency.height, channels: channels, radius: Self.blurRadius,
        deviation: Self.blurDeviation)
    case .deletion: to = [Float](repeating: 0, count: image.count)
    }
    let order = saliency.seenIndices.sorted { a, b in
      (saliency.values[b], a) < (saliency.values[a], b)
    }
    if order.count < saliency.values.count {
      // Bars around the picture are there from the beginning, and stay.
      var whole = image
      for pixel in order { for sample in samples(pixel) { whole[sample] = from[sample] } }
      from = whole
    }
    var area = 0.0
    for step in 0...steps {
      if step > 0 {
        for pixel in order[(step - 1) * order.count / steps..<step * order.count / steps] {
          for sample in samples(pixel) { from[sample] = to[sample] }
        }
      }
      let height = try probability(from)
      // The trapezoid rule: the ends count half.
      area += step == 0 || step == steps ? height / 2 : height
    }
    return area / Double(steps)
  }
}
