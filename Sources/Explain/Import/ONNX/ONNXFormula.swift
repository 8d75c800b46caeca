import Glibc

/// A function of every element of a tensor that several nodes write out, by its values at some places.
///
/// Whether `x * (1 + erf(x / sqrt(2))) / 2` is written in this order or another one does not matter: at enough places only GELU has
/// GELU's values.
struct ONNXFormula {
  /// What the function is of.
  enum Argument: Equatable {
    case tensor(ONNXActivation)
    /// The mean of a tensor's channels; what is left of the tensor without it; the mean of that one's squares.
    case mean(ONNXActivation)
    case centered(ONNXActivation)
    case variance(ONNXActivation)

    var tensor: ONNXActivation {
      switch self {
      case .tensor(let tensor), .mean(let tensor), .centered(let tensor), .variance(let tensor): tensor
      }
    }
  }

  let argument: Argument
  /// At `places` of the argument.
  let values: [Double]
  /// Nodes that one follows back to the argument at most.
  let depth: Int

  /// Longer chains are no functions that have a name. Also a bound for recursion.
  static let largestDepth = 24

  init(_ argument: Argument) { (self.argument, values, depth) = (argument, Self.places(argument), 0) }

  init(_ argument: Argument, values: [Double], depth: Int) {
    (self.argument, self.values, self.depth) = (argument, values, depth)
  }

  private static let signed = (0..<48).map { -9.07 + 0.383 * Double($0) }
  private static let positive = (0..<24).map { 0.37 * Double($0) }

  /// A variance has no negative ones, and begins with 0.
  private static func places(_ argument: Argument) -> [Double] {
    if case .variance = argument { positive } else { signed }
  }

  var places: [Double] { Self.places(argument) }

  var isIdentity: Bool { factor == 1 }

  /// Whether the function is never below 0; beyond the places it goes on as between the outermost ones.
  var isNonNegative: Bool {
    let (first, last) = (values[1] - values[0], values[values.count - 1] - values[values.count - 2])
    return values.allSatisfy { $0 >= 0 } && first < 1e-4 && last > -1e-4
  }

  /// What the function multiplies its argument by, if that is all it does.
  var factor: Double? {
    let factor = values[values.count - 1] / places[places.count - 1]
    let isProduct = zip(places, values).allSatisfy { place, value in
      abs(value - place * factor) <= 1e-9 * abs(place * factor)
    }
    return factor.isFinite && isProduct ? factor : nil
  }

  /// Whether the values are those of `function`; constants in files are rounded to Float or to float16, or to fewer decimals.
  func isClose(_ function: (Double) -> Double) -> Bool {
    zip(places, values).allSatisfy { place, value in
      let expected = function(place)
      return abs(value - expected) <= 1e-4 * max(1, abs(expected))
    }
  }

  /// The function's name, if it has one.
  var named: Activation? { Self.functions.first { isClose($0.value) }?.op }

  private static let functions: [(op: Activation, value: @Sendable (Double) -> Double)] = [
    (.sigmoid, sigmoid),
    (.silu, { $0 * sigmoid($0) }),
    (.gelu, { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
    (.tanhGELU, { $0 * sigmoid(2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)) }),
    (.quickGELU, { $0 * sigmoid(1.702 * $0) }),
    (.hardSigmoid, { min(max($0 / 6 + 0.5, 0), 1) }),
    (.hardSwish, { $0 * min(max($0 / 6 + 0.5, 0), 1) }),
    (.tanh, { Glibc.tanh($0) }),
    (.relu, { max($0, 0) }),
    (.relu6, { min(max($0, 0), 6) }),
  ]

  private static let sigmoid: @Sendable (Double) -> Double = { 1 / (1 + exp(-$0)) }
}
