/* An IOMMU without interrupt remapping, where nobody said that it does not matter. */
/* machine: real -n -d edu ; ours --interrupt-remapping=off --device edu,addr=0000:00:05.0 */
#include "unsafe_body.h"
