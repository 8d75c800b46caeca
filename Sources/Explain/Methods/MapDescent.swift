import Glibc

/// Moves a map in standard deviations from its mean down a gradient: Adam with one scale for all places, so that places that hardly
/// matter hardly move, at a rate that falls to zero as a cosine does.
struct MapDescent {
  private(set) var map: [Float]
  private let steps: Int
  private var done = 0
  private var velocity: [Float]
  /// The mean square of the gradient, decaying.
  private var square: Float = 0

  /// In deviations of the map.
  private static let rate: Float = 0.1
  private static let decay: (velocity: Float, square: Float) = (0.9, 0.99)
  private static let leastGradient: Float = 1e-12

  /// - Parameter map: to start from; one that is flat or not finite counts as zeros.
  init(_ map: [Float], steps: Int) {
    self.map = standardized(map)
    self.steps = steps
    velocity = [Float](repeating: 0, count: map.count)
  }

  mutating func step(_ gradient: [Float]) {
    let rate = Self.rate * (1 + cosf(.pi * Float(done) / Float(steps))) / 2
    done += 1
    let (decay, bias) = (Self.decay, (powf(Self.decay.velocity, Float(done)), powf(Self.decay.square, Float(done))))
    let mean = gradient.reduce(0) { $0 + $1 * $1 } / Float(gradient.count)
    square = decay.square * square + (1 - decay.square) * mean
    let scale = rate / (1 - bias.0) / ((square / (1 - bias.1)).squareRoot() + Self.leastGradient)
    for i in map.indices {
      velocity[i] = decay.velocity * velocity[i] + (1 - decay.velocity) * gradient[i]
      map[i] -= scale * velocity[i]
    }
    map = standardized(map)
  }
}

/// A map in standard deviations from its mean; zeros where it is flat or not finite.
private func standardized(_ map: [Float]) -> [Float] {
  let mean = map.reduce(0, +) / Float(map.count)
  let deviation = (map.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(map.count)).squareRoot()
  guard deviation > 0, deviation.isFinite else { return [Float](repeating: 0, count: map.count) }
  return map.map { ($0 - mean) / deviation }
}
