import CTTAME
import Explain
import Synchronization

/// A session for callers from C, one call at a time.
final class SessionObject {
  /// Most threads of one session.
  static let mostThreads = 1024

  let model: ModelObject
  private let session: Session
  /// Without a method of its own, a model can still classify.
  private let explainer: Result<Explainer, MethodError>
  private let rejection: Rejection.Rule?
  private let isBusy = Atomic(false)

  /// - Throws: if there is no such method, or the model lacks what it reads.
  init(_ model: ModelObject, threads: Int?, method: String?) throws(CallError) {
    self.model = model
    session = Session(model: model.model, threads: threads)
    rejection = model.model.description.rejection?.rule()
    guard let method else {
      do throws(MethodError) { explainer = .success(try Explainer(session)) } catch { explainer = .failure(error) }
      return
    }
    guard let choice = MethodChoice(rawValue: method) else {
      throw .argument("method '\(method)' is none of \(MethodName.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    do throws(MethodError) { explainer = .success(try Explainer(session, choice)) } catch { throw CallError(error) }
  }

  func classify(_ picture: Image) throws(CallError) -> AnswerObject {
    try alone { () throws(CallError) in
      do throws(EngineError) { return answer(picture, try session.classify(picture: picture), nil) } catch {
        throw CallError(error)
      }
    }
  }

  /// - Parameter classes: chooses from the logits.
  func explain(_ picture: Image, classes: ([Float]) -> [Int]) throws(CallError) -> AnswerObject {
    try alone { () throws(CallError) in
      let explainer: Explainer
      switch self.explainer {
      case .success(let made): explainer = made
      case .failure(let error): throw CallError(error)
      }
      do throws(EngineError) {
        let explained = try explainer.explain(picture, classes: classes)
        return answer(picture, explained.explanation.logits, explained)
      } catch { throw CallError(error) }
    }
  }

  private func answer(_ picture: Image, _ logits: [Float], _ explained: PictureExplanation?) -> AnswerObject {
    AnswerObject(
      picture: picture, logits: logits, probabilities: session.probabilities(logits),
      isKnown: rejection.map { $0.score.value(logits) >= $0.threshold }, explained: explained)
  }

  private func alone(_ body: () throws(CallError) -> AnswerObject) throws(CallError) -> AnswerObject {
    guard !isBusy.exchange(true, ordering: .acquiring) else {
      throw CallError(TTAME_BUSY, "the session is answering another call; use one session per thread")
    }
    defer { isBusy.store(false, ordering: .releasing) }
    return try body()
  }
}

@_cdecl("ttame_session_open")
public func sessionOpen(
  _ model: OpaquePointer?, _ threads: Int32, _ method: UnsafePointer<CChar>?,
  _ session: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(session, error) { () throws(CallError) in
    let model = try required(model, ModelObject.self, "model")
    guard 0...SessionObject.mostThreads ~= Int(threads) else {
      throw .argument("\(threads) threads; 0 to \(SessionObject.mostThreads) are possible")
    }
    return try SessionObject(
      model, threads: threads == 0 ? nil : Int(threads), method: method.map { String(cString: $0) })
  }
}

@_cdecl("ttame_session_close")
public func sessionClose(_ session: OpaquePointer?) { close(session, SessionObject.self) }

@_cdecl("ttame_classify")
public func classify(
  _ session: OpaquePointer?, _ image: OpaquePointer?, _ answer: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(answer, error) { () throws(CallError) in
    try required(session, SessionObject.self, "session").classify(required(image, ImageObject.self, "image").image)
  }
}

@_cdecl("ttame_explain")
public func explain(
  _ session: OpaquePointer?, _ image: OpaquePointer?, _ classes: UnsafePointer<Int32>?, _ count: Int,
  _ answer: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(answer, error) { () throws(CallError) in
    let session = try required(session, SessionObject.self, "session")
    let picture = try required(image, ImageObject.self, "image").image
    let all = session.model.names.count
    guard 1...all ~= count else { throw .argument("\(count) classes of \(all)") }
    guard let classes else { return try session.explain(picture) { largest(count, of: $0) } }
    let wanted = (0..<count).map { Int(classes[$0]) }
    if let index = wanted.first(where: { !(0..<all).contains($0) }) {
      throw CallError(TTAME_CLASS, "\(ClassNameError.outOfRange(index: index, classes: all))")
    }
    return try session.explain(picture) { _ in wanted }
  }
}
