/// Writes a model file layer by layer.
///
/// - Parameters:
///   - graph: holds the sources of all tensors.
///   - headBias: name and padded values of the head's own bias, if it has one.
func write(
  _ description: ModelDescription, _ graph: GraphBuilder, _ headBias: (name: String, values: [Float])?,
  to path: String, progress: (ImportProgress) -> Void
) throws(ImportError) -> ImportSummary {
  let layers = graph.layers
  var tensors = layers.flatMap(\.declarations) + graph.parameters.map(\.declaration)
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
  for parameter in graph.parameters {
    try parameter.write(to: writer, at: path)
    summary.parameters += parameter.shape.reduce(1, *)
  }
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
