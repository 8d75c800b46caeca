/// A label as a part of a file's name: its letters and digits in lower case, whatever their script, and an underscore for
/// all that lies between them. At most 100 bytes of UTF-8, far fewer than file systems take; never empty.
public func fileNamePart(_ label: String) -> String {
  let words = label.lowercased().split { !($0.isLetter || $0.isNumber) }
  var name = ""
  for character in words.joined(separator: "_") {
    guard name.utf8.count + character.utf8.count <= 100 else { break }
    name.append(character)
  }
  return name.isEmpty ? "class" : name
}
