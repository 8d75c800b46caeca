/// The formats that pictures are written in.
public enum PictureFormat: String, Sendable, CaseIterable {
  case png
  case jpeg = "jpg"
  /// Binary PPM; grey pictures become coloured ones.
  case ppm
  /// Binary PGM, for grey pictures alone.
  case pgm
  /// PPM or PGM, as the picture is.
  case pnm

  /// The endings of files, as messages list them.
  public static let endings = ".png, .jpg, .jpeg, .ppm, .pgm and .pnm"

  /// The quality of JPEGs, on libjpeg's scale: edges of a map show no rings.
  private static let quality = 92

  /// The format that an ending means, whatever the case of its letters.
  ///
  /// - Parameter ending: without its dot.
  public init?(ending: String) {
    let ending = ending.lowercased()
    guard let format = ending == "jpeg" ? .jpeg : PictureFormat(rawValue: ending) else { return nil }
    self = format
  }

  /// What names of such files end in, with its dot.
  public var fileType: String { "." + rawValue }

  /// Whether grey pictures are written with one sample a pixel.
  public var hasGray: Bool {
    switch self {
    case .png, .pgm, .pnm: true
    case .jpeg, .ppm: false
    }
  }

  /// Whether pictures in colour can be written in it.
  public var hasColor: Bool { self != .pgm }

  fileprivate var encoding: ImageFormat {
    switch self {
    case .png: .png
    case .jpeg: .jpeg
    case .ppm, .pgm, .pnm: .pnm
    }
  }

  fileprivate func encode(_ image: Image) throws(ImageError) -> [UInt8] {
    switch self {
    case .png: try image.encodedPNG()
    case .jpeg: try image.encodedJPEG(quality: Self.quality)
    case .ppm, .pgm, .pnm: encodePNM(width: image.width, height: image.height, channels: 3, samples: image.pixels)
    }
  }
}

extension Picture {
  /// This picture as a file.
  ///
  /// - Parameters:
  ///   - format: a grey picture can be written in each, one in colour in those that have it.
  ///   - mark: says whose picture it is.
  /// - Throws: for what a format cannot hold.
  public func encoded(as format: PictureFormat, mark: PictureMark) throws(ImageError) -> [UInt8] {
    var bytes: [UInt8]
    switch (self, format) {
    case (.color(let image), _): bytes = try format.encode(image)
    case (.gray, .png): bytes = try encodedPNG()
    case (.gray(let width, let height, let samples), .pgm), (.gray(let width, let height, let samples), .pnm):
      bytes = encodePNM(width: width, height: height, channels: 1, samples: samples)
    case (.gray(let width, let height, let samples), .jpeg), (.gray(let width, let height, let samples), .ppm):
      let pixels = [UInt8](unsafeUninitializedCapacity: 3 * samples.count) { buffer, count in
        for (index, sample) in samples.enumerated() {
          (buffer[3 * index], buffer[3 * index + 1], buffer[3 * index + 2]) = (sample, sample, sample)
        }
        count = 3 * samples.count
      }
      bytes = try format.encode(Image(width: width, height: height, pixels: pixels))
    }
    mark.mark(&bytes, format.encoding)
    return bytes
  }
}

/// A binary PGM or PPM of 8-bit samples, row-major `[height, width, channels]`.
private func encodePNM(width: Int, height: Int, channels: Int, samples: [UInt8]) -> [UInt8] {
  Array("\(channels == 1 ? "P5" : "P6")\n\(width) \(height)\n255\n".utf8) + samples
}
