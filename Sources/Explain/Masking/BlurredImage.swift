import Glibc

/// An image `[height, width, channels]` after a Gaussian that is cut off at `radius` pixels; beyond its borders it is zero.
func blurred(
  _ image: [Float], width: Int, height: Int, channels: Int, radius: Int, deviation: Double
) -> [Float] {
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
