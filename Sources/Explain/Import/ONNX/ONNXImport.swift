/// A classifier that was read from an ONNX file, on its way to a model file.
struct ONNXClassifier {
  let graph: GraphBuilder
  /// Node of the logits.
  let logits: String
  /// What the graph ends in, if that makes probabilities.
  let outputs: OutputFunction?
  let metadata: SourceMetadata
  /// Nodes by the names that the file gives to tensors and nodes.
  let nodes: [String: String]
  /// All files that were read.
  let paths: [String]

  /// - Parameter size: the size of the input, given what the graph and the metadata say.
  init(
    path: String, _ options: ImportOptions,
    size: (ONNXInput, SourceMetadata) throws(ImportError) -> PixelSize
  ) throws(ImportError) {
    var model: ONNXModel
    do { model = try ONNXModel(path: path) } catch { throw .onnx(error) }
    metadata = SourceMetadata(
      Dictionary(model.metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
    let changes = try ONNXTypeChanges(model.graph)
    model.graph = changes.graph
    let input = try ONNXInput(model)
    let crop = try size(input, metadata)
    var translator = ONNXTranslator(
      model, Shape(crop.height, crop.width, input.channels), isChannelsLast: input.isChannelsLast,
      without: input.normalization, precision: options.precision)
    translator.foldingBudget = options.foldingBudget
    translator.graph.floatLayers = LayerPatterns(options.floatLayers)
    logits = try translator.translate()
    var graph = translator.graph
    graph.removeUnused(outputs: [logits])
    try graph.selectTokensEarly(output: logits)
    try graph.findFeatureLayers()
    self.graph = graph
    nodes = changes.named(translator.nodes)
    outputs = translator.outputs
    paths = [path] + model.externalFiles
  }
}
