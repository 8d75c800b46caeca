import Explain

/// The photographs that a classifier is taught with, and their labels: those of a folder, by the names of the folders in it, or
/// those of a list.
struct LabelledPhotographs {
  let path: String
  private(set) var items: [LabelledList.Item]
  /// Folders below that cannot be read.
  let failures: [Failure]
  /// What was left out.
  private var remarks: [String] = []

  init(_ path: String) throws(Failure) {
    self.path = path
    if FileStatus(path)?.isFolder == true {
      let pictures = try PictureFolder(pictures: path)
      items = pictures.paths.map { picture in
        LabelledList.Item(path: picture, labels: picture.firstFolder(below: path).map { [$0] } ?? [])
      }
      failures = pictures.failures
      remarks += pictures.remark(path).map { [$0] } ?? []
      let outside = items.count { $0.labels.isEmpty }
      guard outside < items.count else {
        throw Failure(
          .badData, "has no folders of classes; put each class's photographs into a folder of its name", subject: path)
      }
      if outside > 0 {
        items.removeAll { $0.labels.isEmpty }
        remarks.append("\(path.shownPath): \(counted(outside, "image")) outside the folders of classes skipped")
      }
    } else {
      do { items = try LabelledList(try readFile(path), folder: parentFolder(path) ?? "").items } catch {
        throw Failure(error, reading: path)
      }
      failures = []
    }
  }

  /// Whether a photograph has several labels.
  var hasSeveralLabels: Bool { items.contains { $0.labels.count > 1 } }

  /// Leaves out photographs without a label.
  mutating func removeUnlabelled() {
    let count = items.count
    items.removeAll { $0.labels.isEmpty }
    guard items.count < count else { return }
    remarks.append("\(path.shownPath): \(counted(count - items.count, "image")) without a label skipped")
  }

  /// Leaves out photographs with a label that is none of these.
  mutating func removeStrangers(to classes: [String]) {
    let known = Set(classes)
    let strangers = Set(items.flatMap(\.labels)).subtracting(known).sorted()
    guard let first = strangers.first else { return }
    let count = items.count
    items.removeAll { !known.isSuperset(of: $0.labels) }
    let others = strangers.count > 1 ? " and \(strangers.count - 1) more" : ""
    remarks.append(
      "\(path.shownPath): \(counted(count - items.count, "image")) skipped: no photograph teaches \(first.onOneLine)\(others)"
    )
  }

  /// Leaves out photographs that others have too, whatever they are called.
  mutating func remove(_ others: LabelledPhotographs) {
    let files = Set(others.items.compactMap { FileStatus($0.path)?.identity })
    let count = items.count
    items.removeAll { FileStatus($0.path).map { files.contains($0.identity) } ?? false }
    guard items.count < count else { return }
    remarks.append(
      "\(path.shownPath): \(counted(count - items.count, "image")) skipped that \(others.path.shownPath) holds out too")
  }

  /// Says what was left out.
  func reportRemarks() { remarks.forEach(printError) }
}

extension String {
  /// The first folder on the way to this path from a folder; nil where the path is in the folder itself.
  func firstFolder(below folder: String) -> String? {
    let parts = utf8.dropFirst(folder.appending("").utf8.count).split(separator: UInt8(ascii: "/"))
    return parts.count > 1 ? String(Substring(parts[0])) : nil
  }
}
