import Kernels

/// How a picture becomes the input of a network: resize, fit into a rectangle, normalise.
public struct Preprocessing: Sendable, Equatable {
  /// Before the crop, pictures cover a rectangle of the crop's shape; this is its shorter side, in pixels. For a square that is
  /// the shorter side of the picture.
  public var resize: Int
  /// The network's input, cut from the centre; its shorter side is at most `resize`.
  public var crop: PixelSize
  public var interpolation: Interpolation
  /// Whether every source pixel counts when a picture shrinks.
  public var antialias = true
  /// What becomes of pictures that are not square.
  public var fit: Fit
  /// The colour of bars, red, green and blue; nil is the mean.
  public var fill: [UInt8]?
  /// How the network reads colours.
  public var color = ColorOrder.rgb
  /// What is subtracted from red, green and blue in 0...1, or from grey.
  public var mean: [Float]
  /// What they are then divided by.
  public var std: [Float]

  public init(
    resize: Int, crop: PixelSize, interpolation: Interpolation, mean: [Float], std: [Float], fit: Fit = .crop
  ) {
    self.resize = resize
    self.crop = crop
    self.interpolation = interpolation
    self.fit = fit
    self.mean = mean
    self.std = std
  }

  /// Channels of the network's input.
  public var channels: Int { color.channels.count }

  /// Values of the network's input.
  public var inputCount: Int { crop.count * channels }

  /// The way back from normalised values to pixels, in the network's order of colours.
  ///
  /// - Precondition: `validate()` does not throw.
  var pixelLevels: PixelLevels {
    PixelLevels(mean: color.channels.map { mean[$0] }, std: color.channels.map { std[$0] })
  }

  /// Checks values that come from a file.
  ///
  /// - Throws: the first that the other members cannot work with.
  public func validate() throws(PreprocessingError) {
    guard (1...4096).contains(crop.width), (1...4096).contains(crop.height),
      (crop.shorterSide...16384).contains(resize)
    else { throw .sizes(resize: resize, crop: crop) }
    guard mean.count == channels, mean.allSatisfy(\.isFinite) else { throw .mean(mean) }
    guard std.count == channels, std.allSatisfy({ $0.isNormal && $0 > 0 }) else { throw .std(std) }
    if let fill, fill.count != 3 { throw .fill(fill) }
  }

  /// The same part of a picture in another resolution; a picture that is not resized keeps its pixels.
  ///
  /// - Parameter side: the crop's shorter side, in pixels.
  func resized(toSide side: Int) -> Preprocessing {
    func scaled(_ length: Int) -> Int { max(1, (2 * length * side + crop.shorterSide) / (2 * crop.shorterSide)) }
    var result = self
    result.crop = PixelSize(width: scaled(crop.width), height: scaled(crop.height))
    result.resize = max(scaled(resize), result.crop.shorterSide)
    return result
  }

  /// What the network sees of a picture, and where in the picture that lies.
  ///
  /// What is larger than the input is cut, what is smaller gets bars, on both sides alike; halves of a pixel are rounded to
  /// even. With `Fit.crop` that is torchvision's `Resize` and `CenterCrop`.
  ///
  /// - Precondition: `validate()` does not throw.
  public func crop(_ image: Image) -> (image: Image, region: CropRegion) {
    let scaled = scaledSize(of: PixelSize(image))
    let (left, top) = (Self.centred(scaled.width, in: crop.width), Self.centred(scaled.height, in: crop.height))
    let part = placed(image, left: left, top: top)
    let (x, across) = Self.stretch(from: left, crop: crop.width, scaled: scaled.width, source: image.width)
    let (y, down) = Self.stretch(from: top, crop: crop.height, scaled: scaled.height, source: image.height)
    return (part, CropRegion(x: x, y: y, width: across, height: down))
  }

  /// Where a length begins that lies in the middle of another one; below 0 if it is the longer one.
  private static func centred(_ length: Int, in other: Int) -> Int {
    length < other ? halfToEven(other - length) : -halfToEven(length - other)
  }

  /// Where one side of the input begins in the picture, and how long it is there.
  private static func stretch(
    from offset: Int, crop: Int, scaled: Int, source: Int
  ) -> (start: Double, extent: Double) {
    if scaled == crop { return (0, Double(source)) }
    let scale = Double(source) / Double(scaled)
    return (Double(-offset) * scale, Double(crop) * scale)
  }

  /// The size that a whole picture is resized to.
  func scaledSize(of image: PixelSize) -> PixelSize {
    // Whether the picture is wider, for its height, than the input.
    let isWide = image.width * crop.height >= image.height * crop.width
    switch fit {
    case .crop:
      // The longer side is truncated to whole pixels.
      return isWide
        ? PixelSize(width: box.height * image.width / image.height, height: box.height)
        : PixelSize(width: box.width, height: box.width * image.height / image.width)
    case .squash: return crop
    case .squashCrop: return box
    case .letterbox:
      func side(_ length: Int, _ times: Int, _ divisor: Int) -> Int {
        max((2 * length * times + divisor) / (2 * divisor), 1)
      }
      return isWide
        ? PixelSize(width: crop.width, height: side(image.height, crop.width, image.width))
        : PixelSize(width: side(image.width, crop.height, image.height), height: crop.height)
    case .none: return image
    }
  }

  /// The rectangle of the crop's shape that `resize` stands for.
  private var box: PixelSize {
    PixelSize(width: resize * crop.width / crop.shorterSide, height: resize * crop.height / crop.shorterSide)
  }

  /// The pixels that the network reads, with the upper left corner of the resized picture at (`left`, `top`), and bars where
  /// there is no picture. Only the pixels that are seen are computed, however long the picture.
  func placed(_ image: Image, left: Int, top: Int) -> Image {
    let size = scaledSize(of: PixelSize(image))
    let columns = max(-left, 0)..<min(crop.width - left, size.width)
    let rows = max(-top, 0)..<min(crop.height - top, size.height)
    var input = image.resized(
      width: size.width, height: size.height, columns: columns, rows: rows, interpolation, antialias: antialias)
    if PixelSize(input) != crop {
      var ground = Image(width: crop.width, height: crop.height, filledWith: bar)
      ground.place(input, x: max(left, 0), y: max(top, 0))
      input = ground
    }
    return color == .gray ? input.gray : input
  }

  /// The colour of bars.
  private var bar: Ink {
    func level(_ channel: Int) -> UInt8 { UInt8(min(max((mean[channel % mean.count] * 255).rounded(), 0), 255)) }
    let levels = fill ?? (0..<3).map(level)
    return Ink(levels[0], levels[1], levels[2])
  }

  /// Writes (pixel / 255 - mean) / std to `[height, width, channels]` floats, in the network's order of colours.
  ///
  /// - Precondition: `validate()` does not throw, and `target` has room for `inputCount` values.
  public func normalize(_ crop: Image, into target: UnsafeMutablePointer<Float>) {
    let channels = channels
    crop.pixels.withUnsafeBufferPointer { pixels in
      for (channel, source) in color.channels.enumerated() {
        let levels = (0...255).map { (Float($0) / 255 - mean[source]) / std[source] }
        levels.withUnsafeBufferPointer { levels in
          for pixel in 0..<pixels.count / 3 {
            target[pixel * channels + channel] = levels[Int(pixels[3 * pixel + source])]
          }
        }
      }
    }
  }
}

extension Preprocessing: Codable {
  private enum CodingKeys: String, CodingKey {
    case resize, crop, interpolation, mean, std, fit, antialias, fill, color
  }

  /// Descriptions of older programs lack what these did not know.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      resize: try values.decode(Int.self, forKey: .resize), crop: try values.decode(PixelSize.self, forKey: .crop),
      interpolation: try values.decode(Interpolation.self, forKey: .interpolation),
      mean: try values.decode([Float].self, forKey: .mean), std: try values.decode([Float].self, forKey: .std),
      fit: try values.decodeIfPresent(Fit.self, forKey: .fit) ?? .crop)
    antialias = try values.decodeIfPresent(Bool.self, forKey: .antialias) ?? true
    fill = try values.decodeIfPresent([UInt8].self, forKey: .fill)
    color = try values.decodeIfPresent(ColorOrder.self, forKey: .color) ?? .rgb
  }

  /// What is usual is left out, so that files stay readable for programs that know nothing else.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(resize, forKey: .resize)
    try values.encode(crop, forKey: .crop)
    try values.encode(interpolation, forKey: .interpolation)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    if fit != .crop { try values.encode(fit, forKey: .fit) }
    if !antialias { try values.encode(antialias, forKey: .antialias) }
    try values.encodeIfPresent(fill, forKey: .fill)
    if color != .rgb { try values.encode(color, forKey: .color) }
  }
}

/// Half of a number that is not negative, rounded to the nearest whole number, halves to even.
private func halfToEven(_ number: Int) -> Int { number / 2 + (number % 4 == 3 ? 1 : 0) }

/// Why a `Preprocessing` cannot be used.
public enum PreprocessingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A side of the crop is not 1...4096, or `resize` not from the shorter one to 16384.
  case sizes(resize: Int, crop: PixelSize)
  /// Not three finite numbers, or one for grey.
  case mean([Float])
  /// Not three finite numbers above zero, or one for grey.
  case std([Float])
  /// Not three levels.
  case fill([UInt8])

  public var description: String {
    switch self {
    case .sizes(let resize, let crop):
      "resize \(resize) and crop \(crop.isSquare ? "\(crop.width)" : "\(crop)") do not fit: 1 <= crop <= 4096, "
        + "crop <= resize <= 16384"
    case .mean(let mean): "mean must be three finite numbers, or one for grey, not \(mean)"
    case .std(let std): "std must be three numbers above zero, or one for grey, not \(std)"
    case .fill(let fill): "fill must be three levels, not \(fill)"
    }
  }
}
