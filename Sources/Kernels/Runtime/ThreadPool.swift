import CShim
import Glibc

/// Persistent worker threads that share out the chunks of one parallel region at a time.
///
/// The caller claims chunks too. Every thread has a stretch of neighbouring chunks, the same in every region of as many, so that
/// it finds what it wrote in the last region in its own cache. Chunks are claimed one by one, and a thread that has done its
/// own takes those of others: a worker that the system has put aside delays nobody but its own chunk. Workers spin briefly
/// after a region and then sleep on a futex.
public final class ThreadPool: @unchecked Sendable {
  public let threads: Int
  private let shared: UnsafeMutablePointer<SharedState>
  private let places: UnsafeMutablePointer<WorkerPlace>
  private var workers: [pthread_t] = []

  /// - Parameter threads: workers including the caller, at least 1.
  public init(threads: Int) {
    let threads = max(1, threads)
    shared = .allocate(capacity: 1)
    shared.initialize(to: SharedState(stretches: threads))
    pthread_mutex_init(&shared.pointee.regions, nil)
    places = .allocate(capacity: threads)
    for thread in 0..<threads { (places + thread).initialize(to: WorkerPlace(state: shared, thread: thread)) }
    var started = 1
    for thread in 1..<threads {
      var worker = pthread_t()
      let status = pthread_create(
        &worker, nil,
        { argument in
          if let argument { runWorker(argument.assumingMemoryBound(to: WorkerPlace.self).pointee) }
          return nil
        }, places + thread)
      guard status == 0 else { break }  // out of threads: run with fewer
      workers.append(worker)
      started += 1
    }
    self.threads = started
  }

  deinit {
    shim_store32(&shared.pointee.stop, 1)
    _ = shim_add32(&shared.pointee.epoch, 1)
    shim_futex_wake_all(&shared.pointee.epoch)
    for worker in workers { pthread_join(worker, nil) }
    pthread_mutex_destroy(&shared.pointee.regions)
    shared.pointee.tickets.deallocate()
    shared.deallocate()
    places.deallocate()
  }

  /// Calls `body(chunk)` for every chunk in `0 ..< chunks`, in any order and on any thread, and returns when all are done.
  ///
  /// Regions do not nest. Several threads may start regions; they wait for one another.
  /// - Precondition: fewer than 2^20 chunks.
  public func run(chunks: Int, _ body: (Int) -> Void) {
    require(chunks <= Ticket.mostChunks, "fewer than 2^20 chunks")
    if chunks <= 1 || threads == 1 {
      for chunk in 0..<chunks { body(chunk) }
      return
    }
    pthread_mutex_lock(&shared.pointee.regions)
    defer { pthread_mutex_unlock(&shared.pointee.regions) }
    withoutActuallyEscaping(body) { body in
      var job = Job(body: body)
      withUnsafeMutablePointer(to: &job) { job in
        let state = shared
        state.pointee.job = UnsafeMutableRawPointer(job)
        shim_store32(&state.pointee.done, 0)
        state.pointee.generation &+= 1
        // From here on chunks can be claimed.
        let stretches = state.pointee.stretches
        for stretch in 0..<stretches {
          let part = stretch * chunks / stretches..<(stretch + 1) * chunks / stretches
          shim_store64(state.pointee.ticket(stretch), Ticket(generation: state.pointee.generation, chunks: part).bits)
        }
        _ = shim_add32(&state.pointee.epoch, 1)
        if shim_load32(&state.pointee.sleepers) > 0 { shim_futex_wake_all(&state.pointee.epoch) }
        claimChunks(state, first: 0)
        var spins = 0
        while shim_load32(&state.pointee.done) < UInt32(chunks) {
          shim_pause()
          spins += 1
          if spins > 4000 { sched_yield() }  // a worker may be waiting for this very core
        }
        // No ticket of this region can be claimed any more; the job may leave the stack.
      }
    }
  }
}

private struct Job {
  let body: (Int) -> Void
}

/// The state of a region's stretch in one word, so that claiming a chunk is one compare-and-exchange: generation, end, next
/// chunk. An exchange that succeeds proves that its region is still open and that the job read afterwards is its job.
private struct Ticket {
  static let mostChunks = 1 << 20 - 1
  var bits: UInt64

  init(bits: UInt64) { self.bits = bits }
  init(generation: UInt32, chunks: Range<Int>) {
    bits = UInt64(generation) << 40 | UInt64(chunks.upperBound) << 20 | UInt64(chunks.lowerBound)
  }

  var end: Int { Int(bits >> 20 & 0xF_FFFF) }
  var next: Int { Int(bits & 0xF_FFFF) }
}

/// What the caller and the workers share; what follows `generation` is reached by atomic operations only.
///
/// Words of memory and no atomics of Synchronization: these have no address, which the futex needs.
private struct SharedState {
  /// Held while a region runs.
  var regions = pthread_mutex_t()
  var job: UnsafeMutableRawPointer?
  var generation: UInt32 = 0
  let stretches: Int
  /// One a stretch, each in a cache line of its own.
  let tickets: UnsafeMutablePointer<UInt64>
  var done: UInt32 = 0
  /// Futex word, increased when a region starts.
  var epoch: UInt32 = 0
  var sleepers: UInt32 = 0
  var stop: UInt32 = 0

  private static let wordsPerLine = 8

  init(stretches: Int) {
    self.stretches = stretches
    tickets = .allocate(capacity: stretches * Self.wordsPerLine)
    tickets.initialize(repeating: 0, count: stretches * Self.wordsPerLine)
  }

  func ticket(_ stretch: Int) -> UnsafeMutablePointer<UInt64> { tickets + stretch * Self.wordsPerLine }
}

/// What a worker is told.
private struct WorkerPlace {
  let state: UnsafeMutablePointer<SharedState>
  /// 0 is the caller.
  let thread: Int
}

/// Claims and runs chunks until none is left, those of the stretch `first` before others.
private func claimChunks(_ state: UnsafeMutablePointer<SharedState>, first: Int) {
  let stretches = state.pointee.stretches
  for i in 0..<stretches {
    let place = state.pointee.ticket((first + i) % stretches)
    while true {
      let ticket = Ticket(bits: shim_load64(place))
      guard ticket.next < ticket.end else { break }
      guard shim_compare_exchange64(place, ticket.bits, ticket.bits + 1) else { continue }
      guard let job = state.pointee.job else { return }
      job.assumingMemoryBound(to: Job.self).pointee.body(ticket.next)
      _ = shim_add32(&state.pointee.done, 1)
    }
  }
}

/// Looks for chunks, spins for some tens of microseconds, then sleeps until the next region.
private func runWorker(_ place: WorkerPlace) {
  let state = place.state
  _ = shim_flush_denormals()
  let spins = 2000
  while shim_load32(&state.pointee.stop) == 0 {
    let epoch = shim_load32(&state.pointee.epoch)
    claimChunks(state, first: place.thread)
    var spin = 0
    while spin < spins, shim_load32(&state.pointee.epoch) == epoch {
      shim_pause()
      spin += 1
    }
    if spin == spins {
      _ = shim_add32(&state.pointee.sleepers, 1)
      shim_futex_wait(&state.pointee.epoch, epoch)
      _ = shim_add32(&state.pointee.sleepers, UInt32.max)
    }
  }
}
