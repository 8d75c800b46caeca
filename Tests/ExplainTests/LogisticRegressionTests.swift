import Kernels
import Testing

@testable import Explain

/// The regression against scikit-learn 1.7's LogisticRegression, whose coefficients stand here.
@Suite struct LogisticRegressionTests {
  private static let features: [[Float]] = [
    [0.5, 1.0, -0.3], [1.5, 0.2, 0.1], [-0.7, 0.4, 0.9], [-1.1, -0.6, 0.3], [0.2, -1.4, -0.8], [0.9, -0.9, 0.6],
    [-0.4, 1.3, -1.2], [1.2, 1.1, 0.7],
  ]
  private static let single = [0, 0, 1, 1, 2, 2, 1, 0].map { [$0] }
  private static let several = [[0], [0, 1], [1], [], [0], [1], [0, 1], []]

  private func fit(
    _ labels: [[Int]], classes: Int, _ outputs: OutputFunction, weights: [Double]? = nil, copies: Int = 1,
    threads: Int = 1, tier: CPUTier? = nil
  ) throws -> LinearClassifier {
    let rows = Self.features.count * copies
    let values = (0..<copies).flatMap { _ in Self.features.flatMap(\.self) }
    return try values.withUnsafeBufferPointer { values in
      let base = try #require(values.baseAddress)
      let regression = try LogisticRegression(
        TeachingRows(
          features: Matrix(base, rows: rows, columns: 3), labels: (0..<copies).flatMap { _ in labels },
          classes: classes, outputs: outputs),
        context: ExecutionContext(tier: tier, threads: threads))
      return regression.fit(decay: 0.01, weights: weights ?? [Double](repeating: 1, count: rows))
    }
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? .infinity }

  /// A sum that is added to all biases changes nothing.
  private func centered(_ biases: [Float]) -> [Float] {
    let mean = biases.reduce(0, +) / Float(biases.count)
    return biases.map { $0 - mean }
  }

  @Test(arguments: CPUTier.available)
  func exclusiveClassesAreScikitLearns(_ tier: CPUTier) throws {
    let found = try fit(Self.single, classes: 3, .softmax, tier: tier)
    let weights: [Float] = [1.55517, 1.23931, 0.1234, -2.07809, 0.5028, -0.08472, 0.52291, -1.74211, -0.03868]
    #expect(distance(found.weights, weights) < 2e-3, "\(found.weights)")
    #expect(distance(centered(found.biases), [-0.36623, 0.66731, -0.30109]) < 2e-3, "\(found.biases)")
  }

  @Test func weightsOfRowsAreScikitLearns() throws {
    let found = try fit(Self.single, classes: 3, .softmax, weights: [1, 2, 1, 0, 1, 3, 1, 1])
    let weights: [Float] = [1.63135, 1.32322, -0.02841, -1.74195, 0.66507, -0.19231, 0.11059, -1.9883, 0.22073]
    #expect(distance(found.weights, weights) < 2e-3, "\(found.weights)")
    #expect(distance(centered(found.biases), [-0.5288, 0.38485, 0.14395]) < 2e-3, "\(found.biases)")
  }

  @Test func independentClassesAreScikitLearns() throws {
    // There the loss is a mean of one class, here a sum of two, which decays half as much.
    let found = try fit(Self.several, classes: 2, .sigmoid)
    #expect(
      distance(found.weights, [0.88179, 0.25964, -3.05328, 0.10619, 0.23789, 0.22398]) < 2e-3, "\(found.weights)")
    #expect(distance(found.biases, [-0.14633, -0.06974]) < 2e-3, "\(found.biases)")
  }

  /// Copies of all rows are the same problem; and threads change no bit.
  @Test func copiesAndThreadsChangeNothing() throws {
    let once = try fit(Self.single, classes: 3, .softmax)
    let copied = try fit(Self.single, classes: 3, .softmax, copies: 300)
    #expect(distance(once.weights, copied.weights) < 2e-3)
    let threads = try fit(Self.single, classes: 3, .softmax, copies: 300, threads: 3)
    #expect(threads == copied)
  }

  @Test func gradientsAreDifferences() {
    for (outputs, labels) in [(OutputFunction.softmax, [2]), (.sigmoid, [0, 2]), (.sigmoid, [])] {
      let logits: [Float] = [0.3, -1.2, 2.1, 0.4]
      var gradient = logits
      let loss = outputs.crossEntropyGradient(&gradient, count: 4, labels: labels, scale: 0.5)
      #expect(abs(loss - 0.5 * outputs.crossEntropy(logits, labels)) < 1e-9)
      for i in logits.indices {
        let step: Float = 1e-2
        var (more, less) = (logits, logits)
        more[i] += step
        less[i] -= step
        let slope = (outputs.crossEntropy(more, labels) - outputs.crossEntropy(less, labels)) / Double(2 * step)
        #expect(abs(Double(gradient[i]) - 0.5 * slope) < 1e-4, "\(outputs) \(i)")
      }
    }
  }

  @Test func rosenbrocksValleyIsFollowed() {
    let place = LBFGS(iterations: 200, tolerance: 1e-4).minimize(from: [-1.2, 1]) { p in
      let (x, y) = (Double(p[0]), Double(p[1]))
      return (
        100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x),
        [Float(-400 * x * (y - x * x) - 2 * (1 - x)), Float(200 * (y - x * x))]
      )
    }
    #expect(distance(place, [1, 1]) < 1e-2, "\(place)")
  }
}
