/// The checksum of a whole safetensors file, which lies in the file's own metadata.
///
/// It is the CRC-32 of zlib (and of PNG and gzip) in eight hexadecimal digits, of all bytes of the file with "0" in the
/// place of each of those digits. It finds damage by accident, such as a worn flash cell's; against changes with intent
/// it is no help.
enum SafetensorsChecksum {
  /// Its key in the metadata.
  static let key = "file_crc32"
  /// What stands in the place of the digits while they are not known.
  static let blank = "00000000"

  /// Bytes that are looked at before their memory is let go of.
  private static let step = 4 << 20

  /// The checksum of `file`.
  ///
  /// - Parameter digits: where its own digits lie in the file.
  static func compute(_ file: MappedFile, digits: Range<Int>) -> UInt32 {
    var crc = CRC32()
    func add(_ range: Range<Int>) {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
        let part = start..<min(start + step, range.upperBound)
        crc.add(UnsafeRawBufferPointer(rebasing: file.bytes[part]))
        file.release(part)
      }
    }
    add(0..<digits.lowerBound)
    crc.add(blank)
    add(digits.upperBound..<file.bytes.count)
    return crc.value
  }

  /// Eight hexadecimal digits.
  static func text(_ crc: UInt32) -> String {
    let digits = String(crc, radix: 16)
    return String(repeating: "0", count: blank.count - digits.count) + digits
  }
}

extension Safetensors {
  /// Compares the file's bytes with the checksum that it carries. Reads the whole file.
  ///
  /// - Returns: the checksum; nil if the file carries none.
  /// - Throws: `checksumMismatch`.
  @discardableResult
  public func verifyChecksum() throws(SafetensorsError) -> String? {
    guard let checksum else { return nil }
    let computed = SafetensorsChecksum.text(SafetensorsChecksum.compute(file, digits: checksum.place))
    guard checksum.place.count == computed.utf8.count, checksum.digits == computed else {
      throw .checksumMismatch(stated: checksum.digits, computed: computed)
    }
    return computed
  }
}
