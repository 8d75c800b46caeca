/// Where each tensor of a file to be written goes, and the header that says so.
struct SafetensorsLayout {
  /// The length field and the padded JSON.
  let header: [UInt8]
  /// Where the checksum's digits go in the file; zeros in `header`.
  let checksumPlace: Range<Int>
  /// Byte ranges in the file.
  let ranges: [String: Range<Int>]
  let fileBytes: Int

  init(_ tensors: [SafetensorsWriter.Declaration], _ metadata: [String: String]) {
    let prefix = MemoryLayout<UInt64>.size
    var json = "{\"__metadata__\":{\"\(SafetensorsChecksum.key)\":\""
    let digits = prefix + json.utf8.count
    checksumPlace = digits..<digits + SafetensorsChecksum.blank.utf8.count
    json += "\(SafetensorsChecksum.blank)\""
    precondition(metadata[SafetensorsChecksum.key] == nil, "the checksum is the writer's own")
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { json += ",\(quoted(key)):\(quoted(value))" }
    json += "}"
    var offsets: [String: Range<Int>] = [:]
    var end = 0
    for tensor in Self.ordered(tensors) {
      let range = end..<end + tensor.byteCount
      precondition(offsets.updateValue(range, forKey: tensor.name) == nil, "tensor \(tensor.name) declared twice")
      json += ",\(quoted(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":\(list(tensor.shape)),"
      json += "\"data_offsets\":\(list([range.lowerBound, range.upperBound]))}"
      end = range.upperBound
    }
    json += "}"
    let alignment = SafetensorsWriter.alignment
    let start = (prefix + json.utf8.count + alignment - 1) / alignment * alignment
    var header = withUnsafeBytes(of: UInt64(start - prefix).littleEndian) { Array($0) }
    header += json.utf8
    header += [UInt8](repeating: UInt8(ascii: " "), count: start - header.count)
    self.header = header
    ranges = offsets.mapValues { start + $0.lowerBound..<start + $0.upperBound }
    fileBytes = start + end
  }

  /// The tensors in the order of the file: by alignment, and as declared where it is equal.
  private static func ordered(_ tensors: [SafetensorsWriter.Declaration]) -> [SafetensorsWriter.Declaration] {
    tensors.enumerated().sorted { a, b in
      let (first, second) = (alignment(a.element.byteCount), alignment(b.element.byteCount))
      return first != second ? first > second : a.offset < b.offset
    }.map(\.element)
  }

  /// The alignment that a tensor of this many bytes has in a file written here.
  static func alignment(_ byteCount: Int) -> Int {
    byteCount == 0 ? SafetensorsWriter.alignment : min(SafetensorsWriter.alignment, byteCount & -byteCount)
  }
}

private func list(_ values: [Int]) -> String { "[\(values.map(String.init).joined(separator: ","))]" }

/// A JSON string literal.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\u{0}"..<"\u{20}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
