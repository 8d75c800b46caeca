/// The header of a PAM (P7): lines of a word and its value, in any order, up to `ENDHDR`; lines that begin with `#` say nothing.
struct PAMHeader {
  let width, height, channels, maximum: Int
  let hasAlpha: Bool
  /// The number of bytes in front of the samples.
  let length: Int

  /// Kinds of pixels, and their samples.
  private static let kinds = [
    "BLACKANDWHITE": 1, "GRAYSCALE": 1, "RGB": 3, "BLACKANDWHITE_ALPHA": 2, "GRAYSCALE_ALPHA": 2, "RGB_ALPHA": 4,
  ]

  /// Reads a header and checks its size, or answers nil when `bytes` end before it does.
  init?(_ bytes: Span<UInt8>, limits: ImageLimits) throws(ImageError) {
    guard bytes.count >= 3 else { return nil }
    guard bytes[2] == 10 || bytes[2] == 13 else { throw .pnmHeader(found: bytes[2]) }
    var numbers: [String: Int] = [:]
    var kind: String?
    var position = 3
    while true {
      guard let end = (position..<bytes.count).first(where: { bytes[$0] == 10 }) else { return nil }
      let line = bytes.extracting(position..<end).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
      position = end + 1
      let words = line.split { $0.isWhitespace }
      guard let word = words.first, !word.hasPrefix("#") else { continue }
      if word == "ENDHDR" { break }
      if word == "TUPLTYPE" {
        kind = words.dropFirst().joined(separator: " ")
        continue
      }
      guard ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"].contains(word), words.count == 2, numbers[String(word)] == nil,
        words[1].utf8.count < 10, let number = Int(words[1]), number >= 0
      else { throw .pam(line: line) }
      numbers[String(word)] = number
    }
    guard let width = numbers["WIDTH"], let height = numbers["HEIGHT"], let depth = numbers["DEPTH"],
      let maximum = numbers["MAXVAL"]
    else { throw .pam(line: "ENDHDR") }
    try limits.check(.pnm, width: width, height: height)
    guard (1...65535).contains(maximum) else { throw .pnmMaximum(found: maximum) }
    // Without a kind the number of samples tells.
    guard (1...4).contains(depth), kind.map({ Self.kinds[$0] == depth }) ?? true else {
      throw .pamKind(kind ?? "", depth: depth)
    }
    (self.width, self.height, self.maximum, channels) = (width, height, maximum, depth)
    hasAlpha = depth % 2 == 0
    length = position
  }
}
