import KernelsAVX2
import KernelsAVX512VNNI
import KernelsSSE4
import KernelsAVXVNNI
public func probe() -> Int { KernelsAVX512VNNI.probeWidth() + KernelsAVX2.probeWidth() }
