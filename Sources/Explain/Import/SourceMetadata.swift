import FoundationEssentials

/// What a weights file says about itself; every value is optional, none is trusted.
struct SourceMetadata {
  private let values: [String: String]

  init(_ values: [String: String]) { self.values = values }

  var licence: String? { values["licence"] ?? values["license"] }
  var source: String? { values["source"] }
  var architecture: String? { values["architecture"] }

  /// Name of a labels file in the same folder. A path that leads elsewhere is ignored.
  var labels: String? {
    values["labels"].flatMap { $0.isEmpty || $0.contains("/") || $0.hasPrefix(".") ? nil : $0 }
  }

  /// What makes probabilities of the logits, if the options or the file tell.
  func outputs(_ options: ImportOptions) throws(ImportError) -> OutputFunction? {
    if let outputs = options.outputs { return outputs }
    guard let text = values["probabilities"] else { return nil }
    guard let function = OutputFunction(rawValue: text) else { throw .badMetadata(key: "probabilities", value: text) }
    return function
  }

  /// What Ultralytics' exporter has written; nil where it has not written the file.
  func ultralytics() throws(ImportError) -> UltralyticsMetadata? { try UltralyticsMetadata(values) }

  /// What the metadata says about preprocessing.
  ///
  /// - Parameter known: what is replaced anyway, and is not looked at: an option also mends malformed metadata.
  /// - Returns: also whether mean or standard deviation were of pixels in 0...255 and are divided.
  func preprocessing(
    unless known: PreprocessingHints
  ) throws(ImportError) -> (hints: PreprocessingHints, wereDivided: Bool) {
    var hints = PreprocessingHints()
    if known.resize == nil { hints.resize = try number("resize").map { .pixels($0) } }
    if known.crop == nil { hints.crop = try number("input_size").map { PixelSize(side: $0) } }
    if known.interpolation == nil { hints.interpolation = try name("interpolation") }
    if known.fit == nil { hints.fit = try name("fit") }
    let mean = known.mean == nil ? try numbers("mean") : nil
    let std = known.std == nil ? try numbers("std") : nil
    let statistics = try PixelStatistics(mean: mean, std: std)
    (hints.mean, hints.std) = (statistics.mean, statistics.std)
    return (hints, statistics.wereDivided)
  }

  private func number(_ key: String) throws(ImportError) -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text) else { throw .badMetadata(key: key, value: text) }
    return number
  }

  private func name<Name: RawRepresentable<String>>(_ key: String) throws(ImportError) -> Name? {
    guard let text = values[key] else { return nil }
    guard let name = Name(rawValue: text) else { throw .badMetadata(key: key, value: text) }
    return name
  }

  /// Reads a JSON array of three numbers.
  private func numbers(_ key: String) throws(ImportError) -> [Float]? {
    guard let text = values[key] else { return nil }
    guard let numbers = try? JSONDecoder().decode([Float].self, from: Data(text.utf8)), numbers.count == 3 else {
      throw .badMetadata(key: key, value: text)
    }
    return numbers
  }
}
