import Explain

/// What an import made of the weights, in JSON.
struct ImportReport: Encodable {
  struct Preprocessing: Encodable {
    let width, height, resize: Int
    let fit: Fit
    let interpolation: Interpolation
    let antialias: Bool
    let fill: [UInt8]?
    let color: ColorOrder
    let mean, std: [Float]
    /// Where each part comes from; null where it is assumed.
    let sources: [String: String?]

    fileprivate init(_ rule: Explain.Preprocessing, _ origins: [PreprocessingOrigin]) {
      (width, height, resize) = (rule.crop.width, rule.crop.height, rule.resize)
      (fit, interpolation, antialias, fill) = (rule.fit, rule.interpolation, rule.antialias, rule.fill)
      (color, mean, std) = (rule.color, rule.mean, rule.std)
      sources = Dictionary(origins.map { ("\($0.part)", $0.source) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// The layer with the largest quantization error of a channel; the share that is lost.
  struct WorstLayer: Encodable {
    let layer: String
    let error: Double
  }

  let architecture: String
  /// Of the model file.
  let bytes: Int
  let check: QuantizationFigures?
  let classes: Int
  let featureLayers: [String]
  let floatLayers: [String]?
  /// The kind of head; nothing where the model has none.
  let head: String?
  /// Where the labels come from; nothing without labels.
  let labels: String?
  /// Layers with weights, and their weights.
  let layers, parameters: Int
  let model: String
  let output: String
  let outputBytes: String?
  let precision: Precision
  let preprocessing: Preprocessing
  /// `sigmoid` where classes are independent of each other; nothing elsewhere.
  let probabilities: OutputFunction?
  let worstLayer: WorstLayer?

  init(_ summary: ImportSummary, output: String, check: QuantizationFigures?) {
    let description = summary.description
    (architecture, model) = (description.architecture, description.name)
    (bytes, layers, parameters) = (summary.bytes, summary.layers, summary.parameters)
    (classes, labels, self.check) = (description.classes, summary.labels, check)
    featureLayers = description.featureLayers.map(\.name)
    floatLayers = description.floatLayers.isEmpty ? nil : description.floatLayers
    head = description.head?.kind.rawValue
    (self.output, outputBytes) = (output.pathForJSON, output.base64ForJSON)
    precision = description.precision
    preprocessing = Preprocessing(description.preprocessing, summary.preprocessing)
    probabilities = description.outputs == .sigmoid ? .sigmoid : nil
    worstLayer = summary.worstLayer.map { WorstLayer(layer: $0, error: summary.worstRelativeError) }
  }
}
