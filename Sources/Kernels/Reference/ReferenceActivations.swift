import CShim
import Glibc

extension Reference {
  static func prelu(
    _ values: UnsafePointer<Float>, _ signs: UnsafePointer<Float>, _ slopes: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, _ rows: Int, _ channels: Int
  ) {
    require_rows(rows, channels)
    for i in 0..<rows * channels { output[i] = signs[i] > 0 ? values[i] : values[i] * slopes[i % channels] }
  }

  static func activate(
    _ function: activation_function, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for i in 0..<count {
      let x = input[i]
      switch function {
      case .gelu: output[i] = x * normalDistribution(x)
      case .sigmoid: output[i] = sigmoid(x)
      case .silu: output[i] = x * sigmoid(x)
      case .hardSigmoid: output[i] = hardSigmoid(x)
      case .hardSwish: output[i] = x * hardSigmoid(x)
      case .quickGELU: output[i] = x * sigmoid(1.702 * x)
      case .tanh: output[i] = tanhf(x)
      case .tanhGELU: output[i] = x * sigmoid(tanhGELUArgument(x).value)
      }
    }
  }

  static func activationGradient(
    _ function: activation_function, _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>,
    _ result: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for i in 0..<count {
      let x = input[i]
      let slope: Float
      switch function {
      case .gelu: slope = normalDistribution(x) + x * expf(-x * x / 2) / (2 * Float.pi).squareRoot()
      case .sigmoid: slope = sigmoid(x) * sigmoid(-x)
      case .silu: slope = sigmoid(x) * (1 + x * sigmoid(-x))
      case .hardSigmoid: slope = x > -3 && x < 3 ? 1 / 6 : 0
      case .quickGELU: slope = sigmoid(1.702 * x) * (1 + 1.702 * x * sigmoid(-1.702 * x))
      case .tanh: slope = 1 - tanhf(x) * tanhf(x)
      case .tanhGELU:
        let (value, rise) = tanhGELUArgument(x)
        slope = sigmoid(value) * (1 + x * rise * sigmoid(-value))
      case .hardSwish: slope = x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5
      }
      result[i] = gradient[i] * slope
    }
  }

  private static func normalDistribution(_ x: Float) -> Float { (1 + erff(x * Float(0.5).squareRoot())) / 2 }

  private static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

  /// `2 sqrt(2 / pi) (x + 0.044715 x^3)`, and its slope: `(1 + tanh(u)) / 2` is `sigmoid(2 u)`.
  private static func tanhGELUArgument(_ x: Float) -> (value: Float, rise: Float) {
    // Beyond, the sigmoid is 0 or 1, and the cube would become infinite.
    let x = min(max(x, -16), 16)
    let factor = 2 * (2 / Float.pi).squareRoot()
    return (factor * x * (1 + 0.044715 * x * x), factor * (1 + 3 * 0.044715 * x * x))
  }

  private static func hardSigmoid(_ x: Float) -> Float { min(max(x / 6 + 0.5, 0), 1) }
}

extension activation_function {
  static let all: [activation_function] = (0..<activation_function_count).compactMap {
    activation_function(rawValue: UInt32($0))
  }

  var name: String {
    switch self {
    case .gelu: "gelu"
    case .sigmoid: "sigmoid"
    case .silu: "silu"
    case .hardSigmoid: "hard-sigmoid"
    case .hardSwish: "hard-swish"
    case .quickGELU: "quick-gelu"
    case .tanh: "tanh"
    case .tanhGELU: "tanh-gelu"
    }
  }
}
