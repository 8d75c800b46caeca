import Glibc
import Kernels
import Testing

@Suite struct VectorTests {
  @Test(arguments: [1, 7, 16, 100, 70000]) func addClamped(_ count: Int) {
    let a = randomFloats(count, in: -5...5, seed: 1)
    let b = randomFloats(count, in: -5...5, seed: 2)
    for context in [referenceContext] + contexts {
      for (other, clamp) in [(b, Clamp.none), (nil, .relu), (b, .relu6)] as [([Float]?, Clamp)] {
        let output = GuardedOutput(count)
        if let other {
          context.add(a, other, clamp: clamp, output: output.pointer, count: count)
        } else {
          context.add(a, nil, clamp: clamp, output: output.pointer, count: count)
        }
        #expect(output.guardsAreIntact)
        let expected = a.indices.map { min(max(a[$0] + (other?[$0] ?? 0), clamp.lower), clamp.upper) }
        #expect(output.values == expected)
      }
    }
  }

  @Test(arguments: [1, 5, 64, 1000, 3584]) func project(_ channels: Int) {
    let input = randomFloats(3 * channels, seed: 3)
    let row = randomFloats(channels, seed: 4)
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(3)
      context.project(input, pixels: 3, channels: channels, row: row, output: output.pointer)
      #expect(output.guardsAreIntact)
      for p in 0..<3 {
        let exact = (0..<channels).reduce(0.0) { $0 + Double(input[p * channels + $1]) * Double(row[$1]) }
        #expect(abs(Double(output.values[p]) - exact) < 4e-7 * Double(channels).squareRoot() * 4)
      }
    }
  }

  @Test(arguments: [1, 10, 1000, 1001]) func softmax(_ count: Int) {
    let logits = randomFloats(count, in: -30...30, seed: 5)
    let exact = logits.map { exp(Double($0)) }
    let total = exact.reduce(0, +)
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(count)
      output.pointer.update(from: logits, count: count)
      context.softmax(output.pointer, count: count)
      #expect(output.guardsAreIntact)
      for i in 0..<count { #expect(abs(Double(output.values[i]) / (exact[i] / total) - 1) < 1e-5) }
    }
  }

  @Test func softmaxSurvivesHugeLogits() {
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(3)
      output.pointer.update(from: [1e30, -1e30, 1e30], count: 3)
      context.softmax(output.pointer, count: 3)
      #expect(output.values == [0.5, 0, 0.5] || largestError(output.values, [0.5, 0, 0.5]) < 1e-6)
    }
  }
}
