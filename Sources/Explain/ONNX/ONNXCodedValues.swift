/// Tensor elements that are encoded one by one: varints, or numbers that each follow a tag.
///
/// Element `n` is found only by reading those before it, so the offset of every 256th is kept.
struct ONNXCodedValues: Sendable {
  fileprivate static let interval = 256

  /// A run and the elements in it.
  private struct Part {
    let run: ONNXRun
    let elements: Range<Int>
    /// Offsets of every 256th element, counted from the first of the run.
    let marks: [Int]

    /// Offset of the element or of the nearest marked one before it; the end of the run for the element after its last.
    func place(of element: Int) -> Int {
      let mark = (element - elements.lowerBound) / ONNXCodedValues.interval
      return element < elements.upperBound ? marks[mark] : run.range.upperBound
    }
  }

  private let file: MappedFile
  private let elementType: ONNXElementType
  private let field: ONNXTensorFields.Typed
  private let parts: [Part]

  /// Reads all elements once, so that later reads cannot fail.
  init(
    _ tensor: ONNXTensor, _ file: MappedFile, _ field: ONNXTensorFields.Typed, _ runs: [ONNXRun]
  ) throws(ONNXError) {
    (self.file, elementType, self.field) = (file, tensor.elementType, field)
    var parts: [Part] = []
    var count = 0
    for run in runs where !run.range.isEmpty {
      let first = count
      var marks: [Int] = []
      var cursor = WireCursor(file.bytes, run.range)
      while !cursor.isAtEnd {
        if (count - first) % Self.interval == 0 { marks.append(cursor.position) }
        guard try Self.next(&cursor, run, field, elementType) != nil else {
          throw .valueOutOfRange(tensor: tensor.name, index: count, elementType)
        }
        count += 1
      }
      parts.append(Part(run: run, elements: first..<count, marks: marks))
    }
    guard count == tensor.count else {
      throw .wrongValueCount(tensor: tensor.name, expected: tensor.count, found: count)
    }
    self.parts = parts
  }

  /// The bits of the next element; nil where its type has no such element.
  private static func next(
    _ cursor: inout WireCursor, _ run: ONNXRun, _ field: ONNXTensorFields.Typed, _ type: ONNXElementType
  ) throws(ONNXError) -> UInt64? {
    if run.isTagged { _ = try cursor.varint() }
    switch field {
    case .float: return UInt64(try cursor.fixed32())
    case .double: return try cursor.fixed64()
    // An int32 is the low half of its varint.
    case .int32: return type.bits(Int32(truncatingIfNeeded: try cursor.varint()))
    case .int64: return try cursor.varint()
    case .uint64:
      let number = try cursor.varint()
      return type == .uint64 || number <= UInt32.max ? number : nil
    }
  }

  /// Calls `body` with contiguous little-endian elements and the part of the range that they cover.
  ///
  /// - Precondition: the range lies in the tensor.
  func forEachStretch(_ range: Range<Int>, _ body: (_ source: UnsafeRawPointer, _ part: Range<Int>) -> Void) {
    let width = elementType.byteCount ?? 1
    withUnsafeTemporaryAllocation(byteCount: Self.interval * width, alignment: width) { scratch in
      guard let base = scratch.baseAddress else { return }
      forEachPart(range) { part, elements in
        var cursor = WireCursor(file.bytes, part.place(of: elements.lowerBound)..<part.run.range.upperBound)
        for _ in 0..<(elements.lowerBound - part.elements.lowerBound) % Self.interval { _ = bits(&cursor, part.run) }
        for start in stride(from: elements.lowerBound, to: elements.upperBound, by: Self.interval) {
          let stretch = start..<min(start + Self.interval, elements.upperBound)
          for index in 0..<stretch.count {
            // The low bytes are the element.
            withUnsafeBytes(of: bits(&cursor, part.run).littleEndian) { bits in
              (base + index * width).copyMemory(from: bits.baseAddress!, byteCount: width)
            }
          }
          body(base, stretch)
        }
      }
    }
  }

  /// Releases the memory that holds these elements.
  func release(_ range: Range<Int>) {
    forEachPart(range) { part, elements in
      file.release(part.place(of: elements.lowerBound)..<part.place(of: elements.upperBound))
    }
  }

  /// Zero where the file has changed since the elements were counted.
  private func bits(_ cursor: inout WireCursor, _ run: ONNXRun) -> UInt64 {
    (try? Self.next(&cursor, run, field, elementType)) ?? 0
  }

  /// Calls `body` with each part that holds elements of the range, and with those elements.
  private func forEachPart(_ range: Range<Int>, _ body: (_ part: Part, _ elements: Range<Int>) -> Void) {
    var (low, high) = (0, parts.count)
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].elements.upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    for part in parts[low...] {
      let elements = range.clamped(to: part.elements)
      if elements.isEmpty { return }
      body(part, elements)
    }
  }
}
