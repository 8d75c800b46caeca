import CTTAME
import Explain
import Glibc

/// A model for callers from C.
final class ModelObject: Sendable {
  let model: Model
  let names: ClassNames
  /// What callers may keep as long as the model is open.
  nonisolated(unsafe) let name: UnsafeMutablePointer<CChar>?
  nonisolated(unsafe) private let labels: [UnsafeMutablePointer<CChar>?]

  init(_ model: Model) {
    self.model = model
    let names = ClassNames(labels: model.description.labels, count: model.description.classes)
    self.names = names
    name = strdup(model.description.name)
    labels = (0..<names.count).map { strdup(names.label($0)) }
  }

  deinit {
    free(name)
    labels.forEach { free($0) }
  }

  func label(_ index: Int) -> UnsafeMutablePointer<CChar>? { labels.indices.contains(index) ? labels[index] : nil }
}

@_cdecl("ttame_model_open")
public func modelOpen(
  _ path: UnsafePointer<CChar>?, _ model: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(model, error) { () throws(CallError) in
    guard let path else { throw .argument("path is null") }
    let name = String(pathBytes: UnsafeBufferPointer(start: path, count: strlen(path)).map { UInt8(bitPattern: $0) })
    do throws(ModelError) { return ModelObject(try Model(path: name)) } catch { throw CallError(error, path: name) }
  }
}

@_cdecl("ttame_model_close")
public func modelClose(_ model: OpaquePointer?) { close(model, ModelObject.self) }

@_cdecl("ttame_model_name")
public func modelName(_ model: OpaquePointer?) -> UnsafePointer<CChar>? {
  object(model, ModelObject.self).flatMap { UnsafePointer($0.name) }
}

@_cdecl("ttame_model_classes")
public func modelClasses(_ model: OpaquePointer?) -> Int32 {
  Int32(clamping: object(model, ModelObject.self)?.names.count ?? 0)
}

@_cdecl("ttame_model_label")
public func modelLabel(_ model: OpaquePointer?, _ index: Int32) -> UnsafePointer<CChar>? {
  object(model, ModelObject.self).flatMap { UnsafePointer($0.label(Int(index))) }
}

@_cdecl("ttame_model_find_class")
public func modelFindClass(
  _ model: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ index: UnsafeMutablePointer<Int32>?,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  index?.pointee = -1
  return answering(error) { () throws(CallError) in
    let names = try required(model, ModelObject.self, "model").names
    guard let name else { throw .argument("name is null") }
    guard let index else { throw .argument("index is null") }
    do throws(ClassNameError) { index.pointee = Int32(clamping: try names.index(of: String(cString: name))) } catch {
      throw CallError(TTAME_CLASS, "\(error)")
    }
  }
}
