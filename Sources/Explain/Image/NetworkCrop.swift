/// What the network sees of a picture.
public struct NetworkCrop: Sendable {
  /// In the network's resolution.
  public let image: Image
  /// Where that lies in the picture.
  public let region: CropRegion
  /// The pixels of `image` that show the picture and not bars around it.
  public let shown: PixelArea

  public init(_ picture: Image, _ preprocessing: Preprocessing) {
    (image, region) = preprocessing.crop(picture)
    shown = region.shown(crop: PixelSize(image), width: picture.width, height: picture.height)
  }
}
