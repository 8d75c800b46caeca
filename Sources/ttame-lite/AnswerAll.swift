/// Answers every picture of a source in order; those that fail are reported, and the others still done.
///
/// - Returns: the worst status.
func answerAll(
  _ source: InputSource, _ progress: Progress, _ answer: (EncodedPicture) throws -> Void
) -> ExitStatus {
  var source = source
  var worst = ExitStatus.ok
  while let next = source.next() {
    do {
      try answer(next.get())
    } catch is OutputClosed {
      break
    } catch {
      let failure = error as? Failure ?? Failure(.software, "\(error)")
      progress.say(failure.line)
      worst = max(worst, failure.status)
    }
    progress.advance()
  }
  progress.clear()
  return worst
}
