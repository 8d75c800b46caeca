/// A file that was given for a model or for weights, and is of another kind than those are.
public enum ForeignModelFile: Sendable, Equatable, CustomStringConvertible {
  /// A picture of a kind that is read.
  case picture(ImageFormat)
  case other(ForeignFormat)

  /// Nil where the bytes are of no kind that is known, or may be a damaged safetensors file.
  init?(_ bytes: UnsafeRawBufferPointer) {
    if let picture = ImageFormat.detect(bytes) {
      self = .picture(picture)
    } else if let format = ForeignFormat.detect(bytes), format != .safetensors {
      self = .other(format)
    } else {
      return nil
    }
  }

  public var description: String { described(insteadOf: "safetensors") }

  /// What the file is, and what to do with it, where a file of the kind `wanted` is needed.
  func described(insteadOf wanted: String) -> String {
    switch self {
    case .picture(let format): "is an image (\(format.rawValue.uppercased())), not \(wanted); \(Self.picturesPlace)"
    case .other(let format): "is \(format.name), not \(wanted); \(Self.wayOut(format))"
    }
  }

  private static let picturesPlace = "images are arguments: ttame-lite explain IMAGE --model MODEL"

  private static func wayOut(_ format: ForeignFormat) -> String {
    switch format {
    case .gif, .webp, .bmp, .tiff, .heic, .avif, .jpegXL, .jpeg2000, .pfm, .svg, .dicom, .rawPhotograph, .mp4,
      .matroska, .avi, .pdf:
      picturesPlace
    case .gzip, .bzip2, .xz, .zstandard, .zip, .tar, .gitLFSPointer: format.wayOut
    case .html: "the download has failed; fetch it again"
    case .pytorch: "convert it to safetensors with Tools/convert_checkpoint.py, then run 'ttame-lite import'"
    case .onnx: "convert it with 'ttame-lite import'"
    case .safetensors, .xml, .tensorFlow, .tflite, .gguf, .hdf5, .numpy:
      "get the network's weights as safetensors, then run 'ttame-lite import'"
    }
  }
}
