/// The gradient by each pixel, averaged on the way from a black image to this one, times what the pixel changes on that way.
///
/// M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. The integral is a sum at the middles
/// of equal steps; a pixel's value is the magnitude of the sum over its channels.
final class IntegratedGradients: ExplanationMethod {
  static let steps = 32
  private let gradients: ImageGradients
  private let black: [Float]
  private let channels: Int
  private let progress: (Int, Int) -> Void

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    gradients = try ImageGradients(session)
    let preprocessing = session.model.description.preprocessing
    let crop = preprocessing.crop
    let pixels = [UInt8](repeating: 0, count: 3 * crop.width * crop.height)
    black = MethodInput(Image(width: crop.width, height: crop.height, pixels: pixels), preprocessing).values
    (channels, progress) = (preprocessing.channels, options.progress)
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    gradients.explanation(of: input, classes: classes, gradients: Self.steps) { image, classIndex in
      attributions(image, classIndex).map { abs($0) }
    }
  }

  /// Each pixel's share of the difference that the image makes to a logit, `[height, width]`: together they are the difference.
  func attributions(_ image: [Float], _ classIndex: Int) -> [Float] {
    var sums = [Float](repeating: 0, count: image.count)
    for step in 0..<Self.steps {
      let share = (Float(step) + 0.5) / Float(Self.steps)
      let between = zip(black, image).map { $0 + share * ($1 - $0) }
      for (i, slope) in gradients.gradient(of: classIndex, at: between).enumerated() { sums[i] += slope }
      progress(step + 1, Self.steps)
    }
    var map = [Float](repeating: 0, count: image.count / channels)
    for pixel in map.indices {
      for i in channels * pixel..<channels * (pixel + 1) {
        map[pixel] += sums[i] / Float(Self.steps) * (image[i] - black[i])
      }
    }
    return map
  }
}
