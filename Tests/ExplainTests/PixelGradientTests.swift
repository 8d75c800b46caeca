import Testing

@testable import Explain

/// Methods that read gradients of the image, on a small smooth network.
@Suite struct PixelGradientTests {
  private let session: Session
  private let input: MethodInput

  init() throws {
    let network = RandomNetwork(
      layers: ["stem": (12, 3, 3), "last": (8, 12, 3)],
      build: { graph in
        let stem = try graph.activation(
          "silu", graph.same("stem", graph.input, outputs: 12, kernel: 3), .silu)
        return try graph.activation("again", graph.same("last", stem, outputs: 8, kernel: 3), .silu)
      })
    session = Session(model: try network.model(.float32, channels: 8), threads: 1)
    let side = RandomNetwork.size
    let pixels = (0..<3 * side * side).map { UInt8($0 * 89 % 256) }
    input = MethodInput(
      Image(width: side, height: side, pixels: pixels), session.model.description.preprocessing)
  }

  private var black: [Float] { [Float](repeating: -1, count: input.values.count) }

  @Test func gradientsAreSlopes() throws {
    let gradient = try ImageGradients(session).gradient(of: 2, at: input.values)
    let largest = gradient.map(abs).max() ?? 0
    #expect(largest > 0)
    for i in stride(from: 0, to: gradient.count, by: 17) {
      func logit(_ step: Float) throws -> Double {
        var moved = input.values
        moved[i] += step
        return Double(try session.classify(moved)[2])
      }
      let slope = (try logit(0.01) - logit(-0.01)) / 0.02
      #expect(abs(Double(gradient[i]) - slope) < 0.01 * Double(largest) + 1e-4, "\(i)")
    }
  }

  /// The axiom of completeness: the pixels' shares add up to what the image changes.
  @Test func attributionsAreComplete() throws {
    let method = try IntegratedGradients(session, MethodOptions())
    for classIndex in 0..<RandomNetwork.classes {
      let sum = method.attributions(input.values, classIndex).reduce(0, +)
      let change = try session.classify(input.values)[classIndex] - session.classify(black)[classIndex]
      #expect(abs(sum - change) < 0.002 * max(abs(change), 0.1), "\(classIndex): \(sum), \(change)")
    }
    let explanation = try method.explain(input) { _ in [1, 3] }
    #expect(explanation.passes == PassCount(forward: 65, backward: 64))
    #expect(explanation.maps.map(\.classIndex) == [1, 3] && explanation.maps[0].values.allSatisfy { $0 >= 0 })
    #expect(explanation.maps[0].values == method.attributions(input.values, 1).map { abs($0) })
  }

  @Test func smoothGradIsAMeanOverSeededNoise() throws {
    let method = try SmoothGrad(session, MethodOptions())
    let gradient = try ImageGradients(session).gradient(of: 2, at: input.values)
    #expect(relativeError(method.meanGradient(input.values, 2, deviation: 0), gradient) < 1e-5)
    let noisy = method.meanGradient(input.values, 2, deviation: 0.15)
    #expect(relativeError(noisy, gradient) > 0.001 && relativeError(noisy, gradient) < 0.5)
    var options = MethodOptions()
    let map = try method.explain(input) { _ in [2] }.maps[0]
    #expect(try SmoothGrad(session, options).explain(input) { _ in [2] }.maps[0] == map)
    options.seed = 1
    #expect(try SmoothGrad(session, options).explain(input) { _ in [2] }.maps[0] != map)
    for pixel in 0..<map.values.count {
      #expect(map.values[pixel] == noisy[3 * pixel..<3 * pixel + 3].map { abs($0) }.max())
    }
  }
}
