import Explain
import Synchronization

/// Whether the next picture is still to arrive.
final class InputWait: Sendable {
  private let waits = Atomic<Bool>(true)

  var isWaiting: Bool { waits.load(ordering: .relaxed) }

  /// - Parameter next: gets the next picture, however long that takes.
  func during<Picture>(_ next: () -> Picture) -> Picture {
    waits.store(true, ordering: .relaxed)
    defer { waits.store(false, ordering: .relaxed) }
    return next()
  }
}

/// Who computes pictures: one worker with all threads for a picture that comes alone, and others with a share of the threads
/// for pictures that are computed beside each other. Those never wait for each other's threads.
final class Workers<Worker> {
  /// How many pictures are computed at once.
  let lanes: Int
  /// Told by who reads the pictures.
  let input = InputWait()

  private let wide: Worker
  private let make: (_ threads: Int) throws -> Worker?
  private let threadsEach: Int
  private let monitor = Monitor()
  /// Pictures at work.
  private var busy = 0
  private var idle: [Worker] = []
  private var made = 0
  /// Whether a picture has been computed, which shows what it takes.
  private var hasBegun = false
  /// Most workers beside the wide one: fewer where memory is short.
  private var most: Int

  /// More would wait for pictures to be decoded, which is done for one after the other.
  private static var mostLanes: Int { 4 }

  /// - Parameters:
  ///   - wide: uses all `threads`.
  ///   - pictures: how many will come; nil where that is not known.
  ///   - make: makes one more worker, on any thread, when a picture has been computed; nil where there is no room for it.
  init(_ wide: Worker, threads: Int, pictures: Int?, make: @escaping (_ threads: Int) throws -> Worker?) {
    (self.wide, self.make) = (wide, make)
    lanes = max(1, min(threads, Self.mostLanes, pictures ?? .max))
    threadsEach = threads / lanes
    most = lanes > 1 ? lanes : 0
  }

  /// Has one worker compute something, as soon as there is one.
  func compute<Result>(_ body: (Worker) throws -> Result) throws -> Result {
    let (worker, isWide) = take(isAlone: false)
    do {
      let result = try body(worker)
      give(worker, isWide: isWide)
      return result
    } catch EngineError.outOfMemory where !isWide {
      // What does not fit beside the others may fit alone.
      dismiss()
    } catch {
      give(worker, isWide: isWide)
      throw error
    }
    let (alone, _) = take(isAlone: true)
    defer { give(alone, isWide: true) }
    return try body(alone)
  }

  private func take(isAlone: Bool) -> (worker: Worker, isWide: Bool) {
    monitor.locked {
      while true {
        // Where more pictures are there already, they leave no thread idle; the first ones show what a picture takes.
        let suitsAll = isAlone || !hasBegun || input.isWaiting
        if !suitsAll || busy > 0, !isAlone, let worker = idle.popLast() ?? makeOne() {
          busy += 1
          return (worker, false)
        }
        if busy == 0 {
          busy = 1
          return (wide, true)
        }
        monitor.wait()
      }
    }
  }

  /// One more worker; nil where there are enough, or no memory for it. Inside the monitor.
  private func makeOne() -> Worker? {
    guard hasBegun, made < most else { return nil }
    guard let worker = try? make(threadsEach) else {
      most = made
      return nil
    }
    made += 1
    return worker
  }

  private func give(_ worker: Worker, isWide: Bool) {
    monitor.locked {
      busy -= 1
      hasBegun = true
      if !isWide { idle.append(worker) }
      monitor.announceChange()
    }
  }

  /// Gives up a worker that lacks memory, and the hope for more.
  private func dismiss() {
    monitor.locked {
      busy -= 1
      made -= 1
      most = made
      monitor.announceChange()
    }
  }
}
