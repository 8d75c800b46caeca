/// A size as Hugging Face's configurations write it: a number, an array of height and width, or an object.
enum ConfiguredSize: Decodable, Equatable {
  /// Of which side depends on who reads it.
  case number(Int)
  case exact(PixelSize)
  case shortest(Int)

  private enum CodingKeys: String, CodingKey {
    case height, width, shortestEdge = "shortest_edge"
  }

  init(from decoder: any Decoder) throws {
    if let number = try? decoder.singleValueContainer().decode(Int.self) {
      self = .number(try Self.checked(number, decoder))
      return
    }
    if let sides = try? decoder.singleValueContainer().decode([Int].self) {
      guard sides.count == 1 || sides.count == 2 else { throw Self.error(decoder) }
      self = .exact(
        PixelSize(
          width: try Self.checked(sides[sides.count - 1], decoder), height: try Self.checked(sides[0], decoder)))
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let side = try values.decodeIfPresent(Int.self, forKey: .shortestEdge) {
      self = .shortest(try Self.checked(side, decoder))
      return
    }
    self = .exact(
      PixelSize(
        width: try Self.checked(values.decode(Int.self, forKey: .width), decoder),
        height: try Self.checked(values.decode(Int.self, forKey: .height), decoder)))
  }

  private static func checked(_ side: Int, _ decoder: any Decoder) throws -> Int {
    guard (1...16384).contains(side) else { throw error(decoder) }
    return side
  }

  private static func error(_ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no size"))
  }

  /// The size as a whole; a number is a square.
  var whole: PixelSize {
    switch self {
    case .number(let side), .shortest(let side): PixelSize(side: side)
    case .exact(let size): size
    }
  }
}
