import CTurboJPEG

extension Image {
  /// This picture as a baseline JPEG with halved chroma, for previews; results are written as PNG, which loses nothing.
  ///
  /// - Parameter quality: 1...100, on libjpeg's scale.
  /// - Throws: `ImageError.jpeg` without memory, or with a side of more than 65500 pixels.
  public func encodedJPEG(quality: Int = 80) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality))
    guard let encoder = tjInitCompress() else { throw .jpeg(reason: "not enough memory") }
    defer { tjDestroy(encoder) }
    let subsampling = Int32(TJSAMP_420.rawValue)
    var failed = false
    let bytes = [UInt8](
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
    return bytes
  }
}
