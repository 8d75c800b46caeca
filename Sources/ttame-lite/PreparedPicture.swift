import Explain

/// A picture made ready for the network.
final class PreparedPicture {
  let origin: PictureOrigin
  /// The size as decoded and upright.
  let width, height: Int
  /// All of it; nil where nothing is drawn, so that pictures that wait take little memory.
  private var image: Image?
  /// What drawing it will take; nil where nothing is drawn.
  private let claim: MemoryClaim?
  /// What its width and height were divided by, as it was too large: 1, 2, 4 or 8.
  let reduction: Int
  /// How dark the picture is where its samples end far below their maximum; nil elsewhere, and where they were stretched.
  let faintDepth: SampleDepth?
  /// Whether the file holds more pictures, as a film does.
  let isFirstOfSeveral: Bool
  /// What the network sees, and where in the picture it lies.
  let crop: Image
  let region: CropRegion
  let fit: Fit
  /// The pixels of `crop` that show the picture and not bars around it.
  let shown: PixelArea
  /// `crop`, normalised.
  let input: [Float]
  /// What `crop` shows, in other resolutions.
  let details: [Image]
  /// Time of decoding and preprocessing.
  let decode: Duration

  /// - Parameters:
  ///   - details: how the picture is read in other resolutions.
  ///   - isDrawn: whether the picture is wanted itself, not only what the network sees.
  init(
    _ encoded: EncodedPicture, _ preprocessing: Preprocessing, details: [Preprocessing] = [],
    _ decoding: DecodingOptions, isDrawn: Bool
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let decoded: DecodedImage
    do { decoded = try DecodedImage(encoded.contents.take(), decoding) } catch {
      throw Failure(error, reading: encoded.origin.description)
    }
    origin = encoded.origin
    (width, height, reduction) = (decoded.image.width, decoded.image.height, decoded.reduction)
    faintDepth = decoded.faintDepth(decoding)
    isFirstOfSeveral = decoded.isFirstOfSeveral
    (image, claim) = isDrawn ? (decoded.image, decoded.claim) : (nil, nil)
    (crop, region) = preprocessing.crop(decoded.image)
    self.details = details.map { $0.crop(decoded.image).image }
    fit = preprocessing.fit
    shown = region.shown(crop: PixelSize(crop), width: width, height: height)
    let (count, crop) = (preprocessing.inputCount, crop)
    input = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { preprocessing.normalize(crop, into: base) }
      initialized = count
    }
    decode = start.duration(to: clock.now)
  }

  /// What methods see of it.
  var methodInput: MethodInput { MethodInput(crop: crop, values: input, details: details) }

  /// `region` in pixels of the file's own picture.
  var fileRegion: CropRegion { region.scaled(by: Double(reduction)) }

  /// The picture for people, with what was done to it.
  var title: String {
    reduction == 1 ? origin.description : "\(origin.description) (read at 1/\(reduction): \(width) x \(height))"
  }

  /// The pixels, to draw on; there is no second copy of them.
  ///
  /// - Precondition: called once.
  func takeImage() -> Image {
    guard let taken = image else { preconditionFailure("the pixels are taken once") }
    image = nil
    return taken
  }
}
