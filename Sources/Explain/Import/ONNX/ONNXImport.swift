/// A classifier that was read from an ONNX file, on its way to a model file.
struct ONNXClassifier {
  let graph: GraphBuilder
  /// Node of the logits.
  let logits: String
  /// What the graph ends in, if that makes probabilities.
  let outputs: OutputFunction?
  let metadata: [String: String]
  /// Nodes by the names that the file gives to tensors and nodes.
  let nodes: [String: String]
  /// All files that were read.
  let paths: [String]

  init(path: String, _ options: ImportOptions) throws(ImportError) {
    let model: ONNXModel
    do { model = try ONNXModel(path: path) } catch { throw .onnx(error) }
    var translator = try ONNXTranslator(model, precision: options.precision)
    translator.graph.floatLayers = LayerPatterns(options.floatLayers)
    logits = try translator.translate()
    var graph = translator.graph
    graph.removeUnused(outputs: [logits])
    try graph.selectTokensEarly(output: logits)
    try graph.findFeatureLayers()
    self.graph = graph
    (nodes, outputs) = (translator.nodes, translator.outputs)
    metadata = Dictionary(model.metadata.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    paths = [path] + model.externalFiles
  }
}
