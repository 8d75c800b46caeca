/// Where a model's head comes from.
public enum HeadSource: Sendable, Equatable {
  /// `cam` where the network allows it, or else `none`.
  case automatic
  /// The warm start from the classifier's own rows: Class Activation Mapping. Only for networks that end in average
  /// pooling and a linear layer.
  case cam
  /// A safetensors file with a trained head's tensors, as `train` writes it or as `Tools/convert_checkpoint.py` makes it
  /// of the reference implementation's checkpoints.
  case file(String)
  /// No head: the model classifies and explains nothing.
  case none
}

/// How weights are imported. What is nil comes from the metadata of the weights, or else from the architecture.
public struct ImportOptions: Sendable, Equatable {
  /// Name of the architecture; nil recognises it.
  public var architecture: String?
  /// Path of a text file with one label a line; nil takes the file that the metadata names, if it lies beside the
  /// weights.
  public var labels: String?
  /// Class of the first label: those before it are the background; below 0, as many labels are left out.
  public var labelOffset = 0
  public var head: HeadSource = .automatic
  /// Path of the weights of a ResNet whose features feed the head in place of the classifier's own, as in P-TAME; needs
  /// a head file.
  public var auxiliary: String?
  /// Names of the tensors that the head reads, as `FeatureCandidate` or the ONNX file calls them; nil takes those that the
  /// architecture or the graph tells.
  public var layers: [String]?
  /// What makes probabilities of the logits; nil takes what the file tells, or else a softmax.
  public var outputs: OutputFunction?
  public var precision: Precision = .int8
  /// Patterns of layers that stay in Float, `*` standing for any text; the patterns are of nodes' names.
  public var floatLayers: [String] = []

  /// Preprocessing as a whole; what follows overrides it.
  public var preset: PreprocessingPreset?
  /// Shorter side after the resize, in pixels, and the centre crop.
  public var resize: Int?
  public var crop: PixelSize?
  public var interpolation: Interpolation?
  public var antialias: Bool?
  public var fit: Fit?
  /// Colour of bars, red, green and blue.
  public var fill: [UInt8]?
  public var color: ColorOrder?
  /// For each channel or for all of them, of pixels in 0...1 or in 0...255.
  public var mean, std: [Float]?

  public var name, licence, source: String?

  var foldingBudget = FoldingBudget()

  public init() {}
}

extension ImportOptions {
  /// What the options say about preprocessing, without and with the preset, and whether mean or standard deviation were of
  /// pixels in 0...255.
  func preprocessing() throws(ImportError) -> (
    hints: PreprocessingHints, known: PreprocessingHints, wereDivided: Bool
  ) {
    let statistics = try PixelStatistics(mean: mean, std: std)
    let hints = PreprocessingHints(
      crop: crop, resize: resize.map { .pixels($0) }, interpolation: interpolation, antialias: antialias, fit: fit,
      fill: fill, color: color, mean: statistics.mean, std: statistics.std)
    return (hints, preset.map { hints.completed(by: $0.hints) } ?? hints, statistics.wereDivided)
  }
}

/// A step of an import, for progress reports.
public struct ImportProgress: Sendable, Equatable {
  /// The layer that has just been written.
  public var layer: String
  /// Layers written, and layers in all.
  public var done, total: Int
}

/// What an import has made.
public struct ImportSummary: Sendable, Equatable {
  public var description: ModelDescription
  /// Layers with weights, the head's included.
  public var layers: Int
  /// Weights and biases.
  public var parameters: Int
  /// Size of the model file.
  public var bytes: Int
  /// Largest relative error `|w - scale * code| / |w|` of any output channel, and the layer it is in; 0 in Float
  /// models.
  public var worstRelativeError: Double
  public var worstLayer: String?
  /// Whether mean or standard deviation were given of pixels in 0...255, and were divided by 255.
  public var statisticsWereDivided = false
  /// Where the preprocessing comes from.
  public var preprocessing: [PreprocessingOrigin] = []
  /// Where the names of the classes come from; nil where there are none.
  public var labels: String?
  /// Where names of classes are that do not fit the network, and how many.
  public var unusedLabels: UnusedLabels?
}

/// Names of classes that were found and do not fit a network.
public struct UnusedLabels: Sendable, Equatable {
  /// Where they are.
  public var origin: String
  public var count: Int

  public init(origin: String, count: Int) { (self.origin, self.count) = (origin, count) }
}
