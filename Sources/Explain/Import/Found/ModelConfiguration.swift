/// `config.json` as Hugging Face's transformers or timm write it beside a model's weights.
struct ModelConfiguration: Decodable {
  private var labelOfID: [String: String]?
  private var imageSize: ConfiguredSize?
  private var channels: Int?
  private var vision: Vision?
  private var timm: TimmConfiguration?
  /// What timm calls the network.
  private(set) var architecture: String?

  /// Of a model of several parts, such as CLIP.
  private struct Vision: Decodable {
    var imageSize: ConfiguredSize?
    var channels: Int?

    private enum CodingKeys: String, CodingKey {
      case imageSize = "image_size"
      case channels = "num_channels"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case modelType = "model_type"
    case architectures
    case labelOfID = "id2label"
    case imageSize = "image_size"
    case channels = "num_channels"
    case vision = "vision_config"
    case pretrained = "pretrained_cfg"
    case architecture
    case classes = "num_classes"
  }

  static let fileName = "config.json"

  /// Many programs have a `config.json`: what is neither of the two is empty.
  init(from decoder: any Decoder) throws {
    guard let values = try? decoder.container(keyedBy: CodingKeys.self) else { return }
    if values.contains(.pretrained) || values.contains(.architecture) && values.contains(.classes) {
      timm = try TimmConfiguration(from: decoder)
      architecture = try values.decodeIfPresent(String.self, forKey: .architecture)
    } else if values.contains(.modelType) || values.contains(.architectures) || values.contains(.labelOfID) {
      labelOfID = try values.decodeIfPresent([String: String].self, forKey: .labelOfID)
      imageSize = try values.decodeIfPresent(ConfiguredSize.self, forKey: .imageSize)
      channels = try values.decodeIfPresent(Int.self, forKey: .channels)
      vision = try values.decodeIfPresent(Vision.self, forKey: .vision)
    }
  }

  /// - Parameter input: the size of the network's input, where the graph tells it.
  func hints(_ file: ConfigurationFile, input: PixelSize?) throws(ImportError) -> PreprocessingHints {
    if let timm { return try timm.hints(file, input: input) }
    var hints = PreprocessingHints()
    hints.crop = (imageSize ?? vision?.imageSize)?.whole
    if channels ?? vision?.channels == 1 { hints.color = .gray }
    return hints
  }

  /// Names of the classes, class 0 first; nil where there are none.
  func labels(_ file: ConfigurationFile) throws(ImportError) -> [String]? {
    if let timm { return timm.labels }
    guard let labelOfID, !labelOfID.isEmpty else { return nil }
    // What transformers writes for classes that have no names.
    if labelOfID.values.allSatisfy({ $0.hasPrefix("LABEL_") }) { return nil }
    do { return try LabelFile.inOrder(labelOfID.map { ($0.key, $0.value) }) } catch {
      throw .badConfiguration(path: file.path, "id2label: \(error)")
    }
  }
}
