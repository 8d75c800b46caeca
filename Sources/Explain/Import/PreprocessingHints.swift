/// What one source says about preprocessing; nil where it says nothing.
struct PreprocessingHints: Sendable, Equatable {
  /// The shorter side of a resized picture.
  enum Resize: Sendable, Equatable {
    case pixels(Int)
    /// As a multiple of the crop's shorter side, whole pixels.
    case multiple(Double)

    func pixels(crop: PixelSize) -> Int {
      switch self {
      case .pixels(let pixels): pixels
      case .multiple(let factor): Int(min(Double(crop.shorterSide) * factor + 1e-6, Double(Int32.max)))
      }
    }
  }

  /// The network's input.
  var crop: PixelSize?
  var resize: Resize?
  var interpolation: Interpolation?
  var antialias: Bool?
  var fit: Fit?
  var fill: [UInt8]?
  var color: ColorOrder?
  /// Of red, green and blue in 0...1.
  var mean, std: [Float]?

  /// These hints, and what `others` say where these say nothing.
  func completed(by others: PreprocessingHints) -> PreprocessingHints {
    var result = self
    result.crop = crop ?? others.crop
    result.resize = resize ?? others.resize
    result.interpolation = interpolation ?? others.interpolation
    result.antialias = antialias ?? others.antialias
    result.fit = fit ?? others.fit
    result.fill = fill ?? others.fill
    result.color = color ?? others.color
    result.mean = mean ?? others.mean
    result.std = std ?? others.std
    return result
  }

  /// - Parameter defaults: what holds where nothing is said.
  func preprocessing(_ defaults: Preprocessing) -> Preprocessing {
    var result = defaults
    result.crop = crop ?? defaults.crop
    // A larger crop than the usual one keeps its margin.
    let (side, usualSide) = (result.crop.shorterSide, max(defaults.crop.shorterSide, 1))
    let usual = side > defaults.resize ? max(defaults.resize * side / usualSide, side) : defaults.resize
    result.resize = resize?.pixels(crop: result.crop) ?? usual
    result.interpolation = interpolation ?? defaults.interpolation
    result.antialias = antialias ?? defaults.antialias
    result.fit = fit ?? defaults.fit
    result.fill = fill ?? defaults.fill
    result.color = color ?? defaults.color
    result.mean = Self.statistics(mean ?? defaults.mean, result.color)
    result.std = Self.statistics(std ?? defaults.std, result.color)
    return result
  }

  /// For grey, the average of the three colours.
  private static func statistics(_ values: [Float], _ color: ColorOrder) -> [Float] {
    guard color == .gray, !values.isEmpty else { return values }
    return [Float(values.reduce(0.0) { $0 + Double($1) } / Double(values.count))]
  }
}
