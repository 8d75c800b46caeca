/// Mean and standard deviation of pixels as people write them: of pixels in 0...1, or in 0...255.
struct PixelStatistics {
  /// Of pixels in 0...1, for red, green and blue; nil where not given.
  private(set) var mean, std: [Float]?
  /// Whether what was given is of pixels in 0...255.
  private(set) var wereDivided = false

  /// The largest value of a pixel.
  private static let white: Float = 255
  /// The least that a value other than 0 has in 0...255.
  private static let leastOfBytes: Float = 2

  private enum Scale { case ones, bytes, either }

  /// - Parameters:
  ///   - mean: one value for all channels or one for each; nil where not given. `std` likewise.
  /// - Throws: `ImportError.pixelStatistics` or `preprocessing`.
  init(mean: [Float]?, std: [Float]?) throws(ImportError) {
    var (meanScale, stdScale) = (Scale.either, Scale.either)
    if let mean {
      guard Self.isComplete(mean) else { throw .preprocessing(.mean(mean)) }
      guard mean.allSatisfy({ $0 >= 0 }) else {
        throw .pixelStatistics(name: "mean", mean, problem: "must be 0 or more, as pixels are")
      }
      meanScale = try Self.scale("mean", mean)
    }
    if let std {
      guard Self.isComplete(std), std.allSatisfy({ $0 > 0 }) else { throw .preprocessing(.std(std)) }
      stdScale = try Self.scale("std", std)
      // Pixels in 0...255 less their mean, as Caffe has them, are divided by nothing.
      if meanScale == .bytes, std.allSatisfy({ $0 == 1 }) { stdScale = .bytes }
    }
    if meanScale == .bytes, stdScale == .ones, let mean { throw Self.mixed("mean", mean, other: "std") }
    if meanScale == .ones, stdScale == .bytes, let std { throw Self.mixed("std", std, other: "mean") }
    wereDivided = meanScale == .bytes || stdScale == .bytes
    self.mean = mean.map(channels)
    self.std = std.map(channels)
  }

  /// The values of three channels, of pixels in 0...1.
  private func channels(_ values: [Float]) -> [Float] {
    let values = wereDivided ? values.map(Self.divided) : values
    return values.count == 1 ? [values[0], values[0], values[0]] : values
  }

  /// Rounded to a millionth, so that 57.12, which no Float is, becomes 0.224.
  private static func divided(_ value: Float) -> Float { Float((Double(value / white) * 1e6).rounded() / 1e6) }

  private static func isComplete(_ values: [Float]) -> Bool {
    (values.count == 1 || values.count == 3) && values.allSatisfy(\.isFinite)
  }

  private static func scale(_ name: String, _ values: [Float]) throws(ImportError) -> Scale {
    let largest = values.max() ?? 0
    if largest == 0 { return .either }
    if largest <= 1 { return .ones }
    guard largest <= white, values.allSatisfy({ $0 == 0 || $0 >= leastOfBytes }) else {
      throw .pixelStatistics(name: name, values, problem: "is neither of pixels in 0...1 nor of pixels in 0...255")
    }
    return .bytes
  }

  private static func mixed(_ name: String, _ values: [Float], other: String) -> ImportError {
    .pixelStatistics(
      name: name, values,
      problem: "is of pixels in 0...255, but \(other) of pixels in 0...1; divided by 255 it is "
        + written(values.map(divided)))
  }

  /// Values as the options take them.
  static func written(_ values: [Float]) -> String {
    values.map { value in
      let digits = value.fixed(4)
      return String(digits.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
    }.joined(separator: ",")
  }
}
