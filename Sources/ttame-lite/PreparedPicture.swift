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
  private let networkCrop: NetworkCrop
  let fit: Fit
  /// What methods see of it.
  let methodInput: MethodInput
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
    networkCrop = NetworkCrop(decoded.image, preprocessing)
    fit = preprocessing.fit
    var input = MethodInput(networkCrop.image, preprocessing)
    input.details = details.map { $0.crop(decoded.image).image }
    methodInput = input
    decode = start.duration(to: clock.now)
  }

  /// What the network sees, where in the picture it lies, and the pixels of it that show the picture and not bars around it.
  var crop: Image { networkCrop.image }
  var region: CropRegion { networkCrop.region }
  var shown: PixelArea { networkCrop.shown }

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
