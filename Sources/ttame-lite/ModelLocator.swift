import Explain
import FoundationEssentials
import Glibc

/// Finds model files by name.
enum ModelLocator {
  static let defaultName = "efficientnet-lite0"
  private static let suffix = ".safetensors"

  /// The path of a model.
  ///
  /// - Parameter nameOrPath: a file, or the name of one in the weights folders, with or without `.safetensors`.
  /// - Throws: a `Failure` that says where it was looked for.
  static func find(_ nameOrPath: String) throws -> String {
    let status = FileStatus(nameOrPath)
    if let status, !status.isFolder { return nameOrPath }
    let isFolder = Failure(.inputMissing, "is a directory; a model is one file", subject: nameOrPath)
    if nameOrPath.utf8.contains(UInt8(ascii: "/")) {
      throw status == nil ? Failure(.inputMissing, "no such model file", subject: nameOrPath) : isFolder
    }
    let file = nameOrPath.hasSuffix(suffix) ? nameOrPath : nameOrPath + suffix
    let folders = folders
    for folder in folders {
      let path = "\(folder)/\(file)"
      if FileStatus(path) != nil { return path }
    }
    if status != nil { throw isFolder }
    let places = folders.joined(separator: ", ")
    let near = nearMiss(of: String(file.dropLast(suffix.count)), among: names(in: folders))
    let advice = near.map { "did you mean \($0)?" } ?? "give a file, or set TTAME_WEIGHTS to its folder"
    throw Failure(.inputMissing, "model not found in \(places); \(advice)", subject: nameOrPath)
  }

  /// The models that folders hold.
  static func names(in folders: [String]) -> [String] {
    folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0))?.sorted() ?? [] }
      .filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
  }

  /// The folders that hold models, in the order they are searched.
  static var folders: [String] {
    var folders: [String] = []
    if let folder = getenv("TTAME_WEIGHTS").map({ String(cPath: $0) }), !folder.isEmpty { folders.append(folder) }
    if let binaryFolder {
      folders.append(binaryFolder.appending("weights"))
      folders.append((parentFolder(binaryFolder) ?? "..").appending("share/ttame-lite/weights"))
      folders += packageRoot(above: binaryFolder).map { [$0.appending("weights")] } ?? []
    }
    return folders + ["weights"]
  }

  /// The folder of this program's file.
  private static var binaryFolder: String? {
    // In a chroot without /proc the name we were called by has to do.
    parentFolder(linkTarget("/proc/self/exe") ?? programArguments.first ?? "")
  }

  private static func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let length = readlink(path.cPath, base, buffer.count)
      guard length > 0, length < buffer.count else { return nil }
      return String(pathBytes: buffer[..<length].map { UInt8(bitPattern: $0) })
    }
  }

  /// The package that a binary in its build folder belongs to.
  private static func packageRoot(above folder: String) -> String? {
    var folder = folder
    while let parent = parentFolder(folder), parent != folder {
      if FileStatus(parent + "/Package.swift") != nil { return parent }
      folder = parent
    }
    return nil
  }
}
