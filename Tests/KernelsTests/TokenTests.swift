import Glibc
import Kernels
import Testing

@Suite struct TokenTests {
  @Test(arguments: [(1, 1), (3, 7), (197, 192), (5, 100)]) func layerNorm(_ rows: Int, _ channels: Int) {
    let input = randomFloats(rows * channels, in: 90...110, seed: 1)
    let weight = randomFloats(channels, seed: 2)
    let bias = randomFloats(channels, seed: 3)
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(rows * channels)
      context.layerNorm(
        input, rows: rows, channels: channels, epsilon: 1e-6, weight: weight, bias: bias, output: output.pointer)
      #expect(output.guardsAreIntact)
      var expected: [Float] = []
      for row in 0..<rows {
        let x = input[row * channels..<(row + 1) * channels].map(Double.init)
        let mean = x.reduce(0, +) / Double(channels)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
        for c in 0..<channels {
          let normalized = (x[c] - mean) / (variance + 1e-6).squareRoot()
          expected.append(Float(normalized * Double(weight[c]) + Double(bias[c])))
        }
      }
      // The mean of values near 100 is known to some 1e-5; the deviation here is about 6.
      #expect(zip(output.values, expected).allSatisfy { abs($0 - $1) < 2e-5 }, "\(context.kernels.tier)")
    }
  }

  @Test func gelu() {
    let input = (-2000...2000).map { Float($0) / 200 } + [0, -0.0, 1e-30, 60, -60, .infinity]
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(input.count)
      context.activate(
        Epilogue(function: .gelu), input, rows: 1, channels: input.count, output: output.pointer)
      #expect(output.guardsAreIntact)
      for (x, y) in zip(input, output.values) {
        let exact = x.isInfinite ? x : Float(Double(x) / 2 * (1 + erf(Double(x) / 2.0.squareRoot())))
        if x != y, !(abs(exact - y) < 1e-6) { Issue.record("gelu(\(x)) is \(y)") }
      }
    }
  }

  @Test(arguments: [(1, 16, 1), (5, 12, 3), (50, 128, 2), (197, 192, 3)])
  func attention(_ tokens: Int, _ channels: Int, _ heads: Int) {
    let qkv = randomFloats(tokens * 3 * channels, in: -2...2, seed: 4)
    let plan = AttentionPlan(tokens: tokens, channels: channels, heads: heads)
    let expected = exactAttention(qkv, tokens, channels, heads)
    for context in [referenceContext] + contexts {
      let scratch = GuardedOutput(plan.scratchFloats)
      let output = GuardedOutput(tokens * channels)
      context.attention(plan, qkv: qkv, scratch: scratch.pointer, output: output.pointer)
      #expect(output.guardsAreIntact && scratch.guardsAreIntact)
      #expect(largestError(output.values, expected) < 1e-5, "\(context.kernels.tier)")
    }
  }

  private func exactAttention(_ qkv: [Float], _ tokens: Int, _ channels: Int, _ heads: Int) -> [Float] {
    let depth = channels / heads
    var result = [Float](repeating: 0, count: tokens * channels)
    func value(_ token: Int, _ part: Int, _ head: Int, _ c: Int) -> Double {
      Double(qkv[token * 3 * channels + part * channels + head * depth + c])
    }
    for head in 0..<heads {
      for query in 0..<tokens {
        let weights = (0..<tokens).map { key in
          exp(
            (0..<depth).reduce(0.0) { $0 + value(query, 0, head, $1) * value(key, 1, head, $1) }
              / Double(depth).squareRoot())
        }
        let total = weights.reduce(0, +)
        for c in 0..<depth {
          let sum = (0..<tokens).reduce(0.0) { $0 + weights[$1] * value($1, 2, head, c) }
          result[query * channels + head * depth + c] = Float(sum / total)
        }
      }
    }
    return result
  }

  @Test func embedTokens() {
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(6)
      context.embedTokens(
        [1, 2, 3, 4], pixels: 2, channels: 2, classToken: [10, 20], positions: [0.5, 0.25, 100, 200, 300, 400],
        output: output.pointer)
      #expect(output.guardsAreIntact)
      #expect(output.values == [10.5, 20.25, 101, 202, 303, 404])
      context.embedTokens(
        [1, 2], pixels: 1, channels: 2, prefix: 2, classToken: [10, 20, 30, 40], positions: [1, 2, 3, 4, 5, 6],
        output: output.pointer)
      #expect(output.guardsAreIntact)
      #expect(output.values == [11, 22, 33, 44, 6, 8])
      context.embedTokens(
        [1, 2, 3, 4, 5, 6], pixels: 3, channels: 2, prefix: 0, classToken: nil, positions: [6, 5, 4, 3, 2, 1],
        output: output.pointer)
      #expect(output.guardsAreIntact)
      #expect(output.values == [7, 7, 7, 7, 7, 7])
    }
  }
}
