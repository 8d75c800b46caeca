import CTTAME
import Explain
import Glibc

/// Why a call from C was not answered.
struct CallError: Error {
  let status: ttame_status
  let text: String

  init(_ status: ttame_status, _ text: String) { (self.status, self.text) = (status, text) }

  static func argument(_ text: String) -> CallError { CallError(TTAME_ARGUMENT, text) }
}

extension CallError {
  /// - Parameter path: of the model's file.
  init(_ error: ModelError, path: String) {
    let text = "\(path.shownPath): \(error)"
    switch error {
    case .safetensors(.file(.system(_, ENOMEM))): self.init(TTAME_MEMORY, text)
    case .safetensors(.file): self.init(TTAME_FILE, text)
    default: self.init(TTAME_MODEL, text)
    }
  }

  init(_ error: ImageError) {
    if case .outOfMemory = error {
      self.init(TTAME_MEMORY, "picture \(error)")
    } else {
      self.init(TTAME_IMAGE, "picture \(error)")
    }
  }

  init(_ error: MethodError) {
    switch error {
    case .engine(let error): self.init(error)
    case .inputSize, .unsupported: self.init(TTAME_UNSUPPORTED, "\(error)")
    }
  }

  init(_ error: EngineError) {
    switch error {
    case .outOfMemory: self.init(TTAME_MEMORY, "\(error)")
    case .noHead: self.init(TTAME_UNSUPPORTED, "the model has no attention head; name another method")
    case .notFinite: self.init(TTAME_NOT_FINITE, "\(error)")
    }
  }
}

/// Runs `body`, whose error becomes the status and the text that the caller gets.
func answering(_ error: UnsafeMutablePointer<ttame_error>?, _ body: () throws(CallError) -> Void) -> ttame_status {
  do throws(CallError) {
    try body()
    return TTAME_OK
  } catch let failure {
    // One that is too long is cut.
    failure.text.onOneLine.withCString { cttame_set_error(error, $0) }
    return failure.status
  }
}

/// Makes an object for the caller; `target` is null until it is complete.
func making(
  _ target: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<ttame_error>?,
  _ body: () throws(CallError) -> AnyObject
) -> ttame_status {
  target?.pointee = nil
  return answering(error) { () throws(CallError) in
    guard let target else { throw .argument("there is nowhere to put the result: the pointer is null") }
    target.pointee = OpaquePointer(Unmanaged.passRetained(try body()).toOpaque())
  }
}

/// The object behind a pointer that the caller got; nil for null.
func object<T: AnyObject>(_ pointer: OpaquePointer?, _: T.Type) -> T? {
  pointer.map { Unmanaged<T>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
}

/// The object behind a pointer that the caller got.
///
/// - Parameter name: of the argument.
func required<T: AnyObject>(_ pointer: OpaquePointer?, _ type: T.Type, _ name: String) throws(CallError) -> T {
  guard let object = object(pointer, type) else { throw .argument("\(name) is null") }
  return object
}

/// Ends the caller's hold on an object.
func close<T: AnyObject>(_ pointer: OpaquePointer?, _: T.Type) {
  pointer.map { Unmanaged<T>.fromOpaque(UnsafeRawPointer($0)).release() }
}

/// Copies values to where the caller has room for `count`.
func copy<T: BitwiseCopyable>(
  _ values: some Collection<T>, to target: UnsafeMutablePointer<T>?, count: Int, of what: String
) throws(CallError) {
  guard let target else { throw .argument("\(what): the pointer is null") }
  guard count >= values.count else {
    throw .argument("\(what): \(values.count) values, and room for \(count)")
  }
  _ = UnsafeMutableBufferPointer(start: target, count: values.count).initialize(from: values)
}

/// A name that the caller chose from a list; `usual` for null.
func choice<T: RawRepresentable<String> & CaseIterable>(
  _ name: UnsafePointer<CChar>?, usual: T, _ what: String
) throws(CallError) -> T {
  guard let name else { return usual }
  let text = String(cString: name)
  guard let value = T(rawValue: text) else {
    let names = T.allCases.map(\.rawValue).joined(separator: ", ")
    throw .argument("\(what) '\(text)' is none of \(names)")
  }
  return value
}

/// What the library was built from.
nonisolated(unsafe) private let versionText = UnsafePointer(strdup(Version.text))

@_cdecl("ttame_version") public func version() -> UnsafePointer<CChar>? { versionText }
