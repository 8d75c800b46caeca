/// Says, once a run, that a file holds more pictures than the one that is answered.
struct FilmHint {
  private var isSaid = false

  /// The line for a picture; nil where there is nothing to say.
  mutating func line(_ picture: PreparedPicture) -> String? {
    guard !isSaid, picture.isFirstOfSeveral, case .file(let path) = picture.origin else { return nil }
    isSaid = true
    return
      "ttame-lite: hint: \(path.shownPath): only its first image is processed; for all, read standard "
      + "input: < \(shellQuoted(path))"
  }
}
