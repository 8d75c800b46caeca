import Kernels

/// Writes a model with another head: the classifier's tensors as they are, the head quantized as the model is.
///
/// - Parameters:
///   - head: path of a trained head's tensors.
///   - featureMeans: of the channels of each feature layer, to take out of the biases what quantization puts into them.
///   - output: may be the model's own path.
func replaceHead(
  of model: Model, with head: String, featureMeans: [[Float]], record: TrainingRecord?, output: String
) throws(ImportError) {
  var description = model.description
  let prefix = HeadDescription.prefix
  let old = description.graph.nodes.filter { $0.name.hasPrefix(prefix) }
  description.graph.nodes.removeAll { $0.name.hasPrefix(prefix) }
  let shapes = model.shapes.filter { name, _ in !old.contains { $0.name == name } }
  let files: WeightFiles
  let trained: TrainedHead
  let imported: ImportedHead
  var graph: GraphBuilder
  do throws(ImportError) {
    files = try WeightFiles(path: head)
    graph = GraphBuilder(
      continuing: description.graph, shapes: shapes, featureLayers: description.featureLayers,
      state: StateDict(files), precision: description.precision)
    trained = try TrainedHead(path: head)
    imported = try trained.append(to: &graph, classes: description.classes)
  } catch { throw .head(path: head, error) }
  var means: [String: [Double]] = [:]
  for (index, values) in featureMeans.enumerated() {
    means["\(prefix)branch.\(index).conv"] = values.map(Double.init)
  }
  graph.setInputMeans(means)
  description.graph.nodes = graph.nodes
  description.head = imported.description
  description.head?.training = record
  let kept = model.entries.filter { !$0.name.hasPrefix(prefix) }
  try write(description, graph, imported.bias, keeping: kept, of: model, to: output)
}

private func write(
  _ description: ModelDescription, _ graph: GraphBuilder, _ headBias: (name: String, values: [Float])?,
  keeping kept: [Safetensors.Entry], of model: Model, to output: String
) throws(ImportError) {
  var tensors = kept.map { SafetensorsWriter.Declaration($0.name, $0.dtype, $0.shape) }
  tensors += graph.layers.flatMap(\.declarations)
  if let headBias {
    tensors.append(
      SafetensorsWriter.Declaration(
        headBias.name, .f32, [headBias.values.count / PanelLayout.width, PanelLayout.width]))
  }
  let metadata = [
    Model.MetadataKey.format: Model.format, Model.MetadataKey.version: Model.formatVersion,
    Model.MetadataKey.description: description.json(),
  ]
  let writer: SafetensorsWriter
  do {
    writer = try SafetensorsWriter(path: output, tensors: tensors, metadata: metadata)
    if let headBias { try writer.write(headBias.values, to: headBias.name) }
    for entry in kept {
      if let bytes = model.bytes(entry.name) { try writer.write(bytes, to: entry.name) }
    }
  } catch { throw .output(path: output, error) }
  for layer in graph.layers {
    var layerWriter = try LayerWriter(layer, to: writer, at: output)
    _ = try layerWriter.write()
  }
  do { _ = try writer.finish() } catch { throw .output(path: output, error) }
}

extension HeadDescription {
  /// Stands before the names of the nodes and tensors that belong to a head alone.
  static let prefix = "head."
}
