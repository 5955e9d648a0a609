/* An IOMMU without interrupt remapping, where somebody allowed it. */
/* machine: real -n -c vfio_iommu_type1.allow_unsafe_interrupts=1 -c iommufd.allow_unsafe_interrupts=1 -d edu ; ours --interrupt-remapping=off --allow-unsafe-interrupts --device edu,addr=0000:00:05.0 */
#include "unsafe_body.h"
