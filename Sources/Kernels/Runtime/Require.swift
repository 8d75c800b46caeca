import CShim

/// Ends the process with a line on standard error and status 70 unless `condition` holds.
///
/// In every build: `-Ounchecked` takes a `precondition` as given, and what follows from it.
@inline(__always) func require(_ condition: Bool, _ what: StaticString) {
  if !condition { shim_broken_precondition(UnsafeRawPointer(what.utf8Start).assumingMemoryBound(to: CChar.self)) }
}
