/// How a resize weighs source pixels.
public enum Interpolation: String, Sendable, Codable { case bilinear, bicubic }

/// How a picture becomes a network's input.
public struct Preprocessing: Sendable, Equatable, Codable {
  /// Shorter side after the resize.
  public var resize: Int
  /// Side of the centre crop.
  public var crop: Int
  public var interpolation: Interpolation
  /// Per channel, red first, of values in 0...1.
  public var mean, std: [Float]

  public init(resize: Int, crop: Int, interpolation: Interpolation, mean: [Float], std: [Float]) {
    self.resize = resize
    self.crop = crop
    self.interpolation = interpolation
    self.mean = mean
    self.std = std
  }
}
