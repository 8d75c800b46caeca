import CShim
import Kernels

extension Model {
  /// The same network for larger or smaller images: convolutions run on more or fewer places, and the position embeddings of a Vision
  /// Transformer are resampled (bicubic, as in A. Dosovitskiy et al., ICLR 2021, section 3.2).
  ///
  /// - Parameter side: the shorter side of the input, in pixels.
  func resized(toSide side: Int) throws(InputSizeError) -> Model {
    var description = description
    let preprocessing = description.preprocessing.resized(toSide: side)
    description.preprocessing = preprocessing
    let crop = preprocessing.crop
    description.graph.inputShape = Shape(crop.height, crop.width, preprocessing.channels)
    var (shapes, additions) = ([description.graph.input: description.graph.inputShape], [TensorAddition]())
    var grid: Shape?
    for (index, node) in description.graph.nodes.enumerated() {
      let inputs = node.inputs.compactMap { shapes[$0] }
      let usual = node.inputs.compactMap { self.shapes[$0] }
      var node = node
      switch node.op {
      case let tokens as TokenEmbedding where inputs != usual:
        grid = inputs[0]
        let (op, addition) = resampled(tokens, from: usual[0], to: inputs[0])
        node.op = op
        additions.append(addition)
      case let image as ImageTokens:
        if let grid { node.op = ImageTokens(height: grid.height, width: grid.width, prefix: image.prefix) }
      default:
        let precision = description.precision
        guard node.op.tensors(inputs, precision) == node.op.tensors(usual, precision) else {
          throw .fixed(node: node.name)
        }
      }
      do { shapes[node.name] = try node.outputShape(inputs) } catch {
        if case .tensorTooLarge = error { throw .graph(error) }
        throw .fixed(node: node.name)
      }
      description.graph.nodes[index] = node
    }
    let output = description.graph.output
    guard shapes[output] == self.shapes[output] else { throw .fixed(node: output) }
    do { _ = try description.graph.inferShapes() } catch { throw .graph(error) }
    return Model(description, shapes: shapes, of: self, and: additions)
  }

  /// - Parameters:
  ///   - usual: the shape of the image that the positions in the file are for.
  ///   - shape: that of the image that they are wanted for.
  private func resampled(
    _ tokens: TokenEmbedding, from usual: Shape, to shape: Shape
  ) -> (TokenEmbedding, TensorAddition) {
    let stored = floats(tokens.positions)
    let prefix = tokens.prefix * shape.channels
    let columns = resampled(
      stored + prefix, count: usual.height, length: usual.width, toLength: shape.width, stride: shape.channels)
    let image = resampled(
      columns, count: 1, length: usual.height, toLength: shape.height, stride: shape.width * shape.channels)
    var tokens = tokens
    tokens.positions += "@\(shape.width)x\(shape.height)"
    let positions = Array(UnsafeBufferPointer(start: stored, count: prefix)) + image
    return (tokens, .computed(name: tokens.positions, ComputedTensor(positions)))
  }

  /// `[count, length, stride]` to `[count, toLength, stride]`, bicubic and antialiased.
  private func resampled(
    _ values: UnsafePointer<Float>, count: Int, length: Int, toLength target: Int, stride: Int
  ) -> [Float] {
    let axis = ResamplingAxis(
      source: length, target: target, range: 0..<target, interpolation: .bicubic, antialias: true)
    var result = [Float](repeating: 0, count: count * target * stride)
    for row in 0..<count {
      for (place, first) in axis.first.enumerated() {
        for (tap, source) in (Int(first)..<min(Int(first) + axis.taps, length)).enumerated() {
          let weight = Float(axis.weights[place * axis.taps + tap]) / Float(1 << resample_fraction_bits)
          for i in 0..<stride {
            result[(row * target + place) * stride + i] += weight * values[(row * length + source) * stride + i]
          }
        }
      }
    }
    return result
  }
}

/// Why a network does not read images of a size.
public enum InputSizeError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A layer's parameters or shape are for one size alone.
  case fixed(node: String)
  /// What the layers would do then is not possible.
  case graph(GraphError)

  public var description: String {
    switch self {
    case .fixed(let node): "the layer \(node) is for one input size alone"
    case .graph(let error): "\(error)"
    }
  }
}
