import Glibc

/// Writes a safetensors file piece by piece, in any order, holding nothing in memory.
///
/// The file appears under its name only when `finish()` has made it complete and durable; until then there is only a
/// temporary file beside it, which goes away with the writer. Equal declarations and data give equal bytes.
///
/// The data starts at a multiple of 64 bytes. Tensors are laid out by the largest power of two (at most 64) that
/// divides their size, large ones first, so that each is aligned to that power without holes, which the format forbids.
/// The metadata carries a checksum of the whole file, see `Safetensors.verifyChecksum()`.
public final class SafetensorsWriter {
  /// A tensor to come.
  public struct Declaration: Sendable, Equatable {
    public var name: String
    public var dtype: DType
    public var shape: [Int]

    public init(_ name: String, _ dtype: DType, _ shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }

    /// Bytes of the tensor's data.
    public var byteCount: Int { shape.reduce(dtype.byteCount, *) }
  }

  /// Alignment of the data, and of every tensor whose size is a multiple of it.
  public static let alignment = 64

  private let file: TemporaryFile
  private let ranges: [String: Range<Int>]
  private var written: [String: Int] = [:]
  private let fileBytes: Int
  private let checksumPlace: Range<Int>

  /// Creates the temporary file and writes the header.
  ///
  /// - Precondition: names are unique.
  public init(
    path: String, tensors: [Declaration], metadata: [String: String]
  ) throws(FileError) {
    let layout = SafetensorsLayout(tensors, metadata)
    file = try TemporaryFile(replacing: path)
    (ranges, fileBytes, checksumPlace) = (layout.ranges, layout.fileBytes, layout.checksumPlace)
    try put(layout.header, at: 0)
  }

  /// Writes a part of a tensor, `offset` bytes from its start.
  ///
  /// - Precondition: the tensor was declared and the part lies inside it. Parts do not overlap.
  public func write(_ bytes: UnsafeRawBufferPointer, to name: String, at offset: Int = 0) throws(FileError) {
    guard let range = ranges[name], offset >= 0, bytes.count <= range.count - offset else {
      preconditionFailure("tensor \(name) was not declared with \(offset) + \(bytes.count) bytes")
    }
    written[name, default: 0] += bytes.count
    try put(bytes, at: range.lowerBound + offset)
  }

  /// Writes elements of a tensor, the first of them `offset` bytes from its start.
  public func write<T: BitwiseCopyable>(_ elements: [T], to name: String, at offset: Int = 0) throws(FileError) {
    // Rethrown by hand: `withUnsafeBytes` does not carry a typed error in this form.
    var failure: FileError?
    elements.withUnsafeBytes { bytes in
      do throws(FileError) { try write(bytes, to: name, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Makes the file durable, gives it its name and returns its size in bytes.
  ///
  /// - Precondition: every tensor has been written in full.
  public func finish() throws(FileError) -> Int {
    try complete()
    try file.commit(isDurable: true)
    return fileBytes
  }

  /// As `finish()`, if nothing has the name yet.
  ///
  /// - Returns: false where something has; then the file is gone.
  public func finishNew() throws(FileError) -> Bool {
    try complete()
    return try file.commitNew(isDurable: true)
  }

  private func complete() throws(FileError) {
    for (name, range) in ranges {
      precondition(written[name, default: 0] == range.count, "tensor \(name) is incomplete")
    }
    let checksum = SafetensorsChecksum.compute(try MappedFile(path: file.path), digits: checksumPlace)
    try put(Array(SafetensorsChecksum.text(checksum).utf8), at: checksumPlace.lowerBound)
  }

  private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    var rest = bytes
    var position = offset
    while let base = rest.baseAddress, !rest.isEmpty {
      let count = pwrite(file.descriptor, base, rest.count, position)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .last("write") }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      position += count
    }
  }

  private func put(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    var failure: FileError?
    bytes.withUnsafeBytes { buffer in
      do throws(FileError) { try put(buffer, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
