import Kernels

/// The gradient by each pixel, averaged over copies of the image with noise.
///
/// D. Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017 (arXiv 1706.03825). The noise is normal, its deviation 15 %
/// of the image's range; a pixel's value is the largest magnitude among its channels.
final class SmoothGrad: ExplanationMethod {
  static let samples = 32
  private static let deviation: Float = 0.15
  private let gradients: ImageGradients
  private let channels: Int
  private let seed: Int
  private let progress: (Int, Int) -> Void

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    gradients = try ImageGradients(session)
    (channels, seed) = (session.model.description.preprocessing.channels, options.seed)
    progress = options.progress
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    gradients.explanation(of: input, classes: classes, gradients: Self.samples) { image, classIndex in
      let mean = meanGradient(image, classIndex, deviation: Self.deviation)
      return (0..<mean.count / channels).map { pixel in
        mean[channels * pixel..<channels * (pixel + 1)].reduce(0) { max($0, abs($1)) }
      }
    }
  }

  /// The mean gradient by a normalised image, of its shape.
  ///
  /// - Parameter deviation: of the noise, as a share of the image's range.
  func meanGradient(_ image: [Float], _ classIndex: Int, deviation: Float) -> [Float] {
    let scale = deviation * ((image.max() ?? 0) - (image.min() ?? 0))
    var sums = [Float](repeating: 0, count: image.count)
    for sample in 0..<Self.samples {
      var generator = SplitMix64(seed, sample)
      var noisy = image
      for first in stride(from: 0, to: image.count, by: 2) {
        let (a, b) = generator.normalPair()
        noisy[first] += scale * a
        if first + 1 < image.count { noisy[first + 1] += scale * b }
      }
      for (i, slope) in gradients.gradient(of: classIndex, at: noisy).enumerated() { sums[i] += slope }
      progress(sample + 1, Self.samples)
    }
    return sums.map { $0 / Float(Self.samples) }
  }
}
