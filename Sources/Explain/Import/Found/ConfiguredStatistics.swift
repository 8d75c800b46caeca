/// A mean or standard deviation in a configuration: a number for all channels, or one for each.
struct ConfiguredStatistics: Decodable {
  /// One or three.
  let values: [Double]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let values = try (try? container.decode(Double.self)).map { [$0] } ?? container.decode([Double].self)
    guard [1, 3].contains(values.count), values.allSatisfy(\.isFinite) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no values of channels"))
    }
    self.values = values
  }

  /// Red, green and blue.
  ///
  /// - Parameter change: of each value.
  func channels(_ change: (Double) -> Double = { $0 }) -> [Float] {
    let changed = values.map { Float(change($0)) }
    return changed.count == 1 ? [changed[0], changed[0], changed[0]] : changed
  }
}
