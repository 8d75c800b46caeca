// What the kernels and their check use of the C library.
#include <math.h>
#include <stdlib.h>
