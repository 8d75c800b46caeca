import CShim
import Glibc

extension Reference {
  static func multiply(
    _ input: UnsafePointer<Float>, _ factors: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ rows: Int,
    _ channels: Int
  ) {
    require_rows(rows, channels)
    for i in 0..<rows * channels { output[i] = input[i] * factors[i % channels] }
  }

  static func addClamped(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>, _ count: Int,
    _ lower: Float, _ upper: Float
  ) {
    for i in 0..<count { output[i] = clamp(a[i] + (b.map { $0[i] } ?? 0), lower, upper) }
  }

  static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum: Float = 0
    for i in 0..<count { sum += a[i] * b[i] }
    return sum
  }

  static func softmax(_ values: UnsafeMutablePointer<Float>, _ count: Int) {
    require_softmax(count)
    var largest = -Float.infinity
    for i in 0..<count { largest = max(largest, values[i]) }
    var sum: Float = 0
    for i in 0..<count {
      values[i] = expf(values[i] - largest)
      sum += values[i]
    }
    for i in 0..<count { values[i] /= sum }
  }
}
