import Glibc
import Kernels

/// The terms of the loss that want maps small and smooth.
///
/// The paper takes the maps of every image for all labels of the batch, repeated labels repeated; here each distinct label has
/// one map, which counts as often as its label occurs.
struct MapLoss {
  private static let areaOffset: Float = 0.0005
  private static let areaExponent: Float = 0.3
  private static let borderWeight = 0.3

  var images, labels, height, width: Int
  /// How many images have each label; sums to `images`.
  var multiplicity: [Int]
  var weights: LossWeights

  /// The terms, unweighted; adds the gradient of their weighted sum to `gradient`.
  ///
  /// - Parameters:
  ///   - maps: sigmoid maps `[images, labels, height, width]`.
  ///   - gradient: of the maps' shape.
  func evaluate(
    _ maps: UnsafePointer<Float>, addingGradientTo gradient: UnsafeMutablePointer<Float>, _ context: ExecutionContext
  ) -> (area: Double, variation: Double) {
    var terms = [(area: Double, variation: Double)](repeating: (0, 0), count: images)
    let pixels = height * width
    terms.withUnsafeMutableBufferPointer { terms in
      context.pool.run(chunks: images) { image in
        for label in 0..<labels {
          let first = (image * labels + label) * pixels
          let count = Double(multiplicity[label])
          let area = area(maps + first, count, gradient + first)
          let variation = variation(maps + first, count, gradient + first)
          terms[image].area += area
          terms[image].variation += variation
        }
      }
    }
    return terms.reduce((0, 0)) { ($0.0 + $1.area, $0.1 + $1.variation) }
  }

  private func area(
    _ map: UnsafePointer<Float>, _ count: Double, _ gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let share = count / Double(images * images * height * width)
    let factor = Float(weights.area * share) * Self.areaExponent
    var sum = 0.0
    for i in 0..<height * width {
      let value = map[i] + Self.areaOffset
      let power = powf(value, Self.areaExponent)
      sum += Double(power)
      gradient[i] += factor * power / value
    }
    return sum * share
  }

  private func variation(
    _ map: UnsafePointer<Float>, _ count: Double, _ gradient: UnsafeMutablePointer<Float>
  ) -> Double {
    let share = count / Double(2 * images)
    let factor = Float(2 * weights.variation * share)
    var differences = 0.0
    func compare(_ i: Int, _ j: Int) {
      let difference = map[i] - map[j]
      differences += Double(difference * difference)
      gradient[i] += factor * difference
      gradient[j] -= factor * difference
    }
    for y in 0..<height {
      for x in 0..<width {
        let i = y * width + x
        if y + 1 < height { compare(i + width, i) }
        if x + 1 < width { compare(i + 1, i) }
      }
    }
    var border = 0.0
    let borderFactor = factor * Float(Self.borderWeight)
    func bound(_ i: Int) {
      border += Double(map[i] * map[i])
      gradient[i] += borderFactor * map[i]
    }
    for x in 0..<width {
      bound(x)
      bound((height - 1) * width + x)
    }
    for y in 0..<height {
      bound(y * width)
      bound(y * width + width - 1)
    }
    return (differences + Self.borderWeight * border) * share
  }
}
