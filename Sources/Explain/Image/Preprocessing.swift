import Kernels

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

  /// The way back from normalised values to pixels.
  ///
  /// - Precondition: `validate()` does not throw.
  var pixelLevels: PixelLevels { PixelLevels(mean: mean, std: std) }

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

  /// The `crop` x `crop` picture in the centre, and where in the source it lies.
  ///
  /// The shorter side becomes `resize`, the longer one is truncated to whole pixels, and the offset is rounded, halves to
  /// even: torchvision's `Resize` and `CenterCrop`. Only the pixels of the crop are computed, however long the picture.
  ///
  /// - Precondition: `validate()` does not throw.
  public func crop(_ image: Image) -> (image: Image, region: CropRegion) {
    let short = min(image.width, image.height)
    let width = resize * image.width / short
    let height = resize * image.height / short
    let left = halfToEven(width - crop)
    let top = halfToEven(height - crop)
    let part = image.resized(
      width: width, height: height, columns: left..<(left + crop), rows: top..<(top + crop), interpolation)
    let scaleX = Double(image.width) / Double(width)
    let scaleY = Double(image.height) / Double(height)
    let region = CropRegion(
      x: Double(left) * scaleX, y: Double(top) * scaleY, width: Double(crop) * scaleX, height: Double(crop) * scaleY)
    return (part, region)
  }

  /// Writes (pixel / 255 - mean) / std to `[crop, crop, 3]` floats.
  ///
  /// - Precondition: `validate()` does not throw, and `target` has room for all pixels of `crop`.
  public func normalize(_ crop: Image, into target: UnsafeMutablePointer<Float>) {
    let levels = (0..<3).map { channel in
      (0...255).map { (Float($0) / 255 - mean[channel]) / std[channel] }
    }
    crop.pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<3 {
        levels[channel].withUnsafeBufferPointer { levels in
          for sample in stride(from: channel, to: pixels.count, by: 3) {
            target[sample] = levels[Int(pixels[sample])]
          }
        }
      }
    }
  }
}

/// Half of a number that is not negative, rounded to the nearest whole number, halves to even.
private func halfToEven(_ number: Int) -> Int { number / 2 + (number % 4 == 3 ? 1 : 0) }

/// The part of the source picture that a crop shows, in source pixels from the upper left corner.
public struct CropRegion: Sendable, Equatable {
  public var x, y, width, height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
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
    case .sizes(let resize, let crop):
      "resize \(resize) and crop \(crop) do not fit: 1 <= crop <= 4096, crop <= resize <= 16384"
    case .mean(let mean): "mean must be three finite numbers, not \(mean)"
    case .std(let std): "std must be three numbers above zero, not \(std)"
    }
  }
}
