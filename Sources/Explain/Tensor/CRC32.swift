import CPNG  // for zlib's CRC

/// The CRC-32 of zlib, PNG and gzip.
struct CRC32 {
  private var state = 0 as UInt

  /// Of all bytes so far.
  var value: UInt32 { UInt32(state) }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // zlib takes no bytes for the wish to start anew.
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    state = crc32_z(state, base.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  mutating func add(_ text: String) { Array(text.utf8).withUnsafeBytes { add($0) } }
}
