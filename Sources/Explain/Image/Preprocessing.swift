import Kernels

/// How a picture becomes the input of a network: resize, fit into a square, normalise.
public struct Preprocessing: Sendable, Equatable {
  /// The length of the shorter side after resizing, in pixels.
  public var resize: Int
  /// The side of the square cut from the centre, in pixels; at most `resize`.
  public var crop: Int
  public var interpolation: Interpolation
  /// What becomes of pictures that are not square. `resize` is of `Fit.crop` alone.
  public var fit: Fit
  /// What is subtracted from red, green and blue in 0...1.
  public var mean: [Float]
  /// What red, green and blue are then divided by.
  public var std: [Float]

  public init(
    resize: Int, crop: Int, interpolation: Interpolation, mean: [Float], std: [Float], fit: Fit = .crop
  ) {
    self.resize = resize
    self.crop = crop
    self.interpolation = interpolation
    self.fit = fit
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

  /// What the network sees of a picture, `crop` x `crop` pixels, and where in the picture that lies.
  ///
  /// - Precondition: `validate()` does not throw.
  public func crop(_ image: Image) -> (image: Image, region: CropRegion) {
    switch fit {
    case .crop: return centre(of: image)
    case .squash:
      let region = CropRegion(x: 0, y: 0, width: Double(image.width), height: Double(image.height))
      return (image.resized(width: crop, height: crop, interpolation), region)
    case .letterbox:
      let (width, height) = letterboxSize(image)
      let (left, top) = (halfToEven(crop - width), halfToEven(crop - height))
      let (scaleX, scaleY) = (Double(image.width) / Double(width), Double(image.height) / Double(height))
      let region = CropRegion(
        x: Double(-left) * scaleX, y: Double(-top) * scaleY, width: Double(crop) * scaleX,
        height: Double(crop) * scaleY)
      return (letterboxed(image, left: left, top: top), region)
    }
  }

  /// The `crop` x `crop` picture in the centre.
  ///
  /// The shorter side becomes `resize`, the longer one is truncated to whole pixels, and the offset is rounded, halves to
  /// even: torchvision's `Resize` and `CenterCrop`. Only the pixels of the crop are computed, however long the picture.
  private func centre(of image: Image) -> (image: Image, region: CropRegion) {
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

  /// The size that a picture has between bars: its longer side is `crop`, the other one rounded and at least 1.
  func letterboxSize(_ image: Image) -> (width: Int, height: Int) {
    let long = max(image.width, image.height)
    func side(_ length: Int) -> Int { max((2 * crop * length + long) / (2 * long), 1) }
    return (side(image.width), side(image.height))
  }

  /// All of a picture on a `crop` x `crop` ground of the mean colour.
  ///
  /// - Precondition: `left` and `top` leave room for `letterboxSize(image)`.
  func letterboxed(_ image: Image, left: Int, top: Int) -> Image {
    let levels = mean.map { UInt8(min(max(($0 * 255).rounded(), 0), 255)) }
    var ground = Image(width: crop, height: crop, filledWith: Ink(levels[0], levels[1], levels[2]))
    let (width, height) = letterboxSize(image)
    ground.place(image.resized(width: width, height: height, interpolation), x: left, y: top)
    return ground
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

extension Preprocessing: Codable {
  private enum CodingKeys: String, CodingKey {
    case resize, crop, interpolation, mean, std, fit
  }

  /// Descriptions without `fit` are of centre crops.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      resize: try values.decode(Int.self, forKey: .resize), crop: try values.decode(Int.self, forKey: .crop),
      interpolation: try values.decode(Interpolation.self, forKey: .interpolation),
      mean: try values.decode([Float].self, forKey: .mean), std: try values.decode([Float].self, forKey: .std),
      fit: try values.decodeIfPresent(Fit.self, forKey: .fit) ?? .crop)
  }

  /// A centre crop is left out, so that files stay readable for programs that know no other.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(resize, forKey: .resize)
    try values.encode(crop, forKey: .crop)
    try values.encode(interpolation, forKey: .interpolation)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    if fit != .crop { try values.encode(fit, forKey: .fit) }
  }
}

/// Half of a number that is not negative, rounded to the nearest whole number, halves to even.
private func halfToEven(_ number: Int) -> Int { number / 2 + (number % 4 == 3 ? 1 : 0) }

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
