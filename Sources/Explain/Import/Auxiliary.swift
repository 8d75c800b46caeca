/// P-TAME's arrangement: an auxiliary network sees the same image as the classifier, and its features feed the head, so that
/// the classifier is explained as a black box.
///
/// M. V. Ntrougkas et al., "P-TAME: Explain Any Image Classifier with Trained Perturbations", 2025.
struct AuxiliaryNetwork {
  private let state: StateDict
  private let network: ResNet
  /// All files that were read.
  let paths: [String]

  /// Reads a ResNet of torchvision; the paper's is a ResNet-18.
  init(path: String) throws(ImportError) {
    let files = try WeightFiles(path: path)
    guard files.contents == .weights else { throw .notWeights(path: path, files.contents) }
    let state = StateDict(files)
    guard let network = ResNet.all.first(where: { $0.recognizes(state) }) else {
      throw .unrecognized(known: ["ResNet", "ResNeXt", "Wide ResNet"])
    }
    self.network = network
    self.state = state
    paths = files.paths
  }

  /// Appends the network without its classifier; its four stages become the feature layers, in place of the classifier's.
  func append(to graph: inout GraphBuilder) throws(ImportError) {
    let prefix = "auxiliary."
    graph.use(state, nodePrefix: prefix)
    let stages = try network.buildStages(&graph)
    try graph.finish { !$0.hasPrefix("fc.") }
    graph.featureLayers = stages.enumerated().map {
      FeatureLayer(name: "\(prefix)layer\($0.offset + 1)", node: $0.element)
    }
  }
}
