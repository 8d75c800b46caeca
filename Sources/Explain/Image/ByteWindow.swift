/// The part of a stream that has been read and is still needed.
///
/// Bytes leave it at the front without moving the others, so that many small steps through a large window cost no more
/// than one.
struct ByteWindow {
  private var storage: [UInt8] = []
  private var start = 0

  /// How much is read at once at most.
  private static let chunk = 1 << 16

  var count: Int { storage.count - start }
  var first: UInt8? { start < storage.count ? storage[start] : nil }

  /// Looks at the bytes, oldest first.
  func look<Result, Error>(_ body: (Span<UInt8>) throws(Error) -> Result) throws(Error) -> Result {
    try body(storage.span.extracting(droppingFirst: start))
  }

  /// Reads once; false at the end of the source.
  ///
  /// - Parameter read: as `read(2)`.
  mutating func fill(from read: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows -> Bool {
    if start > storage.count / 2 {
      storage.removeFirst(start)
      start = 0
    }
    let count = try withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 16) { chunk in
      let count = try read(chunk)
      storage.append(contentsOf: chunk.prefix(count))
      return count
    }
    return count > 0
  }

  /// Lets go of the first bytes, at most of all.
  mutating func drop(_ count: Int) {
    start += min(count, self.count)
    if start == storage.count { (storage, start) = ([], 0) }
  }

  /// Hands out the first bytes.
  ///
  /// - Precondition: so many are there.
  mutating func take(_ count: Int) -> [UInt8] {
    // The smaller part is copied.
    guard count > self.count - count else {
      defer { drop(count) }
      return Array(storage[start..<start + count])
    }
    var taken = Array(storage[(start + count)...])
    swap(&taken, &storage)
    taken.removeLast(storage.count)
    taken.removeFirst(start)
    start = 0
    return taken
  }

  /// How much the storage grows by when as much is read as may be read at once; 0 where there is room for it.
  var growth: Int {
    let needed = storage.count + Self.chunk
    return needed <= storage.capacity ? 0 : max(2 * storage.capacity, needed)
  }

  /// Makes room for so many bytes, which are known to come.
  mutating func reserve(_ count: Int) { storage.reserveCapacity(start + count + Self.chunk) }
}
