import CTTAME
import Explain

/// A picture for callers from C.
final class ImageObject: Sendable {
  let image: Image

  init(_ image: Image) { self.image = image }
}

/// An encoded picture for callers from C.
final class BytesObject: Sendable {
  nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

  init(_ values: [UInt8]) {
    bytes = .allocate(byteCount: values.count, alignment: 16)
    bytes.copyBytes(from: values)
  }

  deinit { bytes.deallocate() }
}

/// Formats that pictures are encoded in.
private enum Format: String, CaseIterable {
  case png, jpg, ppm

  var format: PictureFormat {
    switch self {
    case .png: .png
    case .jpg: .jpeg
    case .ppm: .ppm
    }
  }
}

/// The bytes from one row of a picture to the next.
///
/// - Parameter stride: as the caller gave it; 0 means that rows follow each other.
private func rowBytes(_ stride: Int, width: Int) throws(CallError) -> Int {
  guard stride == 0 || stride >= 3 * width else {
    throw .argument("stride is \(stride) bytes; a row of \(width) pixels has \(3 * width)")
  }
  return stride == 0 ? 3 * width : stride
}

/// Refuses a picture that memory has no room for.
func requireMemory(width: Int, height: Int) throws(CallError) {
  do throws(ImageError) { try MemoryBudget.require(3 * width * height) } catch { throw CallError(error) }
}

@_cdecl("ttame_image_decode")
public func imageDecode(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ image: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(image, error) { () throws(CallError) in
    guard let bytes, count >= 0 else { throw .argument("bytes is null") }
    do throws(ImageError) {
      try MemoryBudget.require(count)
      return ImageObject(try DecodedImage([UInt8](UnsafeRawBufferPointer(start: bytes, count: count))).image)
    } catch { throw CallError(error) }
  }
}

@_cdecl("ttame_image_create")
public func imageCreate(
  _ rgb: UnsafePointer<UInt8>?, _ width: Int32, _ height: Int32, _ stride: Int,
  _ image: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(image, error) { () throws(CallError) in
    guard let rgb else { throw .argument("rgb is null") }
    let (width, height, limits) = (Int(width), Int(height), ImageLimits.standard)
    guard width > 0, height > 0 else { throw .argument("a picture of \(width) x \(height) pixels") }
    guard max(width, height) <= limits.side, width * height <= limits.pixels else {
      throw CallError(
        TTAME_IMAGE,
        "picture is \(width) x \(height) pixels; at most \(limits.pixels) in total and \(limits.side) a side")
    }
    let (row, step) = (3 * width, try rowBytes(stride, width: width))
    guard !step.multipliedReportingOverflow(by: height).overflow else { throw .argument("stride is \(stride) bytes") }
    try requireMemory(width: width, height: height)
    let pixels = [UInt8](unsafeUninitializedCapacity: row * height) { buffer, count in
      for y in 0..<height {
        buffer.baseAddress.map { ($0 + y * row).initialize(from: rgb + y * step, count: row) }
      }
      count = row * height
    }
    return ImageObject(Image(width: width, height: height, pixels: pixels))
  }
}

@_cdecl("ttame_image_close")
public func imageClose(_ image: OpaquePointer?) { close(image, ImageObject.self) }

@_cdecl("ttame_image_width")
public func imageWidth(_ image: OpaquePointer?) -> Int32 { Int32(object(image, ImageObject.self)?.image.width ?? 0) }

@_cdecl("ttame_image_height")
public func imageHeight(_ image: OpaquePointer?) -> Int32 { Int32(object(image, ImageObject.self)?.image.height ?? 0) }

@_cdecl("ttame_image_pixels")
public func imagePixels(
  _ image: OpaquePointer?, _ rgb: UnsafeMutablePointer<UInt8>?, _ count: Int, _ stride: Int,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  answering(error) { () throws(CallError) in
    let image = try required(image, ImageObject.self, "image").image
    guard let rgb else { throw .argument("rgb is null") }
    let (row, step) = (3 * image.width, try rowBytes(stride, width: image.width))
    let (rows, overflows) = step.multipliedReportingOverflow(by: image.height - 1)
    guard !overflows, count >= row, count - row >= rows else {
      throw .argument("rgb: \(image.height) rows of \(step) bytes, and room for \(count)")
    }
    image.pixels.withUnsafeBufferPointer { pixels in
      guard let base = pixels.baseAddress else { return }
      for y in 0..<image.height { (rgb + y * step).update(from: base + y * row, count: row) }
    }
  }
}

@_cdecl("ttame_image_encode")
public func imageEncode(
  _ image: OpaquePointer?, _ format: UnsafePointer<CChar>?, _ bytes: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(bytes, error) { () throws(CallError) in
    let image = try required(image, ImageObject.self, "image").image
    let format = try choice(format, usual: Format.png, "format").format
    do throws(ImageError) { return BytesObject(try Picture.color(image).encoded(as: format, mark: .ofNoInput)) } catch {
      throw CallError(error)
    }
  }
}

@_cdecl("ttame_bytes_data")
public func bytesData(_ bytes: OpaquePointer?) -> UnsafeRawPointer? {
  object(bytes, BytesObject.self)?.bytes.baseAddress.map { UnsafeRawPointer($0) }
}

@_cdecl("ttame_bytes_count")
public func bytesCount(_ bytes: OpaquePointer?) -> Int { object(bytes, BytesObject.self)?.bytes.count ?? 0 }

@_cdecl("ttame_bytes_close")
public func bytesClose(_ bytes: OpaquePointer?) { close(bytes, BytesObject.self) }
