// The kernels of one ARM tier against their reference, as a program small enough for Embedded Swift: no test library, no
// Foundation. It is compiled into the tier's own module, once for each tier.

import CShim
import Glibc

@main struct KernelCheck {
  static func main() {
    var features = "features:"
    if shim_cpu_has_neon() { features += " neon" }
    if shim_cpu_has_dotprod() { features += " dotprod" }
    if shim_cpu_has_i8mm() { features += " i8mm" }
    print(features)

    // With an argument the program runs one matrix product, to be counted.
    if let reduction = firstArgument() { return countedProduct(reduction) }
    var report = Report()
    for shape in Shape.all {
      checkQuantized(shape, &report)
      checkFloat(shape, &report)
    }
    for outputs in [16, 23, 300] { checkResidualLevels(outputs: outputs, &report) }
    checkImageKernels(&report)
    checkVectorKernels(&report)
    print("\(report.checks) checks, \(report.failures) failures")
    exit(report.failures == 0 && report.checks > 0 ? 0 : 1)
  }
}

/// Counts checks and names those that fail.
struct Report {
  var checks = 0
  var failures = 0

  mutating func expect(_ isRight: Bool, _ name: String) {
    checks += 1
    guard !isRight else { return }
    failures += 1
    print("wrong: \(name)")
  }

  /// Relative errors below `tolerance`, and no value that is not a number.
  mutating func expect(_ result: [Float], near expected: [Float], _ tolerance: Float, _ name: String) {
    var worst: Float = result.count == expected.count ? 0 : .infinity
    for i in 0..<min(result.count, expected.count) {
      let error = abs(result[i] - expected[i]) / (1 + abs(expected[i]))
      worst = error.isNaN ? .infinity : max(worst, error)
    }
    expect(worst <= tolerance, name)
  }
}

/// SplitMix64.
struct SeededGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` values in `lower ..< upper`.
  mutating func floats(_ count: Int, _ lower: Float, _ upper: Float) -> [Float] {
    var values: [Float] = []
    for _ in 0..<count { values.append(lower + (upper - lower) * Float(next() >> 40) / 16_777_216) }
    return values
  }

  /// `count` weights in -127...127.
  mutating func levels(_ count: Int) -> [Int8] {
    var values: [Int8] = []
    for _ in 0..<count { values.append(Int8(Int(next() >> 33) % 255 - 127)) }
    return values
  }
}

/// The first argument as a number.
private func firstArgument() -> Int? {
  guard let arguments = shim_program_arguments(), let first = arguments[0].flatMap({ _ in arguments[1] }) else {
    return nil
  }
  return Int(atol(first))
}
