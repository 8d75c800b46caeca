import CShim
import Glibc

extension Reference {
  static func layerNorm(
    _ input: UnsafePointer<Float>, _ rows: Int, _ channels: Int, _ epsilon: Float, _ weight: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    require_rows(rows, channels)
    for row in 0..<rows {
      let x = input + row * channels
      var mean: Float = 0
      for c in 0..<channels { mean += x[c] }
      mean /= Float(channels)
      var variance: Float = 0
      for c in 0..<channels { variance += (x[c] - mean) * (x[c] - mean) }
      variance /= Float(channels)
      let deviation = (variance + epsilon).squareRoot()
      for c in 0..<channels { output[row * channels + c] = (x[c] - mean) / deviation * weight[c] + bias[c] }
    }
  }
}
