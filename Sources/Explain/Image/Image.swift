import CPNG
import CTurboJPEG
import Kernels
public func probe2() -> Int { Int(png_access_version_number()) + Kernels.CPUTier.available.count + (tjInitDecompress() == nil ? 1 : 0) }
