/* A host bridge without dynamic windows: what version 2 and version 1 make of it. */
/* machine: real power -D ; ours --iommu spapr,page=64k,ddw=off --device edu,addr=0000:00:00.0 */
#include "spapr.h"

static void version1(int c, unsigned char *m)
{
	set_iommu(c, T_SPAPR_TCE);
	info(c, 32);
	enable(c);
	map(c, m, 0, 0, 4);
	unmap(c, 0, 4 * PAGE);
	map(c, m, 0, GIB - PAGE, 1);
	map(c, m, 0, GIB, 1);
	disable(c);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	unsigned char *m = memory(16);
	int c = open_container(), g = open_group();
	for (long x = 0; x <= 12; x++)
		call(ioctl(c, VFIO_CHECK_EXTENSION, x), "CHECK_EXTENSION(%ld)", x);
	set_container(g, c, "c");
	for (long x = 0; x <= 12; x++)
		call(ioctl(c, VFIO_CHECK_EXTENSION, x), "CHECK_EXTENSION(%ld)", x);
	section("version 1");
	version1(c, m);
	unset_container(g, "g");
	set_container(g, c, "c");
	section("version 2");
	if (set_iommu(c, T_SPAPR_TCE_v2) == 0) {
		info(c, 32);
		info(c, 16);
		reg(c, m, 0, 16);
		create(c, 16, 256 * MIB, 1);
		create(c, 12, 256 * MIB, 1);
		create(c, 12, GIB, 1);
		create(c, 16, 0, 1);
		create(c, 16, 256 * MIB, 2);
		map(c, m, 0, 0, 4);
		unmap(c, 0, 4 * PAGE);
		tce_remove(c, 0);
		tce_remove(c, 0);
		map(c, m, 0, 0, 4);
		create(c, 12, GIB, 1);
		create(c, 16, GIB, 1);
		map(c, m, 0, 0, 4);
		unreg(c, m, 0, 16);
		unset_container(g, "g");
		set_container(g, c, "c");
		set_iommu(c, T_SPAPR_TCE_v2);
		reg(c, m, 0, 16);
		map(c, m, 0, 0, 4);
		unmap(c, 0, 4 * PAGE);
		tce_remove(c, 0);
		unset_container(g, "g");
		set_container(g, c, "c");
	}
	section("version 1 again");
	version1(c, m);
	close_it(g, "group");
	close_it(c, "container");
	return finish();
}
