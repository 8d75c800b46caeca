import Glibc

/// Mean and standard deviation of a channel's values.
struct ChannelMoments: Equatable {
  var mean, deviation: Double

  /// Those of `min(max(x, 0), upper)` where `x`, which these are of, is normal.
  func clipped(upper: Double) -> ChannelMoments {
    let moments = clippedNormalMoments(mean: mean, deviation: deviation, upper: upper)
    return ChannelMoments(mean: moments.mean, deviation: moments.deviation)
  }

  /// Those of `f(x)` where `x`, which these are of, is normal; by the trapezoidal rule over eight deviations.
  func mapped(_ f: (Double) -> Double) -> ChannelMoments {
    let (reach, steps) = (8.0, 512)
    var (weight, sum, squares) = (0.0, 0.0, 0.0)
    for i in 0...steps {
      let z = reach * (2 * Double(i) / Double(steps) - 1)
      let (density, value) = (exp(-z * z / 2), f(mean + deviation * z))
      (weight, sum, squares) = (weight + density, sum + density * value, squares + density * value * value)
    }
    let expected = sum / weight
    return ChannelMoments(
      mean: expected, deviation: max(squares / weight - expected * expected, 0).squareRoot())
  }
}

/// Mean and standard deviation of `min(max(x, 0), upper)` for `x` normal with this mean and deviation.
///
/// Both follow from the normal density `p` and distribution `P`: over an interval of z = (x - mean) / deviation, the
/// integral of z p is minus the change of p, and that of z z p the change of P - z p.
package func clippedNormalMoments(
  mean: Double, deviation: Double, upper: Double
) -> (mean: Double, deviation: Double) {
  guard deviation > 1e-9 * (1 + mean.magnitude) else { return (min(max(mean, 0), upper), 0) }
  let low = -mean / deviation
  let high = (upper - mean) / deviation
  let share = normalDistribution(high) - normalDistribution(low)
  let first = normalDensity(low) - normalDensity(high)
  let second = share + low * normalDensity(low) - (high.isFinite ? high * normalDensity(high) : 0)
  let above = 1 - normalDistribution(high)
  let top = upper.isFinite ? upper : 0
  let expected = mean * share + deviation * first + top * above
  let square = mean * mean * share + 2 * mean * deviation * first + deviation * deviation * second + top * top * above
  return (expected, max(square - expected * expected, 0).squareRoot())
}

private func normalDensity(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }

private func normalDistribution(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
