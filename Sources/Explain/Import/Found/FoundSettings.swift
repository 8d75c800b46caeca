/// What the weights and the files beside them say about preprocessing and classes.
struct FoundSettings {
  /// A source and its hints; the first that says something counts.
  private(set) var sources: [(origin: String, hints: PreprocessingHints)] = []
  /// Names of the classes, and the file that has them.
  private(set) var labels: (names: [String], origin: String)?
  /// What timm's configuration calls the network.
  private(set) var architecture: String?
  /// The files beside the weights that were read.
  private(set) var paths: [String] = []
  /// Whether mean or standard deviation were of pixels in 0...255.
  private(set) var statisticsWereDivided = false

  /// - Parameters:
  ///   - known: what options say, which is not looked for elsewhere.
  ///   - input: the size of the network's input, where its graph tells it.
  init(
    _ metadata: SourceMetadata, besides weights: String, unless known: PreprocessingHints, input: PixelSize?
  ) throws(ImportError) {
    let own = try metadata.preprocessing(unless: known)
    sources.append(("the metadata", own.hints))
    statisticsWereDivided = own.wereDivided
    if let ultralytics = try metadata.ultralytics() {
      sources.append(("Ultralytics' metadata", ultralytics.hints))
      labels = (ultralytics.labels, "Ultralytics' metadata")
    }
    if let file = try ConfigurationFile(ProcessorConfiguration.fileName, besides: weights) {
      let hints = try file.decoded(as: ProcessorConfiguration.self).hints(file)
      sources.append((ProcessorConfiguration.fileName, hints))
      paths.append(file.path)
    }
    if let file = try ConfigurationFile(ModelConfiguration.fileName, besides: weights) {
      let configuration = try file.decoded(as: ModelConfiguration.self)
      sources.append((ModelConfiguration.fileName, try configuration.hints(file, input: input)))
      architecture = configuration.architecture
      if labels == nil { labels = try configuration.labels(file).map { ($0, ModelConfiguration.fileName) } }
      paths.append(file.path)
    }
  }
}
