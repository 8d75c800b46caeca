/// Width and height of a picture, in pixels.
public struct PixelSize: Sendable, Equatable {
  public var width, height: Int

  public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  /// A square.
  public init(side: Int) { self.init(width: side, height: side) }

  public init(_ image: Image) { self.init(width: image.width, height: image.height) }

  public var count: Int { width * height }
  public var isSquare: Bool { width == height }
  var shorterSide: Int { min(width, height) }
}

extension PixelSize: ExpressibleByIntegerLiteral {
  /// A square of this side.
  public init(integerLiteral side: Int) { self.init(side: side) }
}

extension PixelSize: CustomStringConvertible {
  public var description: String { "\(width)x\(height)" }
}

extension PixelSize: Codable {
  private enum CodingKeys: String, CodingKey { case width, height }

  /// A square is its side alone.
  public init(from decoder: any Decoder) throws {
    if let side = try? decoder.singleValueContainer().decode(Int.self) {
      self.init(side: side)
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      width: try values.decode(Int.self, forKey: .width), height: try values.decode(Int.self, forKey: .height))
  }

  public func encode(to encoder: any Encoder) throws {
    guard !isSquare else {
      var value = encoder.singleValueContainer()
      return try value.encode(width)
    }
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(width, forKey: .width)
    try values.encode(height, forKey: .height)
  }
}
