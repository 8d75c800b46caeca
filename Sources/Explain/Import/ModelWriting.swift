/// Tensors that a model file takes over from another as they are.
struct KeptTensors {
  var model: Model
  var entries: [Safetensors.Entry]
}

/// Writes a model file layer by layer.
///
/// - Parameters:
///   - graph: holds the sources of all tensors but those that are kept.
///   - headBias: name and padded values of the head's own bias, if it has one.
///   - path: may be the path of the model whose tensors are kept.
/// - Returns: what was written; layers and parameters without those that are kept.
func write(
  _ description: ModelDescription, _ graph: GraphBuilder, _ headBias: (name: String, values: [Float])?,
  keeping kept: KeptTensors? = nil, to path: String, progress: (ImportProgress) -> Void = { _ in }
) throws(ImportError) -> ImportSummary {
  let layers = graph.layers
  var tensors = kept?.entries.map { SafetensorsWriter.Declaration($0.name, $0.dtype, $0.shape) } ?? []
  tensors += layers.flatMap(\.declarations) + graph.parameters.map(\.declaration)
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
    if let kept {
      for entry in kept.entries {
        if let bytes = kept.model.bytes(entry.name) { try writer.write(bytes, to: entry.name) }
      }
    }
  } catch { throw .output(path: path, error) }
  for parameter in graph.parameters {
    try parameter.write(to: writer, at: path)
    summary.parameters += parameter.shape.reduce(1, *)
  }
  let pairsCodes = PairedCodes.suit(description.graph)
  for (index, layer) in layers.enumerated() {
    var layerWriter = try LayerWriter(layer, pairsCodes: pairsCodes, to: writer, at: path)
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
