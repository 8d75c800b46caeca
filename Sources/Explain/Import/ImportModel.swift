/// Turns a network's weights into a model file: recognises the architecture or reads its graph, folds BatchNorm, quantizes, packs.
///
/// Works layer by layer and 16 output channels at a time: memory does not grow with the model. Equal inputs give equal
/// files. The output appears only when it is complete.
///
/// - Parameters:
///   - weights: path of a safetensors file, or of the index of its shards, in the names of torchvision, timm or Hugging
///     Face; or of an ONNX model.
///   - output: path of the model file; it may replace an older one, but none of the inputs.
///   - progress: called after every layer.
/// - Throws: what is wrong with the weights, the options or the output; then no output is left behind.
public func importModel(
  from weights: String, to output: String, options: ImportOptions = ImportOptions(),
  progress: (ImportProgress) -> Void = { _ in }
) throws(ImportError) -> ImportSummary {
  let source = try SourceNetwork(path: weights, options)
  var graph = source.graph
  let (logits, metadata, preprocessing) = (source.logits, source.metadata, source.preprocessing.result)
  let isBinary = graph.splitSingleLogit(logits)
  let classes = graph.shape(logits).channels
  var labels = try ImportedLabels(options, source, weights: weights)
  let unusedLabels = try labels.fit(classes: classes, isBinary: isBinary)
  var inputs = source.paths
  if let path = labels.path { inputs.append(path) }
  let head = try importedHead(options, &graph, logits, classes, source.architecture, &inputs)
  if let pattern = graph.floatLayers.firstUnmatched {
    throw .unknownFloatLayer(pattern, near: nearMiss(of: pattern, among: graph.layers.map(\.node)))
  }
  try graph.expectActivations()
  graph.markPooledInputs()
  if options.precision == .int8 { graph.readPixels(preprocessing.pixelLevels) }

  var description = ModelDescription(
    name: options.name ?? source.name, architecture: source.architecture, precision: options.precision,
    graph: Graph(input: graph.input, inputShape: graph.inputShape, nodes: graph.nodes, output: logits),
    featureLayers: graph.featureLayers, preprocessing: preprocessing, labels: labels.names, classes: classes,
    head: head?.description, licence: options.licence ?? metadata.licence ?? "",
    source: options.source ?? metadata.source ?? "")
  description.logits = isBinary ? 1 : nil
  // The softmax of a binary classifier's two logits is the sigmoid of its one.
  description.outputs = isBinary || source.outputs == .softmax ? nil : source.outputs
  if let old = FileStatus(output), inputs.contains(where: { FileStatus($0)?.identity == old.identity }) {
    throw .output(path: output, .overwritesInput)
  }
  var summary = try write(description, graph, head?.bias, to: output, progress: progress)
  summary.statisticsWereDivided = source.preprocessing.statisticsWereDivided
  summary.preprocessing = source.preprocessing.origins
  (summary.labels, summary.unusedLabels) = (labels.origin, unusedLabels)
  return summary
}

/// - Parameter inputs: gets the paths of the files that are read.
private func importedHead(
  _ options: ImportOptions, _ graph: inout GraphBuilder, _ logits: String, _ classes: Int, _ architecture: String,
  _ inputs: inout [String]
) throws(ImportError) -> ImportedHead? {
  if let path = options.auxiliary {
    guard case .file = options.head else { throw .auxiliaryWithoutHead }
    do throws(ImportError) {
      let network = try AuxiliaryNetwork(path: path)
      inputs += network.paths
      try network.append(to: &graph)
    } catch { throw .auxiliary(path: path, error) }
  }
  switch options.head {
  case .none:
    return nil
  case .automatic:
    return try? classActivationHead(graph, output: logits, architecture: architecture)
  case .cam:
    return try classActivationHead(graph, output: logits, architecture: architecture)
  case .file(let path):
    do throws(ImportError) {
      let head = try TrainedHead(path: path)
      inputs += head.paths
      return try head.append(to: &graph, classes: classes)
    } catch { throw .head(path: path, error) }
  }
}
