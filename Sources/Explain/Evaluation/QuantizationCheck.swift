import Kernels

/// Compares an int8 model with the same import in Float on photographs: logits, predictions, maps, and layer by layer.
public final class QuantizationCheck {
  /// A cosine of logits below this is worth a warning.
  public static let leastCosine = 0.99

  /// A mean over images, and the image with the least value.
  public struct Agreement: Sendable, Equatable {
    public let mean, least: Double
    /// Which image has it, in the order in which they were added.
    public let leastImage: Int

    fileprivate init?(_ values: [(image: Int, value: Double)]) {
      guard let least = values.min(by: { $0.value < $1.value }) else { return nil }
      mean = values.reduce(0) { $0 + $1.value } / Double(values.count)
      (self.least, leastImage) = (least.value, least.image)
    }
  }

  /// What int8 costs a layer.
  public struct LayerLoss: Sendable, Equatable {
    public let layer: String
    /// `|int8 - float| / |float|` of its results, Euclidean norms, where both read what the network in Float yields.
    public let error: Double
    /// Cosine of the logits with those in Float, if this layer alone stays in Float.
    public let cosineInFloat: Double
  }

  /// What can be gained by layers that stay in Float.
  public struct Remedy: Sendable, Equatable {
    /// The layers with the largest errors, largest first.
    public let losses: [LayerLoss]
    /// Those of them that raise the cosine, and what it is with all of them in Float.
    public let layers: [String]
    public let cosine: Double
    /// The cosine without them, over the same images.
    public let cosineInInt8: Double
  }

  /// Images compared.
  public private(set) var images = 0
  /// Images whose most probable class is the same.
  public private(set) var agreeing = 0
  private var cosines: [(image: Int, value: Double)] = []
  private var correlations: [(image: Int, value: Double)] = []
  private let mixed: MixedModel
  private let int8: Session
  private let float: Session
  private let tier: CPUTier?
  private let threads: Int?
  /// The first images, and their logits in Float.
  private var samples: [(input: [Float], logits: [Float])] = []

  /// Images that layers are compared on.
  private static let sampleCount = 3
  /// Layers that are told.
  private static let lossCount = 6
  /// Bytes of the results that are compared in one pass.
  private static let passBytes = 64 << 20

  /// - Parameters:
  ///   - int8: the model.
  ///   - float: the same import in Float.
  public init(int8: Model, float: Model, tier: CPUTier? = nil, threads: Int? = nil) {
    mixed = MixedModel(int8: int8, float: float)
    self.int8 = Session(model: int8, tier: tier, threads: threads)
    self.float = Session(model: float, tier: tier, threads: threads)
    (self.tier, self.threads) = (tier, threads)
  }

  /// Compares one image.
  ///
  /// - Parameter input: normalised `[size, size, 3]`.
  /// - Throws: `EngineError.outOfMemory` or `notFinite`; then the image does not count.
  public func add(_ input: [Float]) throws(EngineError) {
    let logits, quantized: [Float]
    if int8.model.description.head == nil {
      (logits, quantized) = (try float.classify(input), try int8.classify(input))
    } else {
      let explained = try float.explain(input) { largest(1, of: $0) }
      let maps = explained.maps
      let other = try int8.explain(input) { _ in maps.map(\.classIndex) }
      (logits, quantized) = (explained.logits, other.logits)
      if let correlation = Similarity.correlation(maps[0].values, other.maps[0].values) {
        correlations.append((images, correlation))
      }
    }
    cosines.append((images, Similarity.cosine(logits, quantized)))
    if largest(1, of: logits) == largest(1, of: quantized) { agreeing += 1 }
    if samples.count < Self.sampleCount { samples.append((input, logits)) }
    images += 1
  }

  /// Of the logits, with those in Float; nil without images.
  public var cosine: Agreement? { Agreement(cosines) }

  /// Of the maps of the class that the model in Float predicts; nil without a head.
  public var correlation: Agreement? { Agreement(correlations) }

  /// Compares layer by layer, on a few of the images; nil without images.
  ///
  /// - Throws: `EngineError.outOfMemory` or `notFinite`.
  public func remedy() throws(EngineError) -> Remedy? {
    guard !samples.isEmpty else { return nil }
    var losses: [LayerLoss] = []
    for (layer, error) in try errors().prefix(Self.lossCount) {
      losses.append(LayerLoss(layer: layer, error: error, cosineInFloat: try cosine(keepingFloat: [layer])))
    }
    let cosineInInt8 = try cosine(keepingFloat: [])
    var layers = losses.filter { $0.cosineInFloat > cosineInInt8 }.map(\.layer)
    var cosine = try cosine(keepingFloat: Set(layers))
    // Layers that each help alone may do harm together.
    if let best = losses.max(by: { $0.cosineInFloat < $1.cosineInFloat }), !layers.isEmpty, best.cosineInFloat > cosine
    {
      (layers, cosine) = ([best.layer], best.cosineInFloat)
    }
    return Remedy(losses: losses, layers: layers, cosine: cosine, cosineInInt8: cosineInInt8)
  }

  /// The mean cosine of the samples' logits.
  private func cosine(keepingFloat layers: Set<String>) throws(EngineError) -> Double {
    let session = Session(model: mixed.keepingFloat(layers), tier: tier, threads: threads)
    var sum = 0.0
    for sample in samples { sum += Similarity.cosine(sample.logits, try session.classify(sample.input)) }
    return sum / Double(samples.count)
  }

  /// The layers' errors, largest first.
  private func errors() throws(EngineError) -> [(layer: String, error: Double)] {
    var errors: [(layer: String, error: Double)] = []
    for layers in passes() {
      let session = Session(model: mixed.withTwins(Set(layers)), tier: tier, threads: threads)
      let reader = try ActivationReader(session, nodes: layers + layers.map(mixed.twin))
      var sums = [(difference: Double, norm: Double)](repeating: (0, 0), count: layers.count)
      for sample in samples {
        _ = try reader.run(sample.input)
        for (index, layer) in layers.enumerated() {
          let (float, int8) = (reader.output(layer), reader.output(mixed.twin(layer)))
          for i in 0..<(session.model.shapes[layer]?.count ?? 0) {
            let (value, difference) = (Double(float[i]), Double(int8[i]) - Double(float[i]))
            sums[index].norm += value * value
            sums[index].difference += difference * difference
          }
        }
      }
      for (layer, sum) in zip(layers, sums) where sum.norm > 0 {
        errors.append((layer, (sum.difference / sum.norm).squareRoot()))
      }
    }
    return errors.sorted { ($1.error, $0.layer) < ($0.error, $1.layer) }
  }

  /// The layers in runs whose results take no more memory than is reasonable.
  private func passes() -> [[String]] {
    var passes: [[String]] = []
    var bytes = 0
    for layer in mixed.layers {
      let size = 2 * (mixed.int8.shapes[layer]?.count ?? 0) * MemoryLayout<Float>.size
      if passes.isEmpty || bytes + size > Self.passBytes {
        passes.append([])
        bytes = 0
      }
      passes[passes.count - 1].append(layer)
      bytes += size
    }
    return passes
  }
}
