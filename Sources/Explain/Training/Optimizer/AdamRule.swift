import Glibc

/// Adam's step of single values.
///
/// D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015.
struct AdamRule {
  private let rate, firstCorrection, secondCorrection: Float

  private static let firstDecay: Float = 0.9
  /// Smaller than usual, as there are hundreds of steps and not hundreds of thousands.
  private static let secondDecay: Float = 0.99
  private static let epsilon: Float = 1e-9

  /// - Parameter steps: done, with this one.
  init(rate: Float, steps: Int) {
    self.rate = rate
    firstCorrection = 1 / (1 - powf(Self.firstDecay, Float(steps)))
    secondCorrection = 1 / (1 - powf(Self.secondDecay, Float(steps)))
  }

  /// - Parameters:
  ///   - first: the moments, which this updates; `second` likewise.
  ///   - range: of all four.
  func run(
    _ values: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
    _ second: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ range: Range<Int>
  ) {
    for i in range {
      let g = gradient[i]
      first[i] = Self.firstDecay * first[i] + (1 - Self.firstDecay) * g
      second[i] = Self.secondDecay * second[i] + (1 - Self.secondDecay) * g * g
      values[i] -=
        rate * first[i] * firstCorrection / ((second[i] * secondCorrection).squareRoot() + Self.epsilon)
    }
  }
}
