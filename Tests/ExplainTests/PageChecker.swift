/// Reads a page as strictly as XML wants it: every element ends, every attribute is quoted, every `&` begins an entity.
struct PageChecker {
  /// Elements in the order of their start tags.
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  /// What is wrong with the page.
  private(set) var errors: [String] = []
  private var open: [String] = []
  /// All text between tags, entities as written.
  private(set) var text = ""

  init(_ page: String) {
    var rest = Substring(page)
    guard rest.hasPrefix("<!DOCTYPE html>") else {
      errors.append("no document type")
      return
    }
    rest = rest.dropFirst("<!DOCTYPE html>".count)
    while let start = rest.firstIndex(of: "<") {
      read(text: rest[..<start])
      guard let end = rest[start...].firstIndex(of: ">") else {
        errors.append("a tag does not end")
        return
      }
      read(tag: rest[rest.index(after: start)..<end])
      rest = rest[rest.index(after: end)...]
    }
    read(text: rest)
    if !open.isEmpty { errors.append("not ended: \(open)") }
  }

  private mutating func read(text part: Substring) {
    checkEntities(part)
    if open.last != "style" { text += part }
  }

  private mutating func read(tag: Substring) {
    if tag.first == "/" {
      if open.popLast() != String(tag.dropFirst()) { errors.append("</\(tag.dropFirst())> is out of place") }
      return
    }
    let isClosed = tag.last == "/"
    var rest = isClosed ? tag.dropLast() : tag
    let name = String(rest.prefix { !$0.isWhitespace })
    rest = rest.dropFirst(name.count)
    if name.isEmpty || !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) { errors.append("<\(tag)>") }
    var attributes: [String: String] = [:]
    while true {
      rest = rest.drop { $0.isWhitespace }
      guard let equals = rest.firstIndex(of: "=") else { break }
      let key = String(rest[..<equals])
      let quoted = rest[rest.index(after: equals)...]
      guard quoted.first == "\"", let end = quoted.dropFirst().firstIndex(of: "\"") else {
        errors.append("<\(name)> has an attribute without quotes")
        return
      }
      let value = quoted[quoted.index(after: quoted.startIndex)..<end]
      checkEntities(value)
      if attributes.updateValue(String(value), forKey: key) != nil { errors.append("<\(name)> has two \(key)") }
      rest = quoted[quoted.index(after: end)...]
    }
    if !rest.isEmpty { errors.append("<\(name)> holds '\(rest)'") }
    elements.append((name, attributes))
    if !isClosed { open.append(name) }
  }

  private mutating func checkEntities(_ text: Substring) {
    for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
    where !["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: part.hasPrefix) {
      errors.append("a bare & before '\(part.prefix(8))'")
    }
  }
}
