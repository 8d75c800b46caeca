/// Keys of a node's JSON object; operators choose those of their attributes.
struct AttributeKey: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init(stringLiteral value: String) { stringValue = value }
  init?(intValue: Int) { nil }
}

typealias AttributeDecoder = KeyedDecodingContainer<AttributeKey>
typealias AttributeEncoder = KeyedEncodingContainer<AttributeKey>

extension KeyedDecodingContainer<AttributeKey> {
  /// An array of exactly `count` integers.
  func integers(_ count: Int, forKey key: AttributeKey) throws -> [Int] {
    let values = try decode([Int].self, forKey: key)
    guard values.count == count else {
      let message = "\(key.stringValue) has \(values.count) values, \(count) are needed"
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: message)
    }
    return values
  }
}
