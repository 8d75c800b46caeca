import Kernels

/// The last layer of a network that classifies by one linear layer.
struct ClassifierLayer {
  let node: Node
  let linear: Convolution
  /// The node whose result it reads, the features of the entire image, and how many they are.
  var input: String { node.inputs[0] }
  let channels: Int

  /// Nil where the network ends otherwise.
  init?(_ model: Model) {
    let output = model.description.graph.output
    guard let node = model.description.graph.nodes.first(where: { $0.name == output }),
      let linear = node.op as? Convolution, linear.groups == 1, let shape = model.shapes[node.inputs[0]],
      shape.pixels == 1, linear.window.area == 1
    else { return nil }
    (self.node, self.linear, channels) = (node, linear, shape.channels)
  }

  /// Names of its tensors.
  var tensors: Set<String> {
    let names = linear.weights
    return Set([names.weight, names.scale, names.bias, names.columnSums].compactMap(\.self))
  }
}

/// Classes that a network is to know in the place of its own.
struct NewClassifier {
  var classifier: LinearClassifier
  var labels: [String]
  var outputs: OutputFunction
  var preprocessing: Preprocessing
  var name: String
  var rejection: Rejection?
  /// Other layers with new weights.
  var layers: [TunedLayer] = []
}

/// A dense layer of a network with new weights.
struct TunedLayer: Sendable, Equatable {
  var node: String
  /// `[outputs, kernelHeight, kernelWidth, inputs]`, and `[outputs]`.
  var weights, bias: [Float]
}

/// Writes a model with another classifier: all other tensors as they are but for those of `new.layers`, the new layer in Float, and
/// Class Activation Mapping for a head where the network ends in pooling and one linear layer.
///
/// - Parameter output: may be the model's own path.
/// - Precondition: `layer` is the model's.
func replaceClassifier(
  of model: Model, _ layer: ClassifierLayer, by new: NewClassifier, output: String
) throws(ImportError) {
  var description = model.description
  let prefix = HeadDescription.prefix
  let dropped = Set(description.graph.nodes.map(\.name).filter { $0.hasPrefix(prefix) } + [layer.node.name])
  description.graph.nodes.removeAll { dropped.contains($0.name) }
  let name = layer.node.name
  let (classes, channels) = (new.classifier.classes, new.classifier.channels)
  let state = StateDict([
    "\(name).weight": ComputedWeight(shape: [classes, channels], values: new.classifier.weights),
    "\(name).bias": ComputedWeight(shape: [classes], values: new.classifier.biases),
  ])
  var graph = GraphBuilder(
    continuing: description.graph, shapes: model.shapes.filter { !dropped.contains($0.key) },
    featureLayers: description.featureLayers, state: state, precision: description.precision)
  // A few rows cost little, and what was measured with them stays as it was.
  graph.floatLayers = LayerPatterns([name])
  description.graph.output = try graph.linear(name, layer.input, outputs: classes)
  description.graph.nodes = graph.nodes
  description.head = try? classActivationHead(
    graph, output: description.graph.output, architecture: description.architecture
  ).description
  (description.name, description.labels, description.classes) = (new.name, new.labels, classes)
  (description.preprocessing, description.rejection) = (new.preprocessing, new.rejection)
  description.logits = nil
  description.outputs = new.outputs == .softmax ? nil : new.outputs
  var gone = layer.tensors
  for tuned in new.layers {
    let source = graph.appendLayer(tuned, of: model)
    gone.formUnion([source.weight, source.scale, source.bias, source.columnSums].compactMap(\.self))
  }
  let kept = KeptTensors(
    model: model, entries: model.entries.filter { !$0.name.hasPrefix(prefix) && !gone.contains($0.name) })
  _ = try write(description, graph, nil, keeping: kept, to: output)
}

extension GraphBuilder {
  /// Adds the source of a layer whose node is there already, stored as the model stores it.
  fileprivate mutating func appendLayer(_ tuned: TunedLayer, of model: Model) -> LayerSource {
    guard let node = model.description.graph.nodes.first(where: { $0.name == tuned.node }),
      let convolution = node.op as? Convolution, let input = model.shapes[node.inputs[0]]
    else { preconditionFailure("\(tuned.node) is no dense layer of the model") }
    let (window, names, outputs) = (convolution.window, convolution.weights, convolution.outputChannels)
    let layout = TensorLayout(
      .dense, kernelHeight: window.kernelHeight, kernelWidth: window.kernelWidth, inputChannels: input.channels,
      outputChannels: outputs, precision: convolution.precision(in: model.description.precision))
    let (weight, bias) = ("\(tuned.node).tuned.weight", "\(tuned.node).tuned.bias")
    let (taps, channels) = (window.area, input.channels)
    var values = tuned.weights
    if taps > 1 {
      // PyTorch has inputs before taps.
      for n in 0..<outputs {
        for tap in 0..<taps {
          for c in 0..<channels {
            values[(n * channels + c) * taps + tap] = tuned.weights[(n * taps + tap) * channels + c]
          }
        }
      }
    }
    insert(
      ComputedWeight(shape: [outputs, channels, window.kernelHeight, window.kernelWidth], values: values), as: weight)
    insert(ComputedWeight(shape: [outputs], values: tuned.bias), as: bias)
    let source = LayerSource(
      node: tuned.node, layout: layout,
      weights: WeightMatrix(weight, state: state, outputs: outputs, length: channels * taps), convolutionBias: bias,
      normalization: nil, weight: names.weight, scale: names.scale, bias: names.bias, columnSums: names.columnSums)
    append(source)
    return source
  }
}
