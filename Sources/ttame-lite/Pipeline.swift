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

/// Answers every picture of a source in order; those that fail are reported, and the others still done.
///
/// - Returns: the worst status.
func answerAll(
  _ source: InputSource, _ progress: inout Progress,
  _ answer: (EncodedPicture, borrowing Progress) throws -> Void
) throws -> ExitStatus {
  var source = source
  var worst = ExitStatus.ok
  while let next = source.next() {
    do {
      try answer(next.get(), progress)
    } catch is OutputClosed {
      break
    } catch {
      let failure = error as? Failure ?? Failure(.software, "\(error)")
      progress.say(failure.line)
      worst = max(worst, failure.status)
    }
    progress.advance()
  }
  progress.clear()
  return worst
}

/// A probability as people read it: `93.2 %`.
func percent(_ share: some BinaryFloatingPoint) -> String {
  let tenths = Int((Double(share) * 1000).rounded())
  return "\(tenths / 10).\(tenths % 10) %"
}
