/// A checked view of a safetensors file: named tensors and string metadata.
///
/// Nothing in the file is believed: the header must be the JSON that the format defines, and its tensors must have
/// known types, sizes that agree with their shapes, and offsets that cover the data exactly, without overlap or hole.
/// Format: <https://github.com/huggingface/safetensors#format>.
public struct Safetensors: Sendable {
  /// One stored tensor, row-major.
  public struct Entry: Sendable, Equatable {
    public let name: String
    public let dtype: DType
    /// Length of each dimension, outermost first; empty for a scalar.
    public let shape: [Int]
    /// Where the tensor lies in the file.
    public let byteRange: Range<Int>

    /// Elements.
    public var count: Int { byteRange.count / dtype.byteCount }
  }

  /// Longest header that is read; the format's own limit.
  public static let headerLimit = 100_000_000

  /// Tensors by name.
  public let entries: [String: Entry]
  /// The header's `__metadata__` but for the checksum; empty without one.
  public let metadata: [String: String]
  /// Offset of the first tensor's data in the file.
  public let dataStart: Int
  let file: MappedFile
  /// What the file says its checksum is, and where it says so; nil if it does not.
  let checksum: (digits: String, place: Range<Int>)?

  /// Maps and checks the file at `path`.
  public init(path: String) throws(SafetensorsError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    do { try self.init(file) } catch {
      throw ForeignModelFile(file.bytes).map(SafetensorsError.foreign) ?? error
    }
  }

  /// Checks a copy of `bytes`.
  public init(bytes: [UInt8]) throws(SafetensorsError) { try self.init(MappedFile(copying: bytes)) }

  private init(_ file: MappedFile) throws(SafetensorsError) {
    let bytes = file.bytes
    let prefix = MemoryLayout<UInt64>.size
    // The shortest file is the length and "{}".
    guard bytes.count >= prefix + 2 else { throw .tooShort(bytes: bytes.count) }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= Self.headerLimit else { throw .headerTooLong(bytes: length, limit: Self.headerLimit) }
    let headerBytes = Int(length)
    guard headerBytes <= bytes.count - prefix else {
      throw .headerTruncated(bytes: headerBytes, available: bytes.count - prefix)
    }
    var parser = SafetensorsHeaderParser(UnsafeRawBufferPointer(rebasing: bytes[prefix..<prefix + headerBytes]))
    let header = try parser.parse()
    let start = prefix + headerBytes
    entries = try Self.check(header.tensors, dataStart: start, dataBytes: bytes.count - start)
    var metadata = header.metadata
    checksum = metadata.removeValue(forKey: SafetensorsChecksum.key).flatMap { digits in
      header.checksumPlace.map { (digits, prefix + $0.lowerBound..<prefix + $0.upperBound) }
    }
    self.metadata = metadata
    dataStart = start
    self.file = file
  }

  private static func check(
    _ tensors: [DeclaredTensor], dataStart: Int, dataBytes: Int
  ) throws(SafetensorsError) -> [String: Entry] {
    var entries: [String: Entry] = [:]
    entries.reserveCapacity(tensors.count)
    var end = 0
    for tensor in tensors.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let name = tensor.name
      guard let dtype = DType(rawValue: tensor.dtype) else { throw .unknownDType(tensor: name, dtype: tensor.dtype) }
      guard tensor.begin <= tensor.end else {
        throw .offsetsReversed(tensor: name, begin: tensor.begin, end: tensor.end)
      }
      guard tensor.end <= dataBytes else { throw .outOfRange(tensor: name, end: tensor.end, available: dataBytes) }
      guard let size = byteCount(tensor.shape, dtype) else { throw .shapeOverflow(tensor: name) }
      guard size == tensor.end - tensor.begin else {
        throw .sizeMismatch(tensor: name, expected: size, found: tensor.end - tensor.begin)
      }
      guard tensor.begin >= end else { throw .overlap(tensor: name, begin: tensor.begin, previousEnd: end) }
      guard tensor.begin == end else { throw .hole(tensor: name, begin: tensor.begin, previousEnd: end) }
      end = tensor.end
      let range = dataStart + tensor.begin..<dataStart + tensor.end
      entries[name] = Entry(name: name, dtype: dtype, shape: tensor.shape, byteRange: range)
    }
    guard end == dataBytes else { throw .trailingData(expected: end, found: dataBytes) }
    return entries
  }

  /// Bytes of a tensor, or nil if they cannot be counted in an `Int`.
  private static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
    var size = dtype.byteCount
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      size = product
    }
    return size
  }
}

extension Safetensors {
  /// Bytes of the whole file.
  public var fileBytes: Int { file.bytes.count }

  /// A tensor's bytes as they lie in the file, or nil without such a tensor. Valid while this value lives; not
  /// necessarily aligned for the element type.
  public func bytes(of name: String) -> UnsafeRawBufferPointer? {
    entries[name].map { UnsafeRawBufferPointer(rebasing: file.bytes[$0.byteRange]) }
  }

  /// All elements of an F32, F16 or BF16 tensor, widened.
  ///
  /// - Throws: `missingTensor` or `notFloating`.
  public func floats(_ name: String) throws(SafetensorsError) -> [Float] {
    guard let entry = entries[name] else { throw .missingTensor(name) }
    guard entry.dtype.widensToFloat else { throw .notFloating(tensor: name, dtype: entry.dtype) }
    return [Float](unsafeUninitializedCapacity: entry.count) { buffer, count in
      if let target = buffer.baseAddress { read(entry, 0..<entry.count, into: target) }
      count = entry.count
    }
  }

  /// Lets go of the memory that holds these elements of a tensor. They are read from the file again when they are
  /// needed.
  func release(_ entry: Entry, _ range: Range<Int>) {
    let start = entry.byteRange.lowerBound
    let width = entry.dtype.byteCount
    file.release(start + range.lowerBound * width..<start + range.upperBound * width)
  }

  /// Widens the elements `range` of a tensor for which `widensToFloat` holds.
  func read(_ entry: Entry, _ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    precondition(entry.dtype.widensToFloat && range.lowerBound >= 0 && range.upperBound <= entry.count)
    guard !range.isEmpty, let base = file.bytes.baseAddress else { return }
    let source = base + entry.byteRange.lowerBound + range.lowerBound * entry.dtype.byteCount
    switch entry.dtype {
    case .f16: widenHalf(source, count: range.count, into: target)
    case .bf16: widenBFloat16(source, count: range.count, into: target)
    default: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: range.count * MemoryLayout<Float>.size)
    }
  }
}
