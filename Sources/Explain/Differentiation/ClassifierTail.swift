import Kernels

/// The layers of a classifier behind one node, in Float, for several inputs at a time and with gradients.
///
/// What the layers read besides the node's result (a residual connection past it) is the same for all inputs of a pass.
package final class ClassifierTail {
  /// Inputs that pass together.
  let images: Int
  /// Everything that the layers read: the node, and what passes by it.
  package let inputs: [String]
  private let node: String
  private let classes: Int
  private let counts: [String: Int]
  private let output: String
  private let pass: BackbonePass
  private let context: ExecutionContext

  /// - Parameter model: with the tensors of the session's; nil for that one.
  /// - Throws: `EngineError.outOfMemory`.
  package init(
    _ session: Session, _ model: Model? = nil, behind node: String, images: Int, hasGradient: Bool
  ) throws(EngineError) {
    let model = model ?? session.model
    (self.node, self.images, context) = (node, images, session.context)
    let graph = model.description.graph
    output = graph.output
    classes = model.description.classes
    inputs = graph.frontier(behind: node)
    counts = Dictionary(inputs.map { ($0, model.shapes[$0]?.count ?? 0) }, uniquingKeysWith: { first, _ in first })
    let layers = FloatLayers(model, precision: .float32)
    let plan = try BackbonePlan(
      model, layers, images: images, outputs: [graph.output], gradientOf: hasGradient ? graph.output : nil,
      given: inputs, context: context)
    pass = BackbonePass(plan, layers, try PassMemory(plan), context: context)
  }

  /// Logits of every input, `[images, classes]`.
  ///
  /// - Parameters:
  ///   - read: yields the result of each of `inputs` for one image.
  ///   - change: changes the node's result of one input in place.
  package func logits(
    _ read: (String) -> [Float], changing change: (_ image: Int, UnsafeMutablePointer<Float>) -> Void = { _, _ in }
  ) -> [Float] {
    for name in inputs {
      let (values, count) = (read(name), counts[name] ?? 0)
      for image in 0..<images {
        let place = pass.given(name) + image * count
        place.update(from: values, count: count)
        if name == node { change(image, place) }
      }
    }
    context.withFlushedDenormals { pass.forward() }
    return Array(UnsafeBufferPointer(start: pass.output(output), count: images * classes))
  }

  /// The gradient of one class's logit by the node's result of the first input, after `logits`; zeros where nothing depends on it.
  package func gradient(of classIndex: Int) -> [Float] {
    pass.logitsGradient.update(repeating: 0, count: images * classes)
    pass.logitsGradient[classIndex] = 1
    context.withFlushedDenormals { pass.backward() }
    let count = counts[node] ?? 0
    guard let gradient = pass.gradient(node) else { return [Float](repeating: 0, count: count) }
    return Array(UnsafeBufferPointer(start: gradient, count: count))
  }
}

extension Graph {
  /// What the nodes between `name` and the output read that lies not between them: `name` first, then what passes by it.
  func frontier(behind name: String) -> [String] {
    var descendants: Set<String> = [name]
    for node in nodes where node.inputs.contains(where: descendants.contains) { descendants.insert(node.name) }
    var needed: Set<String> = [output]
    var inputs = [name]
    for node in nodes.reversed()
    where needed.contains(node.name) && descendants.contains(node.name) && node.name != name {
      needed.formUnion(node.inputs)
      for input in node.inputs where !descendants.contains(input) && !inputs.contains(input) { inputs.append(input) }
    }
    return inputs
  }
}
