import Glibc

/// A value that another thread computes.
final class BackgroundWork<Value: Sendable> {
  private final class Box: Runnable, @unchecked Sendable {  // written by the thread, read after it has ended
    let body: @Sendable () -> Value
    var value: Value?
    init(_ body: @escaping @Sendable () -> Value) { self.body = body }
    func run() { value = body() }
  }

  private let box: Box
  private var thread: pthread_t?

  /// Starts at once; where there are no more threads, the work is done by `value()`.
  init(_ body: @escaping @Sendable () -> Value) {
    box = Box(body)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(box)
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let box = Unmanaged<AnyObject>.fromOpaque(argument).takeRetainedValue()
        (box as? any Runnable)?.run()
        return nil
      }, argument.toOpaque())
    if status == 0 { self.thread = thread } else { argument.release() }
  }

  deinit { join() }

  /// Waits for the value.
  func value() -> Value {
    join()
    if let value = box.value { return value }
    box.run()
    guard let value = box.value else { preconditionFailure("work leaves a value") }
    return value
  }

  private func join() {
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }
}

/// What a thread does, without the type of its value.
private protocol Runnable: AnyObject {
  func run()
}
