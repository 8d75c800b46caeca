import Kernels

/// The gradients of a trained convolution's weights and bias: products of its result's gradient and what each tap saw.
struct WeightGradientStep: Step {
  let layer: TrainableLayer
  /// Of one image.
  let geometry: WindowGeometry
  /// Arena tensors: what the convolution read, and scratch of the product, of its result, and of what a tap saw.
  let seen, scratch, product, window: Int
  /// Has the zeros that stand for a bias.
  let layers: FloatLayers

  private static func isPlain(_ g: WindowGeometry) -> Bool { g.kernelHeight * g.kernelWidth == 1 && g.stride == 1 }

  /// Floats of `product` and of `window`.
  static func floats(_ g: WindowGeometry, outputs: Int, images: Int) -> (product: Int, window: Int) {
    isPlain(g) ? (0, 0) : (outputs * g.channels, images * g.outputHeight * g.outputWidth * g.channels)
  }

  func run(_ operands: StepOperands, _ context: ExecutionContext) {
    let (memory, outputs, channels) = (operands.memory, layer.outputs, geometry.channels)
    let rows = operands.images * geometry.outputHeight * geometry.outputWidth
    let gradient = Matrix(UnsafePointer(operands.input), rows: rows, columns: outputs)
    let sums = context.moments(gradient.values, gradient.values, rows: rows, channels: outputs).sum
    for n in 0..<outputs { layer.biasGradient.values[n] = Float(sums[n]) }
    func multiply(_ seen: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
      context.transposedProduct(
        gradient, Matrix(seen, rows: rows, columns: channels), scratch: memory.floats(scratch), zeros: layers.zeros,
        into: result)
    }
    let source = UnsafePointer(memory.floats(seen))
    if Self.isPlain(geometry) { return multiply(source, into: layer.weightGradient.values) }
    let (window, product) = (memory.floats(window), memory.floats(product))
    for ky in 0..<geometry.kernelHeight {
      for kx in 0..<geometry.kernelWidth {
        let height = geometry.outputHeight
        context.pool.run(chunks: operands.images * height) { line in
          gather(source, image: line / height, y: line % height, ky, kx, into: window)
        }
        multiply(window, into: product)
        let first = (ky * geometry.kernelWidth + kx) * channels
        for n in 0..<outputs {
          (layer.weightGradient.values + n * layer.length + first).update(from: product + n * channels, count: channels)
        }
      }
    }
  }

  /// Copies what a tap sees along one line of the result; zeros beyond the border.
  private func gather(
    _ source: UnsafePointer<Float>, image: Int, y: Int, _ ky: Int, _ kx: Int, into window: UnsafeMutablePointer<Float>
  ) {
    let (g, channels) = (geometry, geometry.channels)
    let line = window + (image * g.outputHeight + y) * g.outputWidth * channels
    let row = y * g.stride + ky * g.dilationHeight - g.top
    for x in 0..<g.outputWidth {
      let column = x * g.stride + kx * g.dilationWidth - g.left
      if row < 0 || row >= g.height || column < 0 || column >= g.width {
        (line + x * channels).update(repeating: 0, count: channels)
      } else {
        (line + x * channels).update(
          from: source + ((image * g.height + row) * g.width + column) * channels, count: channels)
      }
    }
  }
}

extension BatchPlanner {
  /// - Precondition: the convolution has one group.
  mutating func appendWeightGradient(
    of layer: TrainableLayer, _ convolution: Convolution, _ operation: FusedGraph.Operation, _ gradient: Int
  ) {
    precondition(convolution.groups == 1, "layers of several groups are not trained")
    let geometry = geometry(convolution.window, operation)
    let floats = WeightGradientStep.floats(geometry, outputs: layer.outputs, images: images)
    layers.needZeros(PanelLayout.padded(geometry.channels))
    let scratch = allocate(floats: ExecutionContext.transposedProductScratch(layer.outputs, geometry.channels))
    let (product, window) = (allocate(floats: max(1, floats.product)), allocate(floats: max(1, floats.window)))
    let seen = tensor(operation.input)
    append(
      WeightGradientStep(
        layer: layer, geometry: geometry, seen: seen, scratch: scratch, product: product, window: window, layers: layers
      ),
      from: gradient, reading: [seen, scratch, product, window])
  }
}
