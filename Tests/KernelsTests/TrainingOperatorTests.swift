import Glibc
import Kernels
import Testing

/// Gradients between the multiplications against finite differences of the operators' definitions, in Double.
@Suite struct TrainingOperatorTests {
  @Test func clampPassesStrictlyInside() {
    let output: [Float] = [0, 1e-30, 3, 6, 5.999] + [Float](repeating: 2, count: 40)
    let gradient = randomFloats(output.count, seed: 1)
    for context in [referenceContext] + contexts {
      let result = GuardedOutput(output.count)
      context.clampGradient(gradient, output: output, clamp: .relu6, result: result.pointer, count: output.count)
      let expected = zip(output, gradient).map { $0 > 0 && $0 < 6 ? $1 : 0 }
      #expect(result.values == expected && result.guardsAreIntact)
    }
  }

  @Test func gelu() {
    let input = (-1200...1200).map { Float($0) / 200 }
    let gradient = randomFloats(input.count, seed: 1)
    func value(_ x: Double) -> Double { x / 2 * (1 + erf(x / 2.0.squareRoot())) }
    let expected = zip(input, gradient).map { x, g in Float(Double(g) * slope(value, at: Double(x))) }
    for context in [referenceContext] + contexts {
      let result = GuardedOutput(input.count)
      context.activationGradient(.gelu, gradient, input: input, result: result.pointer, count: input.count)
      #expect(largestError(result.values, expected) < 2e-6 && result.guardsAreIntact, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: [(1, 5), (3, 192), (4, 37)]) func layerNorm(_ rows: Int, _ channels: Int) {
    let input = randomFloats(rows * channels, in: 1...4, seed: 1)
    let gradient = randomFloats(rows * channels, seed: 2)
    let weight = randomFloats(channels, seed: 3)
    func value(_ x: [Double]) -> Double {
      var sum = 0.0
      for row in 0..<rows {
        let part = x[row * channels..<(row + 1) * channels]
        let mean = part.reduce(0, +) / Double(channels)
        let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
        for (c, v) in part.enumerated() {
          sum += Double(gradient[row * channels + c]) * Double(weight[c]) * (v - mean) / (variance + 1e-5).squareRoot()
        }
      }
      return sum
    }
    let expected = slopes(value, at: input.map(Double.init))
    for context in [referenceContext] + contexts {
      let result = GuardedOutput(input.count)
      context.layerNormGradient(
        gradient, input: input, rows: rows, channels: channels, epsilon: 1e-5, weight: weight, result: result.pointer)
      #expect(largestError(result.values, expected) < 1e-5 && result.guardsAreIntact, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: [(1, 4, 1), (7, 12, 3), (18, 10, 2)])
  func attention(_ tokens: Int, _ channels: Int, _ heads: Int) {
    let images = 2
    let count = tokens * channels
    let qkv = randomFloats(images * 3 * count, in: -1.5...1.5, seed: 1)
    let gradient = randomFloats(images * count, seed: 2)
    let plan = AttentionPlan(tokens: tokens, channels: channels, heads: heads)
    var expected: [Float] = []
    for image in 0..<images {
      let values = qkv[image * 3 * count..<(image + 1) * 3 * count].map(Double.init)
      expected += slopes(
        { x in
          let output = attention(x, tokens, channels, heads)
          return (0..<count).reduce(0.0) { $0 + output[$1] * Double(gradient[image * count + $1]) }
        }, at: values)
    }
    for context in [referenceContext] + contexts {
      let result = GuardedOutput(qkv.count)
      context.attentionGradient(images: images, plan, qkv: qkv, gradient: gradient, result: result.pointer)
      #expect(largestError(result.values, expected) < 2e-5 && result.guardsAreIntact, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: [(4, 5, 9, 11), (14, 14, 224, 224), (7, 7, 7, 7), (60, 3, 30, 8)])
  func bilinearGradientIsTheTranspose(_ height: Int, _ width: Int, _ outputHeight: Int, _ outputWidth: Int) {
    let input = randomFloats(height * width, seed: 1)
    let gradient = randomFloats(outputHeight * outputWidth, seed: 2)
    for context in [referenceContext] + contexts {
      var output = [Float](repeating: 0, count: gradient.count)
      context.bilinear(
        input, height: height, width: width, output: &output, outputHeight: outputHeight, outputWidth: outputWidth)
      let result = GuardedOutput(input.count)
      context.bilinearGradient(
        gradient, height: height, width: width, outputHeight: outputHeight, outputWidth: outputWidth,
        result: result.pointer)
      let (forward, backward) = (product(gradient, output), product(result.values, input))
      #expect(abs(forward - backward) < 1e-3 && result.guardsAreIntact, "\(context.kernels.tier)")
    }
  }

  @Test(arguments: [(1, 1, 1), (49, 33, 20), (2100, 17, 50)])
  func matrixProducts(_ rows: Int, _ m: Int, _ n: Int) {
    let a = randomFloats(rows * m, seed: 1)
    let b = randomFloats(rows * n, seed: 2)
    var expected = [Double](repeating: 0, count: m * n)
    for row in 0..<rows {
      for i in 0..<m { for j in 0..<n { expected[i * n + j] += Double(a[row * m + i]) * Double(b[row * n + j]) } }
    }
    let zeros = [Float](repeating: 0, count: PanelLayout.padded(n))
    let tolerance = 32 * Float.ulpOfOne * Float(rows).squareRoot()
    for context in [referenceContext] + contexts {
      let output = GuardedOutput(m * n)
      var scratch = [Float](repeating: .nan, count: ExecutionContext.transposedProductScratch(m, n))
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          context.transposedProduct(
            Matrix(a.baseAddress!, rows: rows, columns: m), Matrix(b.baseAddress!, rows: rows, columns: n),
            scratch: &scratch, zeros: zeros, into: output.pointer)
        }
      }
      #expect(output.guardsAreIntact)
      #expect(largestError(output.values, expected.map { Float($0) }) < tolerance, "\(context.kernels.tier)")
    }
  }

  @Test func momentsAndNormalization() {
    let (rows, channels) = (300, 45)
    let a = randomFloats(rows * channels, in: 2...5, seed: 1)
    let b = randomFloats(rows * channels, seed: 2)
    let (scale, shift, center) = (
      randomFloats(channels, seed: 3), randomFloats(channels, seed: 4), randomFloats(channels, seed: 5)
    )
    var sums = [Double](repeating: 0, count: channels)
    var products = sums
    for i in 0..<rows * channels {
      sums[i % channels] += Double(a[i])
      products[i % channels] += Double(a[i]) * (Double(b[i]) - Double(center[i % channels]))
    }
    let normalized = (0..<rows * channels).map { max(0, a[$0] * scale[$0 % channels] + shift[$0 % channels] + b[$0]) }
    let gradients = (0..<rows * channels).map { i in
      let c = i % channels
      return a[i] * scale[c] + (b[i] - center[c]) * shift[c] + center[c]
    }
    for context in [referenceContext] + contexts {
      let found = context.moments(a, b, bCenter: center, rows: rows, channels: channels)
      #expect(zip(found.sum, sums).allSatisfy { abs($0 - $1) < 1e-5 * abs($1) })
      #expect(zip(found.product, products).allSatisfy { abs($0 - $1) < 1e-3 })
      let output = GuardedOutput(rows * channels)
      context.normalizeAddRelu(
        a, scale: scale, shift: shift, skip: b, output: output.pointer, rows: rows, channels: channels)
      #expect(largestError(output.values, normalized) < 1e-6 && output.guardsAreIntact)
      let result = GuardedOutput(rows * channels)
      context.normalizationGradient(
        a, input: b, center: center, scale: scale, slope: shift, shift: center, result: result.pointer, rows: rows,
        channels: channels)
      #expect(largestError(result.values, gradients) < 1e-6 && result.guardsAreIntact)
    }
  }

  /// `p1 = p0 - rate (1 + momentum) (g + decay p0)` after the first step.
  @Test(arguments: [true, false]) func descent(_ hasGradient: Bool) {
    let count = 70
    let start = randomFloats(count, seed: 1)
    let gradient = hasGradient ? randomFloats(count, seed: 2) : [Float](repeating: 0, count: count)
    for context in [referenceContext] + contexts {
      var (values, velocity) = (start, [Float](repeating: 0, count: count))
      gradient.withUnsafeBufferPointer {
        context.descend(
          &values, velocity: &velocity, gradient: hasGradient ? $0.baseAddress : nil, count: count, rate: 0.01,
          momentum: 0.9, decay: 0.1)
      }
      let expected = zip(start, gradient).map { $0 - 0.01 * 1.9 * ($1 + 0.1 * $0) }
      #expect(largestError(values, expected) < 1e-6)
      #expect(largestError(velocity, zip(start, gradient).map { $1 + 0.1 * $0 }) < 1e-6)
    }
  }

  private func attention(_ qkv: [Double], _ tokens: Int, _ channels: Int, _ heads: Int) -> [Double] {
    let depth = channels / heads
    var result = [Double](repeating: 0, count: tokens * channels)
    func value(_ token: Int, _ part: Int, _ head: Int, _ c: Int) -> Double {
      qkv[token * 3 * channels + part * channels + head * depth + c]
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
          result[query * channels + head * depth + c] =
            (0..<tokens).reduce(0.0) { $0 + weights[$1] * value($1, 2, head, c) } / total
        }
      }
    }
    return result
  }

  /// Central differences in Double: exact to some 1e-9 here.
  private func slope(_ value: (Double) -> Double, at x: Double) -> Double {
    let step = 1e-5
    return (value(x + step) - value(x - step)) / (2 * step)
  }

  private func slopes(_ value: ([Double]) -> Double, at x: [Double]) -> [Float] {
    x.indices.map { i in
      Float(
        slope(
          { y in
            var moved = x
            moved[i] = y
            return value(moved)
          }, at: x[i]))
    }
  }
}
