import CPNG

/// ICC profiles, which say what colours the numbers of a picture stand for (ISO 15076-1). They are carried, not applied.
enum ICCProfile {
  /// Longer ones are no profiles of photographs.
  static let longest = 4 << 20

  /// The profile, if it is one of RGB; nil for others, and for bytes that are none.
  ///
  /// Its header has 128 bytes: the length at 0, the colour space at 16, a signature at 36.
  static func checked(_ profile: [UInt8]) -> [UInt8]? {
    guard profile.count > 128, profile.count <= longest, bigEndian32(profile.span, at: 0) == profile.count else {
      return nil
    }
    guard profile.span.holds("RGB ".utf8, at: 16), profile.span.holds("acsp".utf8, at: 36) else { return nil }
    return profile
  }

  /// The profile of a PNG's chunk iCCP: a name, a zero, a zero for deflate, and the data.
  static func inflated(_ chunk: ArraySlice<UInt8>) -> [UInt8]? {
    guard let end = chunk.prefix(80).firstIndex(of: 0), chunk.endIndex > end + 2, chunk[end + 1] == 0 else {
      return nil
    }
    let data = chunk[(end + 2)...]
    // What the first bytes say of the length is enough for the memory.
    for capacity in [128 << 10, longest] {
      var length = UInt(capacity)
      var status = Z_OK
      let profile = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
        status = data.withUnsafeBufferPointer {
          uncompress(target.baseAddress, &length, $0.baseAddress, UInt($0.count))
        }
        count = status == Z_OK ? Int(length) : 0
      }
      if status == Z_OK { return checked(profile) }
      if status != Z_BUF_ERROR { return nil }
    }
    return nil
  }

  /// A PNG's chunk iCCP without its name.
  static func deflated(_ profile: [UInt8]) -> [UInt8] {
    let bound = Int(compressBound(UInt(profile.count)))
    let data = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      var length = UInt(bound)
      let status = profile.withUnsafeBufferPointer {
        compress2(target.baseAddress, &length, $0.baseAddress, UInt($0.count), 6)
      }
      count = status == Z_OK ? Int(length) : 0
    }
    return Array("ICC profile".utf8) + [0, 0] + data
  }
}
