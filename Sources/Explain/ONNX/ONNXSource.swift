/// A model's file, and the folders for its external data.
struct ONNXSource: Sendable {
  let file: MappedFile
  let folders: ONNXFolders
}

/// Where a model's external data may lie.
struct ONNXFolders: Sendable {
  /// The folder of the model's name, in which the data are looked up. Empty is the current folder.
  let folder: String
  /// The folder of the model's file, where its name is a link. A cache such as Hugging Face's keeps all files in one folder
  /// and links to them from others. Whoever opens the model has chosen this folder too; a link to anywhere else was perhaps
  /// made by whoever packed the model.
  let linked: String?

  init(_ folder: String) { (self.folder, linked) = (folder, nil) }

  /// Of the model at `path`.
  init(model path: String) {
    folder = parentFolder(path) ?? ""
    linked = resolvedPath(path).flatMap(parentFolder)
  }

  /// Whether a file, without links in its path, is in one of the folders, or below it.
  func hold(_ file: String) -> Bool {
    [resolvedPath(folder.isEmpty ? "." : folder), linked].contains { $0.map(file.isBelow) ?? false }
  }
}
