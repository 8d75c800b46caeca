/// A model's file, and the folder for its external data.
struct ONNXSource: Sendable {
  let file: MappedFile
  /// Empty is the current folder.
  let folder: String
}
