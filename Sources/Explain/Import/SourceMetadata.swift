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

  /// `defaults`, overridden by what the metadata says, overridden by the options.
  ///
  /// - Returns: also whether mean or standard deviation were of pixels in 0...255 and are divided.
  func preprocessing(
    _ defaults: Preprocessing, _ options: ImportOptions
  ) throws(ImportError) -> (result: Preprocessing, wereDivided: Bool) {
    // Metadata that an option replaces is not looked at, so an option also mends malformed metadata.
    var result = defaults
    if let resize = options.resize { result.resize = resize } else { try read("resize", into: &result.resize) }
    if let crop = options.crop { result.crop = crop } else { try read("input_size", into: &result.crop) }
    let statistics = try PixelStatistics(mean: numbers("mean", or: options.mean), std: numbers("std", or: options.std))
    result.mean = statistics.mean ?? result.mean
    result.std = statistics.std ?? result.std
    if let interpolation = options.interpolation {
      result.interpolation = interpolation
    } else {
      try read("interpolation", into: &result.interpolation)
    }
    if let fit = options.fit { result.fit = fit } else { try read("fit", into: &result.fit) }
    do { try result.validate() } catch { throw .preprocessing(error) }
    return (result, statistics.wereDivided)
  }

  private func read(_ key: String, into value: inout Int) throws(ImportError) {
    guard let text = values[key] else { return }
    guard let number = Int(text) else { throw .badMetadata(key: key, value: text) }
    value = number
  }

  private func read<Name: RawRepresentable<String>>(_ key: String, into value: inout Name) throws(ImportError) {
    guard let text = values[key] else { return }
    guard let name = Name(rawValue: text) else { throw .badMetadata(key: key, value: text) }
    value = name
  }

  /// Reads a JSON array of three numbers, where no option replaces it.
  private func numbers(_ key: String, or option: [Float]?) throws(ImportError) -> [Float]? {
    if let option { return option }
    guard let text = values[key] else { return nil }
    guard let numbers = try? JSONDecoder().decode([Float].self, from: Data(text.utf8)), numbers.count == 3 else {
      throw .badMetadata(key: key, value: text)
    }
    return numbers
  }
}
