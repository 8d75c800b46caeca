import FoundationEssentials

/// What Ultralytics writes into the metadata of the ONNX models that it exports.
struct UltralyticsMetadata {
  /// Class 0 first.
  let labels: [String]
  let hints: PreprocessingHints

  /// Nil where the metadata is somebody else's.
  init?(_ values: [String: String]) throws(ImportError) {
    guard let names = values["names"], values["task"] != nil || values["imgsz"] != nil else { return nil }
    if let task = values["task"], task != "classify" {
      throw .unsupportedInput("is an Ultralytics model for the task \(task.onOneLine); only classify is supported")
    }
    guard let labels = PythonLiteral.labels(names) else { throw .badMetadata(key: "names", value: Self.start(names)) }
    self.labels = labels
    var hints = PreprocessingPreset.yolo.hints
    if let text = values["imgsz"] {
      // Height and width, or a side.
      guard let size = try? JSONDecoder().decode(ConfiguredSize.self, from: Data(text.utf8)) else {
        throw .badMetadata(key: "imgsz", value: Self.start(text))
      }
      hints.crop = size.whole
    }
    self.hints = hints
  }

  private static func start(_ text: String) -> String { String(text.prefix(40)).onOneLine }
}
