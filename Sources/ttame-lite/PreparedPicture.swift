import Explain

/// A picture made ready for the network.
struct PreparedPicture {
  let origin: PictureOrigin
  let image: Image
  /// What the network sees, and where in `image` it lies.
  let crop: Image
  let region: CropRegion
  /// `crop`, normalised.
  let input: [Float]
  /// Time of decoding and preprocessing.
  let decode: Duration

  init(_ encoded: EncodedPicture, _ preprocessing: Preprocessing) throws {
    let clock = ContinuousClock()
    let start = clock.now
    do { image = try Image(decoding: encoded.bytes) } catch {
      throw Failure(error, reading: encoded.origin.description)
    }
    origin = encoded.origin
    (crop, region) = preprocessing.crop(image)
    let (count, crop) = (crop.pixels.count, crop)
    input = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { preprocessing.normalize(crop, into: base) }
      initialized = count
    }
    decode = start.duration(to: clock.now)
  }
}
