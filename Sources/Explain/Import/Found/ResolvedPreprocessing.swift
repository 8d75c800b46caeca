/// The preprocessing of a network, and where each part of it comes from.
struct ResolvedPreprocessing {
  var result: Preprocessing
  var origins: [PreprocessingOrigin]
  /// Whether mean or standard deviation were of pixels in 0...255.
  var statisticsWereDivided: Bool

  /// - Parameters:
  ///   - given: by options, and by a preset.
  ///   - wereDivided: whether mean or standard deviation of the options were of pixels in 0...255.
  ///   - defaults: what holds where nobody says anything; its size is the network's own if `hasFixedSize`.
  /// - Throws: what the network cannot have, or `Preprocessing.validate()`.
  init(
    given: PreprocessingHints, wereDivided: Bool, _ options: ImportOptions, _ found: FoundSettings,
    _ defaults: Preprocessing, _ input: NetworkInput
  ) throws(ImportError) {
    if let color = options.color, let channels = input.channels, color.channels.count != channels {
      throw .wrongColor(color, channels: channels)
    }
    if let crop = options.crop, let size = input.size, crop != size {
      throw .unsupportedCrop(crop, reason: "the graph reads \(size.width) x \(size.height) pixels")
    }
    var sources = [(origin: "options", hints: given)]
    if let preset = options.preset { sources.append((origin: "--preset \(preset.rawValue)", hints: preset.hints)) }
    sources += found.sources
    if let statistics = input.statistics { sources.insert((origin: "the graph", hints: statistics), at: 1) }
    var hints = PreprocessingHints()
    for index in sources.indices {
      sources[index].hints.fit(input)
      hints = hints.completed(by: sources[index].hints)
    }
    var rule = hints.preprocessing(defaults)
    if given.resize == nil { rule.resize = max(rule.resize, rule.crop.shorterSide) }
    if let normalization = input.normalization { rule.apply(normalization) }
    do { try rule.validate() } catch { throw .preprocessing(error) }
    let result = rule
    self.result = result
    origins = PreprocessingPart.allCases.compactMap { part in
      guard part.counts(in: result), part != .size || input.size == nil else { return nil }
      return PreprocessingOrigin(part: part, source: sources.first { part.isSaid($0.hints) }?.origin)
    }
    statisticsWereDivided = found.statisticsWereDivided || wereDivided
  }
}

/// What a network's graph says about its input; nil where any will do.
struct NetworkInput {
  var size: PixelSize?
  var channels: Int?
  /// What the graph does to the values first, left to preprocessing.
  var normalization: ONNXPixelNormalization?
  /// Mean and deviation of what the graph is fed, where it normalises pixels by itself.
  var statistics: PreprocessingHints?

  init() {}

  init(_ input: ONNXInput) {
    (size, channels, normalization) = (input.size, input.channels, input.normalization)
    let source = input.isBytes ? .bytes : input.normalization?.source ?? .normalized
    guard source != .normalized else { return }
    let deviation: Float = source == .bytes ? 1 / 255 : 1
    statistics = PreprocessingHints(
      mean: [Float](repeating: 0, count: 3), std: [Float](repeating: deviation, count: 3))
  }
}

extension Preprocessing {
  /// Does what a graph does to normalised values.
  ///
  /// `factor * (pixel - mean) / std + summand` is again a pixel less another mean, by another deviation.
  fileprivate mutating func apply(_ normalization: ONNXPixelNormalization) {
    if normalization.isReversed { color = color == .bgr ? .rgb : .bgr }
    for (channel, source) in color.channels.enumerated() {
      let (factor, summand) = (normalization.factors[channel], normalization.summands[channel])
      let (mean, std) = (Double(mean[source]), Double(std[source]))
      self.mean[source] = Float(mean - summand * std / factor)
      self.std[source] = Float(std / factor)
    }
  }
}

extension PreprocessingHints {
  /// Has the hints be for an input that the network's graph tells.
  fileprivate mutating func fit(_ input: NetworkInput) {
    if let channels = input.channels, let color, color.channels.count != channels { self.color = nil }
    guard let size = input.size, let crop, crop != size else { return }
    // Another size keeps the share of the picture that is seen.
    if case .pixels(let pixels)? = resize { resize = .multiple(Double(pixels) / Double(crop.shorterSide)) }
    self.crop = nil
  }
}

/// A part of the preprocessing that comes from one source.
public enum PreprocessingPart: String, Sendable, CaseIterable {
  case size
  case fit
  case resize
  case interpolation
  case color = "colours"
  case mean
  case std

  /// Whether a source says something about it.
  fileprivate func isSaid(_ hints: PreprocessingHints) -> Bool {
    switch self {
    case .size: hints.crop != nil
    case .fit: hints.fit != nil
    case .resize: hints.resize != nil
    case .interpolation: hints.interpolation != nil
    case .color: hints.color != nil
    case .mean: hints.mean != nil
    case .std: hints.std != nil
    }
  }

  /// Whether it matters to the result.
  fileprivate func counts(in result: Preprocessing) -> Bool {
    switch self {
    case .resize: result.fit.isResizedFirst
    case .interpolation: result.fit != .none
    case .color: result.color != .rgb
    default: true
    }
  }
}

/// Where a part of the preprocessing comes from.
public struct PreprocessingOrigin: Sendable, Equatable {
  public var part: PreprocessingPart
  /// Such as `config.json`; nil where nothing was found, and the usual is assumed.
  public var source: String?

  public init(part: PreprocessingPart, source: String?) { (self.part, self.source) = (part, source) }
}
