import Glibc

/// The learning rate and the momentum of every step: up and down once, along cosines.
///
/// L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", 2018; phases and
/// constants as PyTorch's `OneCycleLR` has them by default, but for the shape's parameters, which are the paper's.
public struct OneCycle: Sendable, Equatable {
  public var steps: Int
  public var highestRate: Double
  /// The first rate is the highest divided by this, the last one the first divided by `finalDivisor`.
  public var divisor = 25.0
  public var finalDivisor = 1e4
  /// The share of the steps in which the rate rises.
  public var warmUp = 0.3
  public var highestMomentum = 0.95
  public var lowestMomentum = 0.85

  public init(steps: Int, highestRate: Double) {
    self.steps = steps
    self.highestRate = highestRate
  }

  /// - Parameter step: 0 ..< steps.
  public func values(at step: Int) -> (rate: Double, momentum: Double) {
    let first = highestRate / divisor
    let peak = warmUp * Double(steps) - 1
    let position = Double(step)
    if position <= peak || steps == 1 {
      let share = peak > 0 ? position / peak : 1
      return (
        Self.anneal(first, highestRate, share), Self.anneal(highestMomentum, lowestMomentum, share)
      )
    }
    let share = (position - peak) / (Double(steps) - 1 - peak)
    return (
      Self.anneal(highestRate, first / finalDivisor, share), Self.anneal(lowestMomentum, highestMomentum, share)
    )
  }

  private static func anneal(_ start: Double, _ end: Double, _ share: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * share))
  }
}
