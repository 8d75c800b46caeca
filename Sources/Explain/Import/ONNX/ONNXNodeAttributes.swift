extension ONNXNode {
  /// - Parameter fallback: what the standard says where the attribute is absent.
  func int(_ name: String, _ fallback: Int) -> Int {
    if case .int(let value)? = attributes[name] { value } else { fallback }
  }

  func float(_ name: String, _ fallback: Float) -> Float {
    if case .float(let value)? = attributes[name] { value } else { fallback }
  }

  func ints(_ name: String) -> [Int]? {
    if case .ints(let values)? = attributes[name] { values } else { nil }
  }

  func string(_ name: String, _ fallback: String) -> String {
    if case .string(let value)? = attributes[name] { value } else { fallback }
  }
}
