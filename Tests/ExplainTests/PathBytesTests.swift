import Foundation
import Kernels
import Testing

@testable import Explain

@Suite struct PathBytesTests {
  /// Every pair of bytes, and random ones of the kinds that begin and continue characters.
  @Test func everyPathHasItsWayBack() {
    var generator = SplitMix64(1, 2)
    func expectWayBack(_ bytes: [UInt8]) {
      let path = String(pathBytes: bytes)
      #expect(path.pathBytes == bytes)
      #expect(path.cPath == bytes.map { CChar(bitPattern: $0) } + [0])
      #expect(path.isUnicodePath == (String(validating: bytes, as: UTF8.self) != nil))
    }
    for first in 1...255 { for second in 1...255 { expectWayBack([UInt8(first), UInt8(second)]) } }
    let likely: [UInt8] = [0x2F, 0x41, 0x80, 0x8F, 0xA0, 0xB8, 0xBB, 0xBF, 0xC3, 0xE2, 0xED, 0xF4, 0xFF]
    for _ in 0..<20_000 {
      expectWayBack((0..<Int(generator.next() % 9)).map { _ in likely[Int(generator.next() % UInt64(likely.count))] })
    }
  }

  @Test func validNamesAreThemselves() {
    for name in ["photo.jpg", "caf\u{E9}", "e\u{301}", "\u{1F408}", "\u{10FDFF}", "\u{10FF00}", ""] {
      #expect(Array(String(pathBytes: name.utf8).unicodeScalars) == Array(name.unicodeScalars))
    }
    // Its own four bytes, so that the byte E9 stays another name.
    #expect(String(pathBytes: "\u{10FEE9}".utf8).unicodeScalars.count == 4)
    #expect("a\0b".cPath.count == 4)
  }

  @Test(
    arguments: [
      ("/a/b.jpg", "b.jpg", "b", "jpg", "/a"), ("a.b.JPG", "a.b.JPG", "a.b", "jpg", nil),
      (".hidden", ".hidden", ".hidden", nil, nil),
      ("a/", "a", "a", nil, "."), ("/", "/", "/", nil, "/"),
      ("x/\u{301}y.\u{301}z", "\u{301}y.\u{301}z", "\u{301}y", "\u{301}z", "x"),
      ("x/.jpg", ".jpg", ".jpg", nil, "x"), ("//x", "x", "x", nil, "/"),
    ] as [(String, String, String, String?, String?)])
  func partsAreFoundByBytes(_ path: String, _ name: String, _ stem: String, _ ending: String?, _ folder: String?) {
    #expect(Array(fileName(path).utf8) == Array(name.utf8))
    #expect(Array(fileStem(path).utf8) == Array(stem.utf8))
    #expect(fileExtension(path).map { Array($0.utf8) } == ending.map { Array($0.utf8) })
    if path != "a/" { #expect(parentFolder(path) == folder) }
  }

  @Test(arguments: [
    ("a", ".png", "a.png"),
    ("d/" + String(repeating: "n", count: 255), "-2.png", "d/" + String(repeating: "n", count: 249) + "-2.png"),
    (String(repeating: "\u{E9}", count: 127), ".tmp", String(repeating: "\u{E9}", count: 125) + ".tmp"),
    (String(repeating: "e\u{301}", count: 85), ".tmp", String(repeating: "e\u{301}", count: 83) + ".tmp"),
    ("e" + String(repeating: "\u{301}", count: 127), ".x", "e" + String(repeating: "\u{301}", count: 126) + ".x"),
  ])
  func longNamesGiveWay(_ path: String, _ suffix: String, _ expected: String) {
    #expect(path.extended(by: suffix).pathBytes == expected.pathBytes)
  }

  /// A call of the system that takes a `String` gets UTF-8 and not the path's bytes.
  @Test func noCallOfTheSystemTakesAString() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let calls =
      "open|openat|creat|fopen|stat|lstat|access|rename|link|symlink|mkdir|rmdir|unlink|realpath|readlink|opendir|chmod|truncate"
      + "|utimensat|remove|strdup|chdir|mkstemp|statfs|statvfs"
    let call = try Regex("(?:^|[^\\w.])(?:\(calls))\\(([^)]*(?:\\([^)]*\\)[^)]*)*)\\)")
    var found = 0
    for folder in ["Sources/Explain", "Sources/ttame-lite"] {
      let files = try #require(FileManager.default.enumerator(atPath: package.appending(path: folder).path))
      for case let name as String in files where name.hasSuffix(".swift") {
        let text = try String(contentsOf: package.appending(path: folder).appending(path: name), encoding: .utf8)
        for line in text.split(separator: "\n") where !line.contains("//") && !line.contains("func ") {
          for match in line.matches(of: call) {
            let arguments = match.output[1].substring ?? ""
            if arguments.isEmpty { continue }  // `stat()` makes a value
            found += 1
            #expect(line.contains(".cPath") || arguments.hasPrefix("\"/"), "\(name): \(line)")
          }
        }
      }
    }
    #expect(found > 15)
  }
}
