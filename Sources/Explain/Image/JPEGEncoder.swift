import CTurboJPEG

extension Image {
  /// This picture as a baseline JPEG with halved chroma and its ICC profile.
  ///
  /// - Parameter quality: 1...100, on libjpeg's scale.
  /// - Throws: `ImageError.outOfMemory`; `ImageError.jpeg` with a side of more than 65500 pixels.
  public func encodedJPEG(quality: Int = 80) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality))
    guard let encoder = tjInitCompress() else { throw .outOfMemory(.jpeg, bytes: 1 << 20) }
    defer { tjDestroy(encoder) }
    let subsampling = Int32(TJSAMP_420.rawValue)
    var failed = false
    var bytes = [UInt8](
      unsafeUninitializedCapacity: Int(tjBufSize(Int32(width), Int32(height), subsampling))
    ) { buffer, count in
      var target = buffer.baseAddress
      var size = UInt(buffer.count)
      failed =
        tjCompress2(
          encoder, pixels, Int32(width), Int32(3 * width), Int32(height), Int32(TJPF_RGB.rawValue), &target, &size,
          subsampling, Int32(quality), TJFLAG_NOREALLOC) != 0
      count = failed ? 0 : Int(size)
    }
    if failed { throw .jpeg(reason: tjGetErrorStr2(encoder).map { String(cString: $0) } ?? "unknown error") }
    // Behind SOI and JFIF's APP0.
    bytes.insert(contentsOf: profileSegments, at: 4 + bigEndian16(bytes.span, at: 4))
    return bytes
  }

  /// The profile in segments APP2, as many as it takes.
  private var profileSegments: [UInt8] {
    let name = JPEGScanner.profileName
    let room = 65533 - name.count - 2
    let profile = iccProfile ?? []
    let count = (profile.count + room - 1) / room
    var segments: [UInt8] = []
    for piece in 0..<(count < 256 ? count : 0) {
      let data = profile[(piece * room)..<min((piece + 1) * room, profile.count)]
      let length = 2 + name.count + 2 + data.count
      segments += [0xFF, 0xE2, UInt8(length >> 8), UInt8(length & 255)] + name + [UInt8(piece + 1), UInt8(count)]
      segments += data
    }
    return segments
  }
}
