/* A window that is larger than the platform can have. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
#include "spapr_failed.h"

static void first(void)
{
	create(c, 24, 1ul << 62, 1);
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, DYNAMIC);
	create(c, 24, 1ul << 61, 1);
}
