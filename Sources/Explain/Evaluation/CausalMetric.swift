import Glibc

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
}

extension Session {
  /// Area under the curve of a class's probability over the share of pixels that appeared or went, 0...1.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size. Equal pixels follow one another in reading order.
  ///   - steps: of equal size, at least 1; `steps + 1` forward passes.
  /// - Throws: `EngineError.outOfMemory`.
  public func causalArea(
    _ metric: CausalMetric, of classIndex: Int, under saliency: SaliencyMap, crop: Image,
    steps: Int = CausalMetric.steps
  ) throws(EngineError) -> Double {
    let preprocessing = model.description.preprocessing
    let channels = preprocessing.channels
    var image = [Float](repeating: 0, count: preprocessing.inputCount)
    preprocessing.normalize(crop, into: &image)
    func samples(_ pixel: Int) -> Range<Int> { channels * pixel..<channels * (pixel + 1) }
    var (from, to) = (image, image)
    switch metric {
    case .insertion: from = blurred(image, width: crop.width, height: crop.height, channels: channels)
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
      let probability = Double(probabilities(try classify(from))[classIndex])
      // The trapezoid rule: the ends count half.
      area += step == 0 || step == steps ? probability / 2 : probability
    }
    return area / Double(steps)
  }
}

/// An image `[height, width, channels]` after a Gaussian of deviation 5 cut off at 11 x 11 pixels; beyond its borders it is zero.
private func blurred(_ image: [Float], width: Int, height: Int, channels: Int) -> [Float] {
  let (radius, deviation) = (5, 5.0)
  let weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
  let sum = weights.reduce(0, +)
  let kernel = weights.map { Float($0 / sum) }
  func blurred(_ source: [Float], length: Int, stride: Int) -> [Float] {
    var result = [Float](repeating: 0, count: source.count)
    for i in source.indices {
      let position = i / stride % length
      for tap in max(-radius, -position)...min(radius, length - 1 - position) {
        result[i] += kernel[tap + radius] * source[i + tap * stride]
      }
    }
    return result
  }
  return blurred(blurred(image, length: width, stride: channels), length: height, stride: channels * width)
}
