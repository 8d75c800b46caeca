import Explain

/// The pictures that `--data` names: those of a folder, or of a list.
struct PictureData {
  let path: String
  let list: ImageList
  /// Folders below that cannot be read.
  let failures: [Failure]
  let isFolder: Bool
  /// What was left out, or has no class.
  private var remarks: [String] = []

  /// - Parameter classes: what classes of pictures must be among; nil reads none. In a folder the class of a picture is called as
  ///   the first folder on the way to it.
  init(_ path: String, classes: ClassLookup?) throws(Failure) {
    self.path = path
    isFolder = FileStatus(path)?.isFolder == true
    if isFolder {
      let pictures = try PictureFolder(pictures: path)
      var unknown: [String: Int] = [:]
      list = ImageList(
        pictures.paths.map { picture in
          let name = picture.firstFolder(below: path)
          let index = name.flatMap { classes?.index(of: $0) }
          if index == nil, let name { unknown[name, default: 0] += 1 }
          return ImageList.Item(path: picture, classIndex: index)
        })
      failures = pictures.failures
      remarks += pictures.remark(path).map { [$0] } ?? []
      if classes != nil, !unknown.isEmpty { remarks.append(Self.unlabelled(unknown, path)) }
    } else {
      do { list = try ImageList(try readFile(path), folder: parentFolder(path) ?? "", classes: classes) } catch {
        throw Failure(error, reading: path)
      }
      failures = []
    }
  }

  /// What accuracy lacks where no picture has a class.
  var lacksClasses: Failure {
    let message =
      isFolder
      ? "accuracy needs classes, but no folder in it is an index, label or name of one"
      : "accuracy needs classes, but no line has one"
    return Failure(.badData, message, subject: path)
  }

  /// Says what was left out, or has no class.
  func reportRemarks() { remarks.forEach(printError) }

  /// Most folders that are named.
  private static let named = 3

  private static func unlabelled(_ folders: [String: Int], _ path: String) -> String {
    let names = folders.keys.sorted()
    let rest = names.count - named
    let list = names.prefix(named).map(\.shownPath).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    let count = counted(folders.values.reduce(0, +), "image")
    return "\(path.shownPath): \(count) without a class; the model has none called \(list)"
  }
}
