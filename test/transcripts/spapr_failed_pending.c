/* The default window is called off before it is made: it stays on the platform, and leaves room for one window, not for two. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
#include "spapr_failed.h"

static void first(void)
{
	tce_remove(c, 0);
	create(c, 16, 256 * MIB, 1);
	create(c, 12, 256 * MIB, 1);
	unmap(c, DYNAMIC, 0);
	unmap(c, 0, 0);
}
