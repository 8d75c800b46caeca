/// The place of a tensor's bytes in another file.
struct ONNXExternalData: Sendable {
  /// For messages.
  let tensor: String
  private let folders: ONNXFolders
  /// Path of the file, relative to the model's folder.
  let location: String
  let offset: Int
  /// Nil where the model does not state it: the tensor's shape does.
  let byteCount: Int?

  init(_ entries: [ONNXEntry], tensor: String, in folders: ONNXFolders) throws(ONNXError) {
    (self.tensor, self.folders) = (tensor, folders)
    let location = entries.last { $0.key == "location" }?.value ?? ""
    guard !location.isEmpty else { throw .noExternalLocation(tensor: tensor) }
    self.location = String(pathBytes: location.utf8)
    // Refused by the text alone, before any file is touched.
    let parts = location.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.first?.isEmpty == false, !location.utf8.contains(0),
      !parts.contains(where: { $0.elementsEqual("..".utf8) })
    else { throw .externalOutside(tensor: tensor, location: self.location) }
    offset = try Self.number("offset", entries, tensor) ?? 0
    byteCount = try Self.number("length", entries, tensor)
  }

  private static func number(
    _ key: String, _ entries: [ONNXEntry], _ tensor: String
  ) throws(ONNXError) -> Int? {
    guard let text = entries.last(where: { $0.key == key })?.value else { return nil }
    guard let number = Int(text), number >= 0 else { throw .badExternalNumber(tensor: tensor, key: key, value: text) }
    return number
  }

  /// The file's path.
  var path: String { folders.folder.appending(location) }

  /// Maps the file. With links followed it must be in one of the model's folders, and it must hold the bytes.
  func map(byteCount: Int) throws(ONNXError) -> MappedFile {
    guard let path = resolvedPath(path) else {
      throw .external(tensor: tensor, location: location, .last("realpath"))
    }
    guard folders.hold(path) else { throw .externalOutside(tensor: tensor, location: location) }
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch {
      throw .external(tensor: tensor, location: location, error)
    }
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard !overflow, end <= file.bytes.count else {
      throw .externalTooShort(
        tensor: tensor, location: location, offset: offset, bytes: byteCount, fileBytes: file.bytes.count)
    }
    return file
  }
}
