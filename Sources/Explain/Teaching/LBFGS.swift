/// Minimises a smooth function by the limited-memory BFGS method.
///
/// J. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", Mathematics of Computation 35, 1980.
struct LBFGS {
  /// Pairs of steps and gradient changes that are remembered.
  var history = 10
  var iterations = 500
  /// It ends where no element of the gradient is larger.
  var tolerance: Float = 5e-6

  /// A function's value and its gradient.
  typealias Function = ([Float]) -> (value: Double, gradient: [Float])

  /// Steps are halved so often at most; then the function is as flat as its rounding.
  private static let mostHalvings = 20
  /// Share of the decrease a linear function would have, which a step must reach: L. Armijo, 1966.
  private static let decrease = 1e-4

  /// One remembered step.
  private struct Pair {
    var step, change: [Float]
    /// 1 / step . change
    var inverse: Double
  }

  /// The place of the minimum, from `start` on.
  func minimize(from start: [Float], _ function: Function) -> [Float] {
    var place = start
    var (value, gradient) = function(place)
    var pairs: [Pair] = []
    for _ in 0..<iterations {
      guard gradient.contains(where: { abs($0) > tolerance }) else { break }
      var direction = descent(gradient, pairs)
      var slope = dot(direction, gradient)
      if slope >= 0 {
        pairs = []
        direction = gradient.map { -$0 }
        slope = dot(direction, gradient)
      }
      // Without a history the length of the step is unknown.
      var length = pairs.isEmpty ? min(1, 1 / (-slope).squareRoot()) : 1.0
      var next: (place: [Float], value: Double, gradient: [Float])?
      for _ in 0..<Self.mostHalvings {
        let candidate = sum(place, direction, length)
        let (found, itsGradient) = function(candidate)
        if found <= value + Self.decrease * length * slope {
          next = (candidate, found, itsGradient)
          break
        }
        length /= 2
      }
      guard let next else { break }
      let (step, change) = (difference(next.place, place), difference(next.gradient, gradient))
      let curvature = dot(step, change)
      if curvature > 0 {
        if pairs.count == history { pairs.removeFirst() }
        pairs.append(Pair(step: step, change: change, inverse: 1 / curvature))
      }
      (place, value, gradient) = next
    }
    return place
  }

  /// Minus the gradient times the inverse of the Hessian that the pairs approximate.
  private func descent(_ gradient: [Float], _ pairs: [Pair]) -> [Float] {
    var result = gradient
    var shares: [Double] = []
    for pair in pairs.reversed() {
      let share = pair.inverse * dot(pair.step, result)
      result = sum(result, pair.change, -share)
      shares.append(share)
    }
    if let last = pairs.last {
      let scale = Float(1 / (last.inverse * dot(last.change, last.change)))
      for i in result.indices { result[i] *= scale }
    }
    for (pair, share) in zip(pairs, shares.reversed()) {
      result = sum(result, pair.step, share - pair.inverse * dot(pair.change, result))
    }
    for i in result.indices { result[i] = -result[i] }
    return result
  }

  private func dot(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += Double(a[i]) * Double(b[i]) }
    return sum
  }

  /// `a + factor * b`
  private func sum(_ a: [Float], _ b: [Float], _ factor: Double) -> [Float] {
    var result = a
    let factor = Float(factor)
    for i in result.indices { result[i] += factor * b[i] }
    return result
  }

  private func difference(_ a: [Float], _ b: [Float]) -> [Float] { sum(a, b, -1) }
}
