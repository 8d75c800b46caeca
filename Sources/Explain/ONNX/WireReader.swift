/// Reads messages of the protobuf wire format from a mapped file.
///
/// It is a reader of our own because of memory. swift-protobuf copies every `bytes` field, so a model would take its file's size
/// twice. Here such a field is a range of the mapped file, and only pages that are read take memory.
///
/// Nothing in the file is trusted. No value crosses the end of its message, messages nest at most `depthLimit` deep, and what is
/// copied stays below `memoryLimit`.
struct WireReader {
  /// Limit of nested messages; a subgraph takes three.
  static let depthLimit = 32
  /// Limit of bytes that names, attributes and other copies may take.
  static let memoryLimit = 64 << 20

  let source: ONNXSource
  private var cursor: WireCursor
  /// Name of the message that is being read.
  private var message = ""
  private var depth = 0
  private var memory = memoryLimit
  private var nodes = 0

  init(_ source: ONNXSource) {
    self.source = source
    cursor = WireCursor(source.file.bytes, source.file.bytes.indices)
  }

  /// Reads the whole file as one message.
  mutating func whole<Message: WireMessage>(as _: Message.Type = Message.self) throws(ONNXError) -> Message {
    var result = Message()
    try take(source.file.bytes.indices, into: &result)
    return result
  }

  mutating func skip(_ field: WireField) throws(ONNXError) { try cursor.skip(field.type) }

  /// Reads a message.
  mutating func new<Message: WireMessage>(
    _ field: WireField, as _: Message.Type = Message.self
  ) throws(ONNXError) -> Message {
    var result = Message()
    try merge(field, into: &result)
    return result
  }

  /// Reads a message into one whose earlier occurrences have been read.
  mutating func merge<Message: WireMessage>(_ field: WireField, into target: inout Message) throws(ONNXError) {
    try take(try range(field), into: &target)
  }

  private mutating func take<Message: WireMessage>(_ range: Range<Int>, into target: inout Message) throws(ONNXError) {
    guard depth < Self.depthLimit else { throw .tooDeep(offset: range.lowerBound, limit: Self.depthLimit) }
    try spend(MemoryLayout<Message>.stride)
    let outer = (end: cursor.enter(range), message: message)
    (depth, message) = (depth + 1, Message.messageName)
    while !cursor.isAtEnd { try target.take(try cursor.field(), from: &self) }
    (depth, message) = (depth - 1, outer.message)
    cursor.leave(to: outer.end)
  }

  /// Counts a node against the limit.
  mutating func countNode() throws(ONNXError) {
    nodes += 1
    guard nodes <= ONNXGraph.nodeLimit else { throw .tooManyNodes(limit: ONNXGraph.nodeLimit) }
  }

  /// Counts memory against the limit, before it is allocated.
  mutating func spend(_ bytes: Int) throws(ONNXError) {
    guard bytes <= memory else { throw .tooLarge(limit: Self.memoryLimit) }
    memory -= bytes
  }
}

extension WireReader {
  /// The byte range of a length-delimited field.
  mutating func range(_ field: WireField) throws(ONNXError) -> Range<Int> {
    try expect(.bytes, field)
    return try cursor.delimited()
  }

  mutating func text(_ field: WireField) throws(ONNXError) -> String {
    let range = try range(field)
    try spend(MemoryLayout<String>.stride + range.count)
    guard let text = String(validating: UnsafeRawBufferPointer(rebasing: source.file.bytes[range]), as: UTF8.self)
    else {
      throw .notText(message: message, field: field.number, offset: field.start)
    }
    return text
  }

  /// Text in a `bytes` field; invalid UTF-8 is replaced.
  mutating func repairedText(_ field: WireField) throws(ONNXError) -> String {
    let range = try range(field)
    // A replacement character takes three bytes.
    try spend(MemoryLayout<String>.stride + 3 * range.count)
    return String(decoding: UnsafeRawBufferPointer(rebasing: source.file.bytes[range]), as: UTF8.self)
  }

  mutating func int(_ field: WireField) throws(ONNXError) -> Int {
    try expect(.varint, field)
    return Int(truncatingIfNeeded: try cursor.varint())
  }

  /// An `int32` or an enumerator: the low half of the varint.
  mutating func int32(_ field: WireField) throws(ONNXError) -> Int32 { Int32(truncatingIfNeeded: try int(field)) }

  mutating func float(_ field: WireField) throws(ONNXError) -> Float {
    try expect(.fixed32, field)
    return Float(bitPattern: try cursor.fixed32())
  }

  /// Appends the elements of a repeated field, of a single occurrence or packed.
  mutating func ints(_ field: WireField, onto values: inout [Int]) throws(ONNXError) {
    try elements(field, .varint) { reader throws(ONNXError) in
      try reader.spend(MemoryLayout<Int>.stride)
      values.append(Int(truncatingIfNeeded: try reader.cursor.varint()))
    }
  }

  mutating func floats(_ field: WireField, onto values: inout [Float]) throws(ONNXError) {
    try elements(field, .fixed32) { reader throws(ONNXError) in
      try reader.spend(MemoryLayout<Float>.stride)
      values.append(Float(bitPattern: try reader.cursor.fixed32()))
    }
  }

  /// The range of elements of a repeated field, which are not read.
  mutating func run(_ field: WireField, of type: WireType) throws(ONNXError) -> ONNXRun {
    if field.type == .bytes { return ONNXRun(range: try cursor.delimited(), isTagged: false) }
    try expect(type, field)
    try cursor.skip(type)
    return ONNXRun(range: field.start..<cursor.position, isTagged: true)
  }

  private mutating func elements(
    _ field: WireField, _ type: WireType, _ read: (inout WireReader) throws(ONNXError) -> Void
  ) throws(ONNXError) {
    guard field.type == .bytes else {
      try expect(type, field)
      return try read(&self)
    }
    let range = try cursor.delimited()
    let outer = cursor.enter(range)
    while !cursor.isAtEnd { try read(&self) }
    cursor.leave(to: outer)
  }

  private func expect(_ type: WireType, _ field: WireField) throws(ONNXError) {
    guard field.type == type else {
      throw .wrongWireType(message: message, field: field.number, offset: field.start)
    }
  }
}
