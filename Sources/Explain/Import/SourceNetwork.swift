/// A classifier as the weights tell it, before labels and head.
struct SourceNetwork {
  var graph: GraphBuilder
  /// Node of the logits.
  var logits: String
  var architecture: String
  /// What makes probabilities of the logits.
  var outputs: OutputFunction
  /// What the model is called by default.
  var name: String
  var metadata: SourceMetadata
  var preprocessing: Preprocessing
  /// Whether mean or standard deviation were of pixels in 0...255.
  var statisticsWereDivided: Bool
  /// Nodes by other names than their own, which the file gives them.
  private var otherNames: [String: String] = [:]
  /// All files that were read.
  var paths: [String]

  init(path: String, _ options: ImportOptions) throws(ImportError) {
    let file = try? MappedFile(path: path)
    if let bytes = file?.bytes, ONNXModel.looksLikeONNX(bytes, path: path) {
      try self.init(onnx: path, options)
    } else {
      try self.init(weights: path, options)
    }
    if let layers = options.layers { try graph.setFeatureLayers(layers, otherNames: otherNames, output: logits) }
  }

  /// A network that is recognised by its weights.
  private init(weights path: String, _ options: ImportOptions) throws(ImportError) {
    let files = try WeightFiles(path: path)
    let state = StateDict(files)
    guard files.contents == .weights else {
      // A mistyped name of the architecture is said first.
      if let name = options.architecture { _ = try Architecture.find(name, for: state) }
      throw .notWeights(path: path, files.contents)
    }
    metadata = SourceMetadata(files.metadata)
    let found = try Architecture.find(options.architecture, said: metadata.architecture, for: state)
    outputs = try metadata.outputs(options) ?? .softmax
    (preprocessing, statisticsWereDivided) = try metadata.preprocessing(found.preprocessing(state), options)
    graph = GraphBuilder(state: state, inputSize: preprocessing.crop, precision: options.precision)
    graph.floatLayers = LayerPatterns(options.floatLayers)
    logits = try found.build(&graph)
    try graph.finish()
    (architecture, name, paths) = (found.name, found.modelName, files.paths)
  }

  /// A network whose graph is in the file.
  private init(onnx path: String, _ options: ImportOptions) throws(ImportError) {
    let classifier = try ONNXClassifier(path: path, options)
    (graph, logits) = (classifier.graph, classifier.logits)
    metadata = SourceMetadata(classifier.metadata)
    outputs = try metadata.outputs(options) ?? classifier.outputs ?? .softmax
    let side = graph.inputShape.height
    var defaults = Preprocessing.torchvision
    (defaults.crop, defaults.resize) = (side, side * defaults.resize / defaults.crop)
    (preprocessing, statisticsWereDivided) = try metadata.preprocessing(defaults, options)
    guard preprocessing.crop == side else {
      throw .unsupportedCrop(preprocessing.crop, reason: "the graph reads \(side) x \(side) pixels")
    }
    architecture = "onnx"
    name = fileStem(path)
    (otherNames, paths) = (classifier.nodes, classifier.paths)
  }
}
