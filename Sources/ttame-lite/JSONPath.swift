import Explain
import FoundationEssentials

extension String {
  /// This path as a text of JSON: as it is where it is UTF-8, and otherwise as people see it.
  var pathForJSON: String { isUnicodePath ? String(decoding: pathBytes, as: UTF8.self) : shownPath }

  /// What a path that is not UTF-8 has beside its text, to be found by: its bytes in base 64.
  var base64ForJSON: String? { isUnicodePath ? nil : Data(pathBytes).base64EncodedString() }
}
