import Kernels
import Testing

@testable import Explain

/// Gradients of weights against differences, on a small smooth network.
@Suite struct WeightGradientTests {
  private static let images = 3

  /// Layers of 1 x 1, 3 x 3, a stride of 2 with cut-off padding, and a dilation.
  private func model(_ precision: Precision) throws -> Model {
    let network = RandomNetwork(
      layers: ["stem": (16, 3, 3), "wide": (20, 16, 1), "down": (18, 20, 3), "apart": (18, 18, 3)],
      build: { graph in
        var x = try graph.activation("silu", graph.same("stem", graph.input, outputs: 16, kernel: 3), .silu)
        x = try graph.activation("wide silu", graph.same("wide", x, outputs: 20), .silu)
        x = try graph.convolution(
          "down", x, outputChannels: 18, kernel: 3, stride: 2, padding: .symmetric(1), normalization: nil)
        let apart = try graph.convolution(
          "apart", x, outputChannels: 18, kernel: 3, padding: .symmetric(2), dilation: 2, normalization: nil)
        return try graph.activation("last", graph.add("sum", x, apart), .silu)
      })
    return try network.model(precision, channels: 18)
  }

  @Test(arguments: [Precision.float32, .int8])
  func gradientsAreSlopes(_ precision: Precision) throws {
    let model = try model(precision)
    let context = ExecutionContext(threads: 2)
    let floats = FloatLayers(model, precision: .float32)
    let nodes = model.description.graph.nodes.filter { $0.op is Convolution && $0.name != "stem" }
    let layers = try nodes.map { try floats.train($0) }
    #expect(layers.count == 4)
    let output = model.description.graph.output
    let plan = try BackbonePlan(
      model, floats, images: Self.images, outputs: [output], gradientOf: output, given: ["silu"], context: context)
    let pass = BackbonePass(plan, floats, try PassMemory(plan), context: context)
    var generator = SplitMix64(state: 7)
    let inputs = (0..<Self.images * 16 * RandomNetwork.size * RandomNetwork.size).map { _ in generator.signedUnit() }
    /// Of class 2, weighted differently for each image.
    func loss() -> Double {
      pass.given("silu").update(from: inputs, count: inputs.count)
      pass.forward()
      return (0..<Self.images).reduce(0) {
        $0 + Double($1 + 1) * Double(pass.output(output)[$1 * RandomNetwork.classes + 2])
      }
    }
    _ = loss()
    pass.logitsGradient.update(repeating: 0, count: Self.images * RandomNetwork.classes)
    for image in 0..<Self.images { pass.logitsGradient[image * RandomNetwork.classes + 2] = Float(image + 1) }
    pass.backward()
    for (node, layer) in zip(nodes, layers) {
      let parts = [
        (layer.weights.values, layer.weightGradient.values, layer.outputs * layer.length, 61),
        (layer.bias.values, layer.biasGradient.values, layer.outputs, 1),
      ]
      for (values, gradient, count, stride) in parts {
        let found = (0..<count).map { Double(gradient[$0]) }
        let largest = found.map(abs).max() ?? 0
        #expect(largest > 0, "\(node.name)")
        for i in Swift.stride(from: 0, to: count, by: stride) {
          let value = values[i]
          func moved(_ step: Float) -> Double {
            values[i] = value + step
            layer.update(context)
            return loss()
          }
          let slope = (moved(0.01) - moved(-0.01)) / 0.02
          values[i] = value
          layer.update(context)
          #expect(abs(found[i] - slope) < 0.01 * largest + 2e-4, "\(node.name) \(i): \(found[i]), \(slope)")
        }
      }
    }
  }

  /// Rounded to bf16 the gradients are nearly the same.
  @Test func reducedPrecisionIsClose() throws {
    let model = try model(.int8)
    func gradients(_ precision: OperandPrecision) throws -> [Float] {
      let context = ExecutionContext(threads: 1)
      let floats = FloatLayers(model, precision: precision)
      let node = try #require(model.description.graph.nodes.first { $0.name == "wide" })
      let layer = try floats.train(node)
      let output = model.description.graph.output
      let plan = try BackbonePlan(
        model, floats, images: 1, outputs: [output], gradientOf: output, given: ["silu"], context: context)
      let pass = BackbonePass(plan, floats, try PassMemory(plan), context: context)
      var generator = SplitMix64(state: 7)
      for i in 0..<16 * 64 { pass.given("silu")[i] = generator.signedUnit() }
      pass.forward()
      pass.logitsGradient.update(repeating: 1, count: RandomNetwork.classes)
      pass.backward()
      return Array(UnsafeBufferPointer(start: layer.weightGradient.values, count: layer.outputs * layer.length))
    }
    let (exact, rounded) = (try gradients(.float32), try gradients(.bf16))
    #expect(relativeError(rounded, exact) < 0.02 && rounded != exact)
  }
}
