/// timm's `config.json`: the configuration of the pretrained weights, in older files not in an object of its own.
struct TimmConfiguration: Decodable {
  private struct Pretrained: Decodable {
    /// Channels, height and width.
    var inputSize, testSize: [Int]?
    var cropShare, testShare: Double?
    var cropMode, interpolation: String?
    var mean, std: ConfiguredStatistics?
    var labelNames: [String]?
    var descriptions: [String: String]?

    private enum CodingKeys: String, CodingKey {
      case inputSize = "input_size"
      case testSize = "test_input_size"
      case cropShare = "crop_pct"
      case testShare = "test_crop_pct"
      case cropMode = "crop_mode"
      case interpolation
      case mean
      case std
      case labelNames = "label_names"
      case descriptions = "label_descriptions"
    }
  }

  private var pretrained: Pretrained
  private var labelNames: [String]?
  private var descriptions: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case pretrained = "pretrained_cfg"
    case labelNames = "label_names"
    case descriptions = "label_descriptions"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    pretrained =
      try values.decodeIfPresent(Pretrained.self, forKey: .pretrained) ?? Pretrained(from: decoder)
    labelNames = try values.decodeIfPresent([String].self, forKey: .labelNames)
    descriptions = try values.decodeIfPresent([String: String].self, forKey: .descriptions)
  }

  func hints(_ file: ConfigurationFile, input: PixelSize?) throws(ImportError) -> PreprocessingHints {
    var hints = PreprocessingHints()
    let size = try pretrained.inputSize.map { size throws(ImportError) in try Self.size(size, "input_size", file) }
    let testSize = try pretrained.testSize.map { size throws(ImportError) in
      try Self.size(size, "test_input_size", file)
    }
    // Weights that are tested at another size are exported at one of the two.
    let isTest = testSize != nil && testSize?.size == input && size?.size != input
    hints.crop = (isTest ? testSize : size)?.size
    if size?.channels == 1 { hints.color = .gray }
    let share = (isTest ? pretrained.testShare : nil) ?? pretrained.cropShare ?? 0.875
    guard share > 0.1, share <= 1 else { throw file.error("crop_pct") }
    hints.resize = .multiple(1 / share)
    switch pretrained.cropMode {
    case nil, "center": hints.fit = .crop
    case "squash": hints.fit = share < 1 ? .squashCrop : .squash
    case "border": hints.fit = .letterbox
    default: throw file.error("crop_mode")
    }
    switch pretrained.interpolation {
    case nil, "bicubic", "lanczos", "random": hints.interpolation = .bicubic
    case "bilinear", "box", "hamming": hints.interpolation = .bilinear
    case "nearest": hints.interpolation = .nearest
    default: throw file.error("interpolation")
    }
    hints.antialias = true
    if let std = pretrained.std, !std.values.allSatisfy({ $0 > 0 }) { throw file.error("std") }
    (hints.mean, hints.std) = (pretrained.mean?.channels(), pretrained.std?.channels())
    return hints
  }

  private static func size(
    _ lengths: [Int], _ key: String, _ file: ConfigurationFile
  ) throws(ImportError) -> (channels: Int, size: PixelSize) {
    guard lengths.count == 3, lengths.allSatisfy({ (1...16384).contains($0) }) else { throw file.error(key) }
    return (lengths[0], PixelSize(width: lengths[2], height: lengths[1]))
  }

  /// Descriptions of the classes where there are some, or else their names.
  var labels: [String]? {
    guard let names = labelNames ?? pretrained.labelNames, !names.isEmpty else { return nil }
    let descriptions = descriptions ?? pretrained.descriptions ?? [:]
    return names.map { name in
      guard let description = descriptions[name] else { return name }
      return ImageNetIDs.isID(name) ? LabelFile.joined(id: name, name: description) : description
    }
  }
}
