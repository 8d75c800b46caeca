/// What is wrong with the keys of a JSON text, if anything: a decoder takes one of two equal keys without a word, and
/// another program may take the other.
///
/// Keys with escape sequences are refused instead of compared; the keys of a model's description need none.
///
/// - Parameter json: JSON that a decoder has accepted.
func ambiguousKey(inJSON json: String) -> String? {
  let bytes = Array(json.utf8)
  var scopes: [Set<ArraySlice<UInt8>>] = []
  var position = 0
  while position < bytes.count {
    switch bytes[position] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): scopes.append([])
    case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = scopes.popLast()
    case UInt8(ascii: "\""):
      let text = string(in: bytes, after: position)
      position = text.endIndex
      guard isKey(bytes, endingAt: position), !scopes.isEmpty else { break }
      let name = String(decoding: text, as: UTF8.self)
      if text.contains(UInt8(ascii: "\\")) { return "the key \(name) is written with an escape sequence" }
      guard scopes[scopes.count - 1].insert(text).inserted else { return "an object gives \(name) twice" }
    default: break
    }
    position += 1
  }
  return nil
}

/// The bytes between the quotation mark at `quote` and the one that closes the string.
private func string(in bytes: [UInt8], after quote: Int) -> ArraySlice<UInt8> {
  var end = quote + 1
  while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
  return bytes[(quote + 1)..<min(end, bytes.count)]
}

/// Whether a colon is what follows a string, which only keys have.
private func isKey(_ bytes: [UInt8], endingAt quote: Int) -> Bool {
  let spaces = " \t\n\r".utf8
  return bytes.dropFirst(quote + 1).first { !spaces.contains($0) } == UInt8(ascii: ":")
}
