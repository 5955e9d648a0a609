/* DMA windows of a version 2 container: TCE_CREATE and TCE_REMOVE with every argument, in every state of the two windows. */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

/* Where the second window starts. */
#define DYNAMIC 0x800000000000000ul
static unsigned char *m;
static struct setup s;
static int c;

static void again(void)
{
	if (c)
		spapr_detach(&s);
	s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
}

/* The same with memory registered: MAP and UNMAP are EPERM before. */
static void ready(void)
{
	again();
	reg(c, m, 0, 64);
}

/* Which windows answer: an UNMAP of nothing touches no entry. */
static void probe(uint64_t start)
{
	unmap(c, start, 0);
	unmap(c, 0, 0);
}

static long create_raw(
	unsigned argsz, unsigned flags, unsigned shift, unsigned resv1, uint64_t size, unsigned levels, unsigned resv2)
{
	struct vfio_iommu_spapr_tce_create w = { .argsz = argsz,
		.flags = flags,
		.page_shift = shift,
		.__resv1 = resv1,
		.window_size = size,
		.levels = levels,
		.__resv2 = resv2,
		.start_addr = 77 };
	long r = call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_CREATE, &w),
		"TCE_CREATE(argsz=%u, flags=%x, shift=%u, resv1=%x, size=%#lx, levels=%u, resv2=%x)", argsz, flags, shift,
		resv1, size, levels, resv2);
	more(" start=%#llx", (long long)w.start_addr);
	locked();
	return r;
}

static void arguments(void)
{
	section("what TCE_CREATE looks at");
	again();
	static const unsigned sizes[] = { 0, 4, 8, 16, 24, 32, 39 };
	for (size_t i = 0; i < COUNT(sizes); i++)
		create_raw(sizes[i], 0, 16, 0, 256 * MIB, 1, 0);
	static const unsigned flags[] = { 1, 2, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++)
		create_raw(40, flags[i], 16, 0, 256 * MIB, 1, 0);
	create_raw(39, 1, 0, 0, 0, 0, 0);
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_CREATE, NULL), "TCE_CREATE(NULL)");
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_CREATE, UNMAPPED), "TCE_CREATE(unmapped)");
	for (unsigned n = 4; n < 40; n += 12) {
		struct vfio_iommu_spapr_tce_create *w = edge(n);
		memset(w, 0, n);
		w->argsz = 40;
		call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_CREATE, w), "TCE_CREATE(%u bytes accessible)", n);
	}
	static const unsigned shifts[] = { 0, 1, 11, 12, 13, 15, 16, 17, 20, 21, 22, 23, 24, 25, 28, 30, 31, 32, 33, 34, 36,
		44, 48, 56, 63, 64, 76, 80, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(shifts); i++)
		if (create(c, shifts[i], 256 * MIB, 1) == 0)
			again();
}

static void sizes(unsigned shift)
{
	note("== sizes, pages of 2^%u", shift);
	ready();
	static const uint64_t all[] = { 0, 1, 8, 0x800, 0x1000, 0x1001, 0x2000, 0x8000, 0xffff, 0x10000, 0x10001, 0x18000,
		0x20000, 0x30000, 0x80000, 0x100000, 0x180000, 0x200000, 0x1000000, 0x1000001, 0x3000000, 0x10000000,
		0x10001000, 0x18000000, 0x40000000, 0x7fffffff, 0x80000000, 0x80001000, 0x100000000, 0x140000000 };
	for (size_t i = 0; i < COUNT(all); i++)
		if (create(c, shift, all[i], 1) == 0) {
			probe(DYNAMIC);
			tce_remove(c, DYNAMIC);
		}
}

static void huge(void)
{
	section("large windows");
	for (unsigned bit = 37; bit <= 43; bit += 3) {
		again();
		create(c, 24, 1ul << bit, 1);
	}
	section("windows that cannot be");
	again();
	create(c, 24, 1ul << 62, 1);
	create(c, 24, 1ul << 63, 1);
	create(c, 12, 1ul << 63, 1);
	create(c, 12, 0xffffffffffffffff, 1);
	create(c, 12, 0xfffffffffffff000, 1);
	create(c, 16, 0x8000000000010000, 1);
	note("and after that:");
	create(c, 16, 256 * MIB, 1);
}

static void levels(void)
{
	section("levels");
	again();
	static const unsigned all[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 256, 0x10001, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(all); i++) {
		create(c, 16, 256 * MIB, all[i]);
		again();
	}
	for (unsigned l = 0; l <= 6; l++) {
		create(c, 12, MIB, l);
		again();
	}
}

static void removes(void)
{
	section("what TCE_REMOVE looks at");
	again();
	for (unsigned argsz = 0; argsz < 16; argsz += 5) {
		struct vfio_iommu_spapr_tce_remove w = { argsz, 0, 0 };
		call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_REMOVE, &w), "TCE_REMOVE(argsz=%u)", argsz);
	}
	struct vfio_iommu_spapr_tce_remove w = { 16, 1, 0 };
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_REMOVE, &w), "TCE_REMOVE(flags=1)");
	w.argsz = 15;
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_REMOVE, &w), "TCE_REMOVE(argsz=15, flags=1)");
	call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_REMOVE, NULL), "TCE_REMOVE(NULL)");
	for (unsigned n = 4; n < 16; n += 4) {
		struct vfio_iommu_spapr_tce_remove *p = edge(n);
		p->argsz = 16;
		call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_REMOVE, p), "TCE_REMOVE(%u bytes accessible)", n);
	}
	note("none is there, the default one is pending:");
	static const uint64_t starts[] = { 1, 0x1000, 0x10000, 0x3fffffff, 0x40000000, 0x100000000, 0x7ffffffffffffff,
		DYNAMIC, 0x800000000001000, 0xffffffffffffffff };
	for (size_t i = 0; i < COUNT(starts); i++)
		tce_remove(c, starts[i]);
	note("the default one, three times:");
	tce_remove(c, 0);
	tce_remove(c, 0);
	tce_remove(c, 0);
	for (size_t i = 0; i < COUNT(starts); i++)
		tce_remove(c, starts[i]);
	probe(DYNAMIC);
}

static void default_window(void)
{
	section("MAP and UNMAP before memory is registered");
	again();
	unmap(c, 0, 0x1000);
	map_bytes(c, m, "page 0", 0, 0x1000, 3);
	create(c, 16, 256 * MIB, 1);
	unmap(c, 0, 0x1000);
	unmap(c, DYNAMIC, 0x10000);
	section("REGISTER that fails, and that was undone, counts too");
	again();
	reg_bytes(c, UNMAPPED, "unmapped", PAGE);
	unmap(c, 0, 0x1000);
	again();
	reg(c, m, 0, 1);
	unreg(c, m, 0, 1);
	unmap(c, 0, 0x1000);
	section("the default window: pending, made by MAP, UNMAP and TCE_CREATE");
	ready();
	unmap(c, 0, 0x1000);
	unmap(c, 0, 0x1000);
	tce_remove(c, 0);
	unmap(c, 0, 0x1000);
	ready();
	map_bytes(c, m, "page 0", 0, 0x1000, 3);
	tce_remove(c, 0);
	ready();
	create(c, 16, 256 * MIB, 1);
	unmap(c, 0, 0x1000);
	tce_remove(c, 0);
	ready();
	note("a call that fails early leaves it pending:");
	struct vfio_iommu_type1_dma_unmap u = { 4, 0, 0, 0x1000 };
	call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(argsz=4)");
	locked();
	u = (struct vfio_iommu_type1_dma_unmap){ sizeof(u), 1, 0, 0x1000 };
	call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(flags=1)");
	locked();
	map_bytes(c, m, "page 0", 0, 0x1000, 4);
	unmap(c, 0x40000000, 0x1000);
	ready();
	map_bytes(c, m, "page 0", 0x40000000, 0x1000, 3);
	again();
	note("which errors of TCE_CREATE make it:");
	create_raw(39, 0, 16, 0, 256 * MIB, 1, 0);
	create_raw(40, 1, 16, 0, 256 * MIB, 1, 0);
	create(c, 0, 256 * MIB, 1);
	again();
	create(c, 16, 0, 1);
	again();
	create(c, 16, 256 * MIB, 0);
	again();
	create(c, 16, 256 * MIB, 9);
	again();
	section("GET_INFO does not change");
	info(c, 32);
	create(c, 16, 256 * MIB, 1);
	info(c, 32);
	tce_remove(c, 0);
	info(c, 32);
	tce_remove(c, DYNAMIC);
	info(c, 32);
}

static void slots(void)
{
	section("two slots");
	ready();
	create(c, 16, 256 * MIB, 1);
	create(c, 16, 256 * MIB, 1);
	create(c, 12, MIB, 1);
	create(c, 99, 1, 99);
	create_raw(39, 0, 16, 0, 256 * MIB, 1, 0);
	probe(DYNAMIC);
	tce_remove(c, 0);
	probe(DYNAMIC);
	note("slot 0 is free:");
	create(c, 16, 256 * MIB, 1);
	create(c, 12, GIB, 1);
	create(c, 12, 4 * MIB, 1);
	create(c, 16, 256 * MIB, 2);
	probe(DYNAMIC);
	tce_remove(c, 0);
	probe(DYNAMIC);
	tce_remove(c, DYNAMIC);
	tce_remove(c, DYNAMIC);
	probe(DYNAMIC);
	note("both are free:");
	create(c, 12, GIB, 1);
	probe(DYNAMIC);
	create(c, 16, 256 * MIB, 1);
	probe(DYNAMIC);
	create(c, 16, 256 * MIB, 1);
	section("both are removed, the second first");
	ready();
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, DYNAMIC);
	create(c, 16, 512 * MIB, 1);
	tce_remove(c, DYNAMIC);
	tce_remove(c, 0);
	create(c, 12, GIB, 1);
	create(c, 12, GIB, 1);
	tce_remove(c, DYNAMIC);
	create(c, 21, GIB, 1);
	tce_remove(c, 0);
	tce_remove(c, DYNAMIC);
	section("the default one is called off before the first");
	ready();
	tce_remove(c, 0);
	create(c, 16, 256 * MIB, 1);
	probe(DYNAMIC);
	map(c, m, 0, DYNAMIC, 1);
	map(c, m, 0, 0, 1);
	tce_remove(c, 0);
	tce_remove(c, DYNAMIC);
	ready();
	create(c, 16, 256 * MIB, 1);
	section("the group leaves and comes back");
	ready();
	create(c, 16, 256 * MIB, 1);
	unset_container(s.group, "g");
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, 0);
	set_container(s.group, c, "c");
	create(c, 16, 256 * MIB, 1);
	set_iommu(c, T_SPAPR_TCE_v2);
	probe(DYNAMIC);
	create(c, 16, 256 * MIB, 1);
	reg(c, m, 0, 1);
	probe(DYNAMIC);
	section("the container closes first, with two windows");
	ready();
	create(c, 16, 256 * MIB, 1);
	close_it(c, "container");
	close_it(s.group, "group");
	c = 0;
	section("version 1 after windows, and windows after version 1");
	s = spapr_attach(T_SPAPR_TCE);
	enable(s.container);
	map_bytes(s.container, m, "page 0", 0, PAGE, 3);
	spapr_detach(&s);
	ready();
	create(c, 16, 256 * MIB, 1);
}

static void with_mappings(void)
{
	section("windows that go with mappings in them");
	ready();
	create(c, 16, 256 * MIB, 1);
	map(c, m, 0, DYNAMIC, 64);
	map(c, m, 0, 0, 16);
	tce_remove(c, DYNAMIC);
	unreg(c, m, 0, 64);
	reg(c, m, 0, 64);
	tce_remove(c, 0);
	unreg(c, m, 0, 64);
	reg(c, m, 0, 32);
	unreg(c, m, 0, 32);
	reg(c, m, 0, 64);
	create(c, 16, 256 * MIB, 1);
	unmap(c, DYNAMIC, 64 * PAGE);
	unmap(c, 0, 64 * PAGE);
	section("the same, UNREGISTER after the windows");
	m = memory(64);
	ready();
	create(c, 16, 256 * MIB, 1);
	map(c, m, 0, DYNAMIC, 64);
	map(c, m, 0, 0, 16);
	tce_remove(c, DYNAMIC);
	tce_remove(c, 0);
	unreg(c, m, 0, 64);
	reg(c, m, 0, 32);
	unreg(c, m, 0, 32);
}

/* Where a window lies that comes when there is none. */
static void first_windows(void)
{
	section("windows after both were removed, one each time");
	static const struct {
		unsigned shift;
		uint64_t size;
	} first[] = { { 16, 256 * MIB }, { 12, GIB }, { 12, 512 * MIB }, { 12, 4096 }, { 16, GIB }, { 16, PAGE },
		{ 12, 2 * GIB }, { 12, 4 * GIB }, { 21, GIB }, { 24, GIB } };
	for (size_t i = 0; i < COUNT(first); i++) {
		ready();
		create(c, 16, 256 * MIB, 1);
		tce_remove(c, DYNAMIC);
		tce_remove(c, 0);
		create(c, first[i].shift, first[i].size, 1);
		probe(DYNAMIC);
		tce_remove(c, DYNAMIC);
		tce_remove(c, 0);
	}
}

static void shapes(void)
{
	section("page sizes, and where mappings fit");
	static const unsigned shifts[] = { 12, 16, 21, 24 };
	for (size_t i = 0; i < COUNT(shifts); i++) {
		ready();
		uint64_t d = 0;
		if (create_at(c, shifts[i], 256 * MIB, 1, &d) == 0) {
			map_bytes(c, m, "page 0", d, 0x1000, 3);
			map_bytes(c, m, "page 0", d, 0x10000, 3);
			map_bytes(c, m, "page 0", d + 0x1000, 0x1000, 3);
			map_bytes(c, m, "page 0", d + 256 * MIB - 0x10000, 0x10000, 3);
			map_bytes(c, m, "page 0", d + 256 * MIB, 0x10000, 3);
			unmap(c, d, 0x1000);
			unmap(c, d, 0x10000);
			unmap(c, d, 256 * MIB);
		}
	}
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	m = memory(64);
	section("version 1 has none of this");
	s = spapr_attach(T_SPAPR_TCE);
	c = s.container;
	create(c, 16, 256 * MIB, 1);
	tce_remove(c, 0);
	default_window();
	removes();
	slots();
	with_mappings();
	first_windows();
	shapes();
	levels();
	arguments();
	sizes(12);
	sizes(16);
	sizes(24);
	huge();
	spapr_detach(&s);
	return finish();
}
