/// Answers every picture of a source in order; those that fail are reported, and the others still done.
///
/// - Returns: the worst status.
func answerAll(
  _ source: InputSource, _ progress: Progress, _ answer: (EncodedPicture) throws -> Void
) -> ExitStatus {
  var source = source
  return deliverAll(progress, { source.next().map { next in Result { try next.get() } } }, answer)
}

/// Answers every picture of a source in order, in three steps that overlap: while one picture is delivered, the next ones are
/// computed and the one behind them read and prepared. There are two pictures more in memory than lanes, or three beside
/// several, and who reads slowly slows down the source. None waits for another to arrive.
///
/// - Parameters:
///   - lanes: how many pictures are computed at once.
///   - input: is told when the next picture is awaited.
///   - finishes: whether a signal to end waits for the pictures that have been read.
///   - prepare: called on a thread of its own.
///   - compute: called on as many threads as there are lanes.
/// - Returns: the worst status.
func answerAll<Prepared, Computed>(
  _ source: InputSource, _ progress: Progress, lanes: Int, input: InputWait, finishes: Bool,
  prepare: @escaping (EncodedPicture) throws -> Prepared, compute: @escaping (Prepared) throws -> Computed,
  deliver: (Computed) throws -> Void
) -> ExitStatus {
  var source = source
  let prepared = Ahead<Result<Prepared, any Error>> {
    guard let next = input.during({ source.next() }), !finishes || Interruption.hold() else { return nil }
    return Result { try prepare(next.get()) }
  }
  // A lane more, so that none waits while what it has computed waits for the one before it.
  let computed = Lanes(lanes > 1 ? lanes + 1 : 1, next: prepared.next) { prepared in
    Result { try compute(prepared.get()) }
  }
  return deliverAll(progress, computed.next) { computed in
    try Interruption.protecting { try deliver(computed) }
  } afterEach: {
    if finishes { Interruption.release() }
  }
}

/// Delivers one answer after the other, or says why there is none.
private func deliverAll<Answer>(
  _ progress: Progress, _ next: () -> Result<Answer, any Error>?, _ deliver: (Answer) throws -> Void,
  afterEach: () -> Void = {}
) -> ExitStatus {
  var worst = ExitStatus.ok
  while let answer = next() {
    do {
      try deliver(answer.get())
    } catch is OutputClosed {
      break
    } catch {
      let failure = error as? Failure ?? Failure(.software, "\(error)")
      progress.say(failure.line)
      worst = max(worst, failure.status)
      if failure.isFinal { break }
    }
    progress.advance()
    afterEach()
  }
  progress.clear()
  return worst
}
