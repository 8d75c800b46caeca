import ArgumentParser
import Explain

/// How pictures are read.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Maximum pixels of an image; larger JPEGs are decoded at 1/2, 1/4 or 1/8 of their size. k and M are 2^10 and 2^20.",
      valueName: "N"))
  var maxPixels = PixelCount.standard

  @Flag(
    help:
      "Scale 16-bit samples by the smallest 2^n - 1 that holds the largest one, so that 12 bits in 16 are not black.")
  var stretch = false

  var decoding: DecodingOptions {
    // Who asks for more than the standard means long pictures too.
    let side = maxPixels.pixels > PixelCount.standard.pixels ? ImageLimits.longestSide : ImageLimits.standard.side
    return DecodingOptions(
      limits: ImageLimits(pixels: maxPixels.pixels, side: side), reduces: true, stretches: stretch)
  }
}

/// Whether JPEGs are decoded no larger than the network needs.
struct FastDecodingOptions: ParsableArguments {
  @Flag(
    name: .customLong("fast-jpeg"),
    help: "Decode JPEGs at 1/2, 1/4 or 1/8 of their size if that is no smaller than what the image is resized to.")
  var isFast = false

  /// - Parameter preprocessing: of the network, in the largest resolution that is asked for.
  func decoding(_ decoding: DecodingOptions, _ preprocessing: Preprocessing) -> DecodingOptions {
    var decoding = decoding
    if isFast { decoding.enoughFor = preprocessing }
    return decoding
  }
}

/// A number of pixels as people write it: `5000000`, `500k`, `64M`.
struct PixelCount: ExpressibleByArgument, CustomStringConvertible {
  static let standard = PixelCount(pixels: ImageLimits.standard.pixels)
  let pixels: Int

  private init(pixels: Int) { self.pixels = pixels }

  init?(argument: String) {
    let units = ["k": 10, "K": 10, "M": 20, "Mi": 20, "G": 30]
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit = argument.dropFirst(digits.count)
    guard digits.count < 11, let number = Int(digits), number > 0 else { return nil }
    guard let shift = unit.isEmpty ? 0 : units[String(unit)], number <= (1 << 32) >> shift else { return nil }
    pixels = number << shift
  }

  var description: String { pixels % (1 << 20) == 0 ? "\(pixels >> 20)M" : "\(pixels)" }
  var defaultValueDescription: String { description }
}

/// What is said about a stream.
struct StreamOptions: ParsableArguments {
  @Flag(help: "Report at the end what standard input held besides images.")
  var verbose = false

  /// Tells it, when the stream has been answered.
  func report(_ source: InputSource) {
    if verbose, source.count == nil { printError(source.fillers.line) }
  }
}

/// Warns of pictures that are nearly black because their samples end far below the maximum: of each file, and once of
/// standard input, whose frames are alike.
struct DepthWarnings {
  private var hasWarnedOfStream = false

  /// The warning about a picture of a name.
  static func line(_ name: String, _ depth: SampleDepth) -> String {
    "ttame-lite: \(name): its largest sample is \(depth.largest) of \(depth.maximum), nearly black; "
      + "--stretch makes \(depth.ceiling) white"
  }

  /// The warning about a picture, if one is due.
  mutating func line(_ picture: PreparedPicture) -> String? {
    guard let depth = picture.faintDepth else { return nil }
    if case .standardInput = picture.origin {
      if hasWarnedOfStream { return nil }
      hasWarnedOfStream = true
    }
    return Self.line(picture.origin.description, depth)
  }
}
