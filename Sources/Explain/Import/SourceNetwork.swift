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
  var preprocessing: ResolvedPreprocessing
  /// Names of the classes that were found, and where.
  var labels: (names: [String], origin: String)?
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
    let given = try options.preprocessing()
    let settings = try FoundSettings(metadata, besides: path, unless: given.known, input: nil)
    let said = metadata.architecture ?? settings.architecture
    let found = try Architecture.find(options.architecture, said: said, for: state)
    outputs = try metadata.outputs(options) ?? .softmax
    preprocessing = try ResolvedPreprocessing(
      given: given.hints, wereDivided: given.wereDivided, options, settings, found.preprocessing(state),
      NetworkInput())
    labels = settings.labels
    let rule = preprocessing.result
    graph = GraphBuilder(
      state: state, inputShape: Shape(rule.crop.height, rule.crop.width, rule.channels), precision: options.precision)
    graph.floatLayers = LayerPatterns(options.floatLayers)
    logits = try found.build(&graph)
    try graph.finish()
    (architecture, name, paths) = (found.name, found.modelName, files.paths + settings.paths)
  }

  /// A network whose graph is in the file.
  private init(onnx path: String, _ options: ImportOptions) throws(ImportError) {
    guard options.architecture == nil else { throw .architectureOfGraph }
    let given = try options.preprocessing()
    var settings: FoundSettings?
    var resolved: ResolvedPreprocessing?
    let classifier = try ONNXClassifier(path: path, options) {
      (input: ONNXInput, metadata: SourceMetadata) throws(ImportError) -> PixelSize in
      let found = try FoundSettings(metadata, besides: path, unless: given.known, input: input.size)
      var defaults = Preprocessing.torchvision
      // A side that the options give keeps its margin.
      if let size = input.size ?? options.crop {
        (defaults.crop, defaults.resize) = (size, size.shorterSide * defaults.resize / 224)
      }
      if input.channels == 1 { defaults.color = .gray }
      let result = try ResolvedPreprocessing(
        given: given.hints, wereDivided: given.wereDivided, options, found, defaults, NetworkInput(input))
      (settings, resolved) = (found, result)
      return result.result.crop
    }
    guard let preprocessing = resolved, let settings else { preconditionFailure("the input is asked for") }
    self.preprocessing = preprocessing
    labels = settings.labels
    (graph, logits) = (classifier.graph, classifier.logits)
    metadata = classifier.metadata
    outputs = try metadata.outputs(options) ?? classifier.outputs ?? .softmax
    architecture = "onnx"
    name = fileStem(path)
    (otherNames, paths) = (classifier.nodes, classifier.paths + settings.paths)
  }
}
