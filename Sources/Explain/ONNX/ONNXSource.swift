/// A model's file, and the folder that other files of the model may be in.
struct ONNXSource: Sendable {
  let file: MappedFile
  /// Empty is the current folder.
  let folder: String
}
