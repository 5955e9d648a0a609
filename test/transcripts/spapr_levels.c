/*
 * Tables of several levels: which sizes, page sizes and levels go together, what each counts, and mappings at both ends. The pSeries
 * machine has one level.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

#define DYNAMIC 0x800000000000000ul

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	unsigned char *m = memory(16);
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	int c = s.container;
	reg(c, m, 0, 16);
	unmap(c, 0, 0);
	static const unsigned shifts[] = { 12, 16, 21, 30 };
	static const unsigned bits[] = { 0, 1, 4, 9, 10, 13, 14, 16, 17, 20, 22, 24, 28, 30, 32, 36 };
	for (size_t i = 0; i < COUNT(shifts); i++) {
		note("== pages of 2^%u", shifts[i]);
		for (size_t j = 0; j < COUNT(bits); j++) {
			unsigned size = shifts[i] + bits[j];
			/* Larger tables are left to levels. The hypervisor of the pSeries machine takes long for them. */
			bool large = bits[j] > 24;
			if (size > 52 || (bits[j] > 17 && hypervised()))
				continue;
			for (unsigned levels = large ? 2 : 1; levels <= 6; levels++) {
				if (create(c, shifts[i], 1ul << size, levels))
					continue;
				if (shifts[i] <= 16 && size > 16) {
					map(c, m, 0, DYNAMIC, 1);
					map(c, m, 1, DYNAMIC + (1ul << size) - PAGE, 1);
					unmap(c, DYNAMIC + (1ul << size) / 2, PAGE);
					unmap(c, DYNAMIC, 1ul << (size < 30 ? size : 30));
				}
				tce_remove(c, DYNAMIC);
			}
		}
	}
	section("and after that");
	create(c, 16, 256 * MIB, 1);
	map(c, m, 0, DYNAMIC, 16);
	unmap(c, DYNAMIC, 256 * MIB);
	unreg(c, m, 0, 16);
	spapr_detach(&s);
	return finish();
}
