import Glibc

/// Computes one value after the other on a thread of its own, and stays one ahead of who asks for them.
final class Ahead<Element> {
  private let maker: Maker
  private let hasThread: Bool
  private var hasEnded = false

  /// Starts with the first value at once.
  ///
  /// - Parameter make: called on the other thread, not again after nil. What it captures is its own from here on.
  init(_ make: @escaping () -> Element?) {
    let maker = Maker(make)
    self.maker = maker
    hasThread = startThread(maker.run)
  }

  /// The next value, as soon as it is there; nil after the last.
  func next() -> Element? {
    if hasEnded { return nil }
    // Without a thread to be had, values are made when they are asked for.
    let value = hasThread ? maker.take() : maker.make()
    hasEnded = value == nil
    return value
  }

  /// The thread's side. `slot` belongs to the thread from `wanted` to `made`, and otherwise to who takes from it.
  private final class Maker {
    let make: () -> Element?
    private var slot: Element?
    private let wanted = Semaphore(1)
    private let made = Semaphore(0)

    init(_ make: @escaping () -> Element?) { self.make = make }

    func run() {
      var goesOn = true
      while goesOn {
        wanted.wait()
        slot = make()
        goesOn = slot != nil
        made.signal()
      }
    }

    func take() -> Element? {
      made.wait()
      let value = slot
      slot = nil
      wanted.signal()
      return value
    }
  }
}

/// POSIX's counting semaphore.
final class Semaphore {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init(_ count: UInt32) { sem_init(semaphore, 0, count) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0 {}  // interrupted by a signal
  }
}

/// Runs `body` on a new thread, which ends with the process at the latest.
///
/// - Returns: false where the system gives no thread; nothing is run then.
private func startThread(_ body: @escaping () -> Void) -> Bool {
  final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
  let argument = Unmanaged.passRetained(Body(body))
  // Where memory is limited, the usual 8 MiB of stack would not be there; decoders and networks need a fraction of this.
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, 1 << 20)
  var thread = pthread_t()
  let status = pthread_create(
    &thread, &attributes,
    { argument in
      if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
      return nil
    }, argument.toOpaque())
  guard status == 0 else {
    argument.release()
    return false
  }
  pthread_detach(thread)
  return true
}
