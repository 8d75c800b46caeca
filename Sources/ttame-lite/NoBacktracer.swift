/// Tells the Swift runtime that there is no external backtracer.
///
/// The runtime asks for its path before `main`, and its own answer aborts the process where it cannot read
/// `/proc/self/exe`: in a chroot or container without `/proc`. A static binary has no backtracer beside it anyway. The
/// linker takes this definition before it looks into the runtime's archive.
@_cdecl("swift_copyAuxiliaryExecutablePath")
func noAuxiliaryExecutable(_ name: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? { nil }
