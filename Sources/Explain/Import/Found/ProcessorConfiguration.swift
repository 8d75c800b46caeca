/// Hugging Face's `preprocessor_config.json`: what an image processor does to pictures.
struct ProcessorConfiguration: Decodable {
  private var type: String?
  private var featureExtractor: String?
  private var size: ConfiguredSize?
  private var cropSize: ConfiguredSize?
  /// The share of a resized picture's side that is cut out.
  private var cropShare: Double?
  private var resizes, crops, rescales, normalizes, flipsColors: Bool?
  private var resample: Int?
  private var factor: Double?
  private var isOffset: Bool?
  private var mean, std: ConfiguredStatistics?

  private enum CodingKeys: String, CodingKey {
    case type = "image_processor_type"
    case featureExtractor = "feature_extractor_type"
    case size
    case cropSize = "crop_size"
    case cropShare = "crop_pct"
    case resizes = "do_resize"
    case crops = "do_center_crop"
    case rescales = "do_rescale"
    case normalizes = "do_normalize"
    case flipsColors = "do_flip_channel_order"
    case resample
    case factor = "rescale_factor"
    case isOffset = "rescale_offset"
    case mean = "image_mean"
    case std = "image_std"
  }

  static let fileName = "preprocessor_config.json"

  /// Processors to which a size that is one number is that of the shorter side.
  private static let shortestEdgeTypes = [
    "CLIP", "ConvNext", "Levit", "PoolFormer", "MobileNet", "MobileViT", "Bit",
  ]

  /// - Throws: a value that no processor can have, named with the file.
  func hints(_ file: ConfigurationFile) throws(ImportError) -> PreprocessingHints {
    var hints = PreprocessingHints()
    try fit(&hints, file)
    try normalize(&hints, file)
    if flipsColors == true { hints.color = .bgr }
    switch resample {
    case nil: break
    case 0: hints.interpolation = .nearest
    // Lanczos has a wider window than bicubic; a box and Hamming's filter have a narrower one than bilinear.
    case 1, 3: hints.interpolation = .bicubic
    case 2, 4, 5: hints.interpolation = .bilinear
    default: throw file.error("resample")
    }
    if hints.interpolation != nil { hints.antialias = true }
    return hints
  }

  private var name: String { type ?? featureExtractor ?? "" }

  private func isOf(_ types: [String]) -> Bool { types.contains { name.hasPrefix($0) } }

  private var resized: ConfiguredSize? {
    if case .number(let side)? = size, isOf(Self.shortestEdgeTypes) { return .shortest(side) }
    return size
  }

  private func fit(_ hints: inout PreprocessingHints, _ file: ConfigurationFile) throws(ImportError) {
    if let cropShare, !(cropShare > 0.1 && cropShare <= 1) { throw file.error("crop_pct") }
    let crop = crops ?? (cropSize != nil) ? cropSize?.whole : nil
    guard resizes ?? true else {
      hints.fit = Fit.none
      hints.crop = crop
      return
    }
    switch resized {
    case nil: hints.crop = crop
    case .shortest(let side): shorterSide(side, crop, &hints)
    case .number, .exact:
      let size = resized?.whole ?? 224
      hints.crop = crop ?? size
      hints.fit = crop == nil || crop == size ? .squash : .squashCrop
      hints.resize = .pixels(max(size.shorterSide, (crop ?? size).shorterSide))
    }
  }

  /// The shorter side is resized; some processors resize it to more than the configuration says.
  private func shorterSide(_ side: Int, _ crop: PixelSize?, _ hints: inout PreprocessingHints) {
    var resize = side
    if isOf(["ConvNext"]), crop == nil {
      hints.crop = PixelSize(side: side)
      // Large inputs are squashed.
      guard side < 384 else { return hints.fit = .squash }
      resize = Int(Double(side) / (cropShare ?? 224.0 / 256))
    } else if isOf(["Levit"]) {
      resize = 256 * side / 224
    } else if let cropShare {
      resize = Int(Double(side) / cropShare)
    }
    let crop = crop ?? PixelSize(side: side)
    hints.crop = crop
    hints.fit = .crop
    hints.resize = .pixels(max(resize, crop.shorterSide))
  }

  /// Processors compute `(pixel * factor - offset - mean) / std` of pixels in 0...255.
  private func normalize(_ hints: inout PreprocessingHints, _ file: ConfigurationFile) throws(ImportError) {
    var scale = 255 * (rescales ?? true ? factor ?? 1.0 / 255 : 1)
    guard scale.isNormal, scale > 0, scale < 1e6 else { throw file.error("rescale_factor") }
    if abs(scale - 1) < 1e-6 { scale = 1 }
    let offset: Double = isOffset == true ? 1 : 0
    if let std, !std.values.allSatisfy({ $0 > 0 }) { throw file.error("image_std") }
    if normalizes == false {
      hints.mean = [Float](repeating: Float(offset / scale), count: 3)
      hints.std = [Float](repeating: Float(1 / scale), count: 3)
    } else {
      hints.mean = mean?.channels { ($0 + offset) / scale }
      hints.std = std?.channels { $0 / scale }
    }
  }
}
