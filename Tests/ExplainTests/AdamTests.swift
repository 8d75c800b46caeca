import Explain
import Kernels
import Testing

/// Adam against its formulas in Double, on a head of two branches.
@Suite struct AdamTests {
  private func head() throws -> HeadParameters {
    var next: Float = 0.5
    return try HeadParameters(channels: [2, 3], classes: 4) { (_, shape) throws(TrainingError) in
      (0..<shape.reduce(1, *)).map { _ in
        next = (next * 3.7).truncatingRemainder(dividingBy: 1)
        return next - 0.5
      }
    }
  }

  private func gradients(_ labels: [Int], _ head: HeadParameters, step: Int) -> HeadGradients {
    var gradients = HeadGradients(labels: labels, fuseBias: labels.map { Float($0 + step) * 0.3 - 0.4 })
    for branch in head.branches {
      gradients.fuse.append((0..<labels.count * branch.channels).map { Float(($0 + step) % 5) * 0.2 - 0.3 })
      var gradient = HeadGradients.Branch(channels: branch.channels)
      for i in gradient.convolution.indices { gradient.convolution[i] = Float((i + 2 * step) % 3) - 0.9 }
      gradient.normBias[0] = 1e-4
      gradients.branches.append(gradient)
    }
    return gradients
  }

  /// Values of one parameter after steps of the given gradients.
  private func expected(_ value: Float, _ gradients: [Float], rate: Double) -> Double {
    var (x, m, v) = (Double(value), 0.0, 0.0)
    for (index, gradient) in gradients.enumerated() {
      let g = Double(gradient)
      m = 0.9 * m + 0.1 * g
      v = 0.99 * v + 0.01 * g * g
      let (unbiasedM, unbiasedV) = (m / (1 - power(0.9, index + 1)), v / (1 - power(0.99, index + 1)))
      x -= rate * unbiasedM / (unbiasedV.squareRoot() + 1e-9)
    }
    return x
  }

  private func power(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { x, _ in x * base } }

  @Test func everyStepFollowsTheFormulas() throws {
    let rate = 0.01
    let before = try head()
    let after = try head()
    let moments = AdamMoments(after)
    let batches = [[1, 3], [3], [0, 3]].enumerated().map { gradients($0.element, before, step: $0.offset) }
    let context = ExecutionContext(threads: 2)
    for batch in batches { Adam().step(after, batch, moments, rate: rate, context) }

    func expectClose(_ found: Float, _ wanted: Double) { #expect(abs(Double(found) - wanted) < 1e-5) }
    for (index, branch) in before.branches.enumerated() {
      for i in branch.convolution.values.indices {
        let given = batches.map { $0.branches[index].convolution[i] }
        expectClose(
          after.branches[index].convolution.values[i], expected(branch.convolution.values[i], given, rate: rate))
      }
      let given = batches.map { $0.branches[index].normBias[0] }
      expectClose(after.branches[index].normBias.values[0], expected(branch.normBias.values[0], given, rate: rate))
    }
    for i in 0..<5 {
      let sums = batches.map { batch in batch.labels.indices.reduce(Float(0)) { $0 + batch.fuseRow($1)[i] } }
      let shared = expected(0, sums, rate: rate)
      for label in 0..<4 {
        let own = batches.compactMap { batch in batch.labels.firstIndex(of: label).map { batch.fuseRow($0)[i] } }
        let start = before.fuse.values[label * 5 + i]
        expectClose(after.fuse.values[label * 5 + i], expected(start, own, rate: rate) + shared)
      }
    }
    let sums = batches.map { $0.fuseBias.reduce(0, +) }
    expectClose(after.fuseBias.values[2], Double(before.fuseBias.values[2]) + expected(0, sums, rate: rate))
  }
}
