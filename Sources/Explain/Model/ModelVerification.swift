extension Model {
  /// Checks what `init` leaves alone because it would have to read all weights: the checksum of the file, and that every
  /// number in it is finite.
  ///
  /// - Returns: the checksum; nil if the file carries none, as those of early versions.
  /// - Throws: `ModelError.safetensors(.checksumMismatch)`, or `badValue` with the tensor's name.
  @discardableResult
  public func verify() throws(ModelError) -> String? {
    let checksum: String?
    do { checksum = try tensors.verifyChecksum() } catch { throw .safetensors(error) }
    for entry in entries where entry.dtype == .f32 {
      guard let bytes = tensors.bytes(of: entry.name) else { continue }
      for index in 0..<entry.count {
        let value = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.size, as: Float.self)
        guard value.isFinite else {
          throw .badValue(tensor: entry.name, index: index, value: value, expected: "a finite number")
        }
      }
      tensors.release(entry, 0..<entry.count)
    }
    return checksum
  }
}
