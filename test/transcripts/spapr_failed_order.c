/* Both windows are removed, the dynamic one is made first: it lies in the slot of the default one. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
#include "spapr_failed.h"

static void first(void)
{
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, DYNAMIC);
	tce_remove(c, 0);
	create(c, 16, 256 * MIB, 1);
	unmap(c, DYNAMIC, 0);
	unmap(c, 0, 0);
	map(c, m, 0, DYNAMIC, 1);
	create(c, 16, 512 * MIB, 1);
	unmap(c, DYNAMIC, 0);
}
