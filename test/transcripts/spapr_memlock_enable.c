/* RLIMIT_MEMLOCK without CAP_IPC_LOCK, version 1: ENABLE counts the whole window, and the first MAP its table. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr_limit.h"

static unsigned char *m;
static uint64_t low, low_table;

static void version1(void)
{
	section("version 1: ENABLE");
	struct setup s = spapr_attach(T_SPAPR_TCE);
	const unsigned long limits[] = { 0, PAGE, low - PAGE, low - 1, low, low + low_table };
	for (size_t i = 0; i < COUNT(limits); i++) {
		limit(limits[i]);
		if (enable(s.container) == 0) {
			map_bytes(s.container, m, "page 0", 0, PAGE, 3);
			unmap(s.container, 0, PAGE);
			disable(s.container);
		}
	}
	note("the table of the window is there already:");
	limit(low);
	enable(s.container);
	limit(0);
	map_bytes(s.container, m, "page 0", 0, PAGE, 3);
	disable(s.container);
	enable(s.container);
	spapr_detach(&s);
	limit(low + low_table);
	s = spapr_attach(T_SPAPR_TCE);
	enable(s.container);
	enable(s.container);
	map_bytes(s.container, m, "page 0", 0, PAGE, 3);
	spapr_detach(&s);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	m = memory(64);
	low = low_size();
	low_table = low == GIB ? low / 4096 * 8 : low / 4096 * 16;
	needs_limit(low + low_table);
	in_a_child(version1, true);
	return finish();
}
