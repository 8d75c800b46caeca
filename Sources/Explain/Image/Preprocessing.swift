/// How a resize weighs source pixels.
public enum Interpolation: String, Sendable, Codable { case bilinear, bicubic }

/// How a picture becomes the input of a network: resize, centre crop, normalise.
public struct Preprocessing: Sendable, Equatable, Codable {
  /// The length of the shorter side after resizing, in pixels.
  public var resize: Int
  /// The side of the square cut from the centre, in pixels; at most `resize`.
  public var crop: Int
  public var interpolation: Interpolation
  /// What is subtracted from red, green and blue in 0...1.
  public var mean: [Float]
  /// What red, green and blue are then divided by.
  public var std: [Float]

  public init(resize: Int, crop: Int, interpolation: Interpolation, mean: [Float], std: [Float]) {
    self.resize = resize
    self.crop = crop
    self.interpolation = interpolation
    self.mean = mean
    self.std = std
  }

  /// Checks values that come from a file.
  ///
  /// - Throws: the first that the other members cannot work with.
  public func validate() throws(PreprocessingError) {
    guard (1...4096).contains(crop), (crop...16384).contains(resize) else {
      throw .sizes(resize: resize, crop: crop)
    }
    guard mean.count == 3, mean.allSatisfy(\.isFinite) else { throw .mean(mean) }
    guard std.count == 3, std.allSatisfy({ $0.isNormal && $0 > 0 }) else { throw .std(std) }
  }
}

/// Why a `Preprocessing` cannot be used.
public enum PreprocessingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not 1 <= crop <= 4096 and crop <= resize <= 16384.
  case sizes(resize: Int, crop: Int)
  /// Not three finite numbers.
  case mean([Float])
  /// Not three finite numbers above zero.
  case std([Float])

  public var description: String {
    switch self {
    case .sizes(let resize, let crop): "resize \(resize) and crop \(crop) do not fit"
    case .mean(let mean): "mean must be three finite numbers, not \(mean)"
    case .std(let std): "std must be three numbers above zero, not \(std)"
    }
  }
}
