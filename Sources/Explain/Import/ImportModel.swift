import Glibc

/// Turns a network's weights into a model file: recognises the architecture, folds BatchNorm, quantizes, packs.
///
/// Works layer by layer and 16 output channels at a time: memory does not grow with the model. Equal inputs give equal
/// files. The output appears only when it is complete.
///
/// - Parameters:
///   - weights: path of a safetensors file in PyTorch's names.
///   - output: path of the model file; it may replace an older one, but none of the inputs.
///   - progress: called after every layer.
/// - Throws: what is wrong with the weights, the options or the output; then no output is left behind.
public func importModel(
  from weights: String, to output: String, options: ImportOptions = ImportOptions(),
  progress: (ImportProgress) -> Void = { _ in }
) throws(ImportError) -> ImportSummary {
  let tensors: Safetensors
  do { tensors = try Safetensors(path: weights) } catch { throw .weights(error) }
  let state = StateDict(tensors)
  let architecture = try Architecture.find(options.architecture, for: state)
  let metadata = SourceMetadata(tensors.metadata)
  let preprocessing = try metadata.preprocessing(architecture.preprocessing, options)

  var graph = GraphBuilder(state: state, inputSize: preprocessing.crop, precision: options.precision)
  let logits = try architecture.build(&graph)
  try graph.finish()
  let classes = graph.shape(logits).channels
  let labels = try importedLabels(options, metadata, weights: weights, classes: classes)
  let head = try importedHead(options.head, &graph, logits, classes, architecture.name)
  try graph.expectActivations()

  let description = ModelDescription(
    name: options.name ?? architecture.modelName, architecture: architecture.name, precision: options.precision,
    graph: Graph(input: graph.input, inputShape: graph.inputShape, nodes: graph.nodes, output: logits),
    featureLayers: graph.featureLayers, preprocessing: preprocessing, labels: labels.names, classes: classes,
    head: head?.description, licence: options.licence ?? metadata.licence ?? "",
    source: options.source ?? metadata.source ?? "")
  var inputs = [weights]
  if case .file(let path) = options.head { inputs.append(path) }
  if let path = labels.path { inputs.append(path) }
  guard !inputs.contains(where: { isSameFile($0, output) }) else {
    throw .output(path: output, .overwritesInput)
  }
  return try write(description, graph.layers, head?.bias, to: output, progress: progress)
}

private func importedLabels(
  _ options: ImportOptions, _ metadata: SourceMetadata, weights: String, classes: Int
) throws(ImportError) -> (names: [String], path: String?) {
  var path = options.labels
  if path == nil, let name = metadata.labels {
    let beside = weights.lastIndex(of: "/").map { String(weights[...$0]) + name } ?? name
    if access(beside, R_OK) == 0 { path = beside }
  }
  guard let path else { return ([], nil) }
  let names = try readLabels(path)
  guard names.count == classes else { throw .wrongLabelCount(labels: names.count, classes: classes) }
  return (names, path)
}

private func importedHead(
  _ source: HeadSource, _ graph: inout GraphBuilder, _ logits: String, _ classes: Int, _ architecture: String
) throws(ImportError) -> ImportedHead? {
  switch source {
  case .none:
    return nil
  case .cam:
    return try classActivationHead(&graph, output: logits, architecture: architecture)
  case .file(let path):
    do throws(ImportError) {
      return try TrainedHead(path: path).append(to: &graph, classes: classes)
    } catch { throw .head(path: path, error) }
  }
}

private func write(
  _ description: ModelDescription, _ layers: [LayerSource], _ headBias: (name: String, values: [Float])?,
  to path: String, progress: (ImportProgress) -> Void
) throws(ImportError) -> ImportSummary {
  var tensors = layers.flatMap(\.declarations)
  if let headBias {
    let shape = TensorLayout(
      .dense, kernelHeight: 1, kernelWidth: 1, inputChannels: 1, outputChannels: description.classes,
      precision: description.precision
    ).bias(headBias.name).shape
    tensors.append(SafetensorsWriter.Declaration(headBias.name, .f32, shape))
  }
  let metadata = [
    Model.MetadataKey.format: Model.format, Model.MetadataKey.version: Model.formatVersion,
    Model.MetadataKey.description: description.json(),
  ]
  var summary = ImportSummary(
    description: description, layers: layers.count, parameters: headBias == nil ? 0 : description.classes, bytes: 0,
    worstRelativeError: 0)
  let writer: SafetensorsWriter
  do {
    writer = try SafetensorsWriter(path: path, tensors: tensors, metadata: metadata)
    if let headBias { try writer.write(headBias.values, to: headBias.name) }
  } catch { throw .output(path: path, error) }
  for (index, layer) in layers.enumerated() {
    var layerWriter = try LayerWriter(layer, to: writer, at: path)
    let report = try layerWriter.write()
    summary.parameters += report.parameters
    if report.worstRelativeError > summary.worstRelativeError {
      (summary.worstRelativeError, summary.worstLayer) = (report.worstRelativeError, layer.node)
    }
    progress(ImportProgress(layer: layer.node, done: index + 1, total: layers.count))
  }
  do { summary.bytes = try writer.finish() } catch { throw .output(path: path, error) }
  return summary
}

/// Whether two paths lead to one existing file, links included.
private func isSameFile(_ first: String, _ second: String) -> Bool {
  var a = stat()
  var b = stat()
  guard stat(first, &a) == 0, stat(second, &b) == 0 else { return false }
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino
}
