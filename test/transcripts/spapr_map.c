/*
 * MAP and UNMAP in both versions: each check in its order, where a window ends, what is registered, what is overwritten, read-only
 * memory and holes.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "spapr.h"

#define DYNAMIC 0x800000000000000ul
static unsigned char *m;
static uint64_t low;
static int c;

static void map_raw(unsigned argsz, unsigned flags, const void *p, uint64_t iova, uint64_t size, const char *what)
{
	struct vfio_iommu_type1_dma_map r = { argsz, flags, (uintptr_t)p, iova, size };
	call(ioctl(c, VFIO_IOMMU_MAP_DMA, &r), "MAP(%s)", what);
	if (r.argsz != argsz || r.flags != flags || r.vaddr != (uintptr_t)p || r.iova != iova || r.size != size)
		more(" bytes change");
	locked();
}

static void unmap_raw(unsigned argsz, unsigned flags, uint64_t iova, uint64_t size, const char *what)
{
	struct vfio_iommu_type1_dma_unmap r = { argsz, flags, iova, size };
	call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &r), "UNMAP(%s)", what);
	if (r.argsz != argsz || r.flags != flags || r.iova != iova || r.size != size)
		more(" bytes change");
	locked();
}

/* Two things are wrong in each: which one is told? */
static void orders(uint64_t window, uint64_t page)
{
	const void *p = m, *odd = m + 1, *nowhere = UNMAPPED;
	uint64_t out = low, bad = window + page / 2;
	map_raw(31, 4, odd, out, 1, "argsz=31, all else is wrong too");
	map_raw(32, 4, odd, out, 1, "flags=4, all but argsz is wrong");
	map_raw(32, 0, odd, out, 1, "no permission, outside, misaligned vaddr and size");
	map_raw(32, 0, odd, window, 1, "no permission, misaligned vaddr and size");
	map_raw(32, 0, odd, window, page, "no permission, misaligned vaddr");
	map_raw(32, 0, p, window, 1, "no permission, misaligned size");
	map_raw(32, 0, p, window, page, "no permission");
	map_raw(32, 3, odd, out, page, "outside, misaligned vaddr");
	map_raw(32, 3, p, out, 1, "outside, misaligned size");
	map_raw(32, 0, p, out, page, "outside, no permission");
	map_raw(32, 3, nowhere, out, page, "outside, unmapped vaddr");
	map_raw(32, 3, p, bad, page, "misaligned iova");
	map_raw(32, 3, odd, bad, page, "misaligned iova, misaligned vaddr");
	map_raw(32, 0, p, bad, page, "misaligned iova, no permission");
	map_raw(32, 3, nowhere, bad, page, "misaligned iova, unmapped vaddr");
	map_raw(32, 3, p, window + 1, page, "iova + 1");
	map_raw(32, 3, p, window, 0, "size 0");
	map_raw(32, 3, nowhere, window, 0, "size 0, unmapped vaddr");
	map_raw(32, 0, p, window, 0, "size 0, no permission");
	map_raw(32, 3, p, out, 0, "size 0, outside");
	map_raw(32, 3, p, bad, 0, "size 0, misaligned iova");
	map_raw(32, 3, nowhere, window, page, "unmapped vaddr");
	map_raw(32, 3, KERNEL_ADDRESS, window, page, "kernel's vaddr");
	map_raw(32, 3, (void *)-PAGE, window, page, "the last page of 64 bits");
	map_raw(32, 3, p, window, 1ul << 63, "size 2^63");
	map_raw(32, 3, p, window, -page, "size 2^64 - one page");
	map_raw(32, 3, p, -page, page, "iova 2^64 - one page");
	map_raw(33, 3, p, window, page, "argsz=33");
	map_raw(0xffffffff, 3, p, window, page, "argsz=0xffffffff");
	unmap_raw(sizeof(struct vfio_iommu_type1_dma_unmap), 0, window, page, "one page");
	unmap_raw(23, 1, out, 1, "argsz=23, all else is wrong too");
	unmap_raw(24, 1, out, 1, "flags=1, outside, misaligned size");
	unmap_raw(24, 2, 0, 0, "flags=2 (ALL)");
	unmap_raw(24, 4, window, page, "flags=4 (VADDR)");
	unmap_raw(24, 0, out, 1, "outside, misaligned size");
	unmap_raw(24, 0, window, 1, "misaligned size");
	unmap_raw(24, 0, bad, page, "misaligned iova");
	unmap_raw(24, 0, window + 1, page, "iova + 1");
	unmap_raw(24, 0, bad, 1, "misaligned iova, misaligned size");
	unmap_raw(24, 0, bad, 0, "misaligned iova, size 0");
	unmap_raw(24, 0, window, 0, "size 0");
	unmap_raw(24, 0, out, 0, "size 0, outside");
	unmap_raw(24, 0, window, 1ul << 63, "size 2^63");
	unmap_raw(24, 0, window, -page, "size 2^64 - one page");
	unmap_raw(24, 0, -page, page, "iova 2^64 - one page");
	unmap_raw(0xffffffff, 0, window, page, "argsz=0xffffffff");
}

/*
 * Around the end of a window of that size. In version 2 no MAP runs over it: Linux 7.3 stops there, since it writes past the end of
 * its list of user space's addresses. On powernv version 1 would write past the end of the table; the pSeries' hypervisor refuses.
 */
static void ends(uint64_t window, uint64_t size, uint64_t page, bool over)
{
	static const int from[] = { -2, -1, 0, 1 };
	for (size_t i = 0; i < COUNT(from); i++)
		for (unsigned n = 1; n <= 3; n++) {
			uint64_t at = window + size + from[i] * page;
			if (over || at >= window + size || at + n * page <= window + size)
				map_bytes(c, m, "page 0", at, n * page, 3);
			unmap(c, at, n * page);
		}
	unmap(c, window, size);
	unmap(c, window, size + page);
	unmap(c, window + page, size);
	if (window) {
		map_bytes(c, m, "page 0", window - page, page, 3);
		map_bytes(c, m, "page 0", window - page, 2 * page, 3);
		unmap(c, window - page, 2 * page);
	}
}

static void contents(uint64_t window)
{
	section("over what is there");
	for (unsigned flags = 0; flags < 4; flags++)
		map_bytes(c, m, "page 0", window, 4 * PAGE, flags);
	map(c, m, 4, window, 4);
	map(c, m, 0, window + 2 * PAGE, 4);
	unmap(c, window + PAGE, PAGE);
	unmap(c, window + PAGE, PAGE);
	unmap(c, window, 16 * PAGE);
	unmap(c, window, 16 * PAGE);
	map(c, m, 0, window, 1);
	map(c, m, 0, window + PAGE, 1);
	map(c, m, 0, window + 2 * PAGE, 1);
	unmap(c, window, 3 * PAGE);
}

static void version1(void)
{
	struct setup s = spapr_attach(T_SPAPR_TCE);
	c = s.container;
	section("version 1, before ENABLE");
	orders(0, 4096);
	section("version 1, enabled");
	enable(c);
	orders(0, 4096);
	section("version 1, the end of the window");
	ends(0, low, 4096, low == GIB);
	contents(0);
	section("version 1, kinds of memory");
	unsigned char *ro = memory(2);
	mprotect(ro, 2 * PAGE, PROT_READ);
	map_bytes(c, ro, "read-only", 0, PAGE, 3);
	map_bytes(c, ro, "read-only", 0, PAGE, 2);
	map_bytes(c, ro, "read-only", 0, PAGE, 1);
	unsigned char *none = pages(1);
	mprotect(none, PAGE, PROT_NONE);
	map_bytes(c, none, "inaccessible", 0, PAGE, 1);
	unsigned char *hole = memory(4);
	munmap(hole + 2 * PAGE, PAGE);
	map_bytes(c, hole, "two pages, then a hole", 0x100000, 4 * PAGE, 3);
	unmap(c, 0x100000, 4 * PAGE);
	unsigned char *fresh = pages(2);
	map_bytes(c, fresh, "never touched", 0x200000, 2 * PAGE, 3);
	map_bytes(c, fresh, "never touched", 0x200000, 2 * PAGE, 1);
	section("version 1, after DISABLE");
	disable(c);
	map(c, m, 0, 0, 1);
	unmap(c, 0, PAGE);
	enable(c);
	unmap(c, 0, low);
	map(c, m, 0, 0, 1);
	spapr_detach(&s);
}

static void regions(void)
{
	section("version 2, what is registered");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	m = memory(64);
	reg(c, m, 8, 8);
	map(c, m, 8, 0, 8);
	map(c, m, 7, 0x100000, 1);
	map(c, m, 7, 0x100000, 2);
	map(c, m, 15, 0x100000, 1);
	map(c, m, 16, 0x200000, 1);
	note("it runs over the end of what is registered: is the first part mapped?");
	map(c, m, 14, 0x300000, 4);
	map_bytes(c, m + 16 * PAGE - 4096, "the last 4 KiB of page 15", 0x400000, 8192, 3);
	map_bytes(c, m + 16 * PAGE - 4096, "the last 4 KiB of page 15", 0x400000, 4096, 3);
	map_bytes(c, m + 8 * PAGE + 4096, "page 8 + 4 KiB", 0x400000, 4096, 3);
	map_bytes(c, m + 8 * PAGE + 2048, "page 8 + 2 KiB", 0x400000, 4096, 3);
	unmap(c, 0, 0x500000);
	note("if something of it were still mapped, half of the region could not be registered:");
	unreg(c, m, 8, 8);
	reg(c, m, 8, 4);
	unreg(c, m, 8, 4);
	section("version 2, two regions side by side");
	reg(c, m, 16, 4);
	reg(c, m, 20, 4);
	map(c, m, 16, 0, 8);
	map(c, m, 18, 0x100000, 4);
	unmap(c, 0, 0x200000);
	unreg(c, m, 16, 4);
	map(c, m, 18, 0x100000, 4);
	map(c, m, 20, 0x100000, 4);
	unmap(c, 0, 0x200000);
	section("version 2, the memory is gone, other memory is at its place, or it is read-only");
	unsigned char *p = memory(4);
	reg_bytes(c, p, "p", 4 * PAGE);
	munmap(p, PAGE);
	map_bytes(c, p, "p, unmapped", 0, PAGE, 3);
	mprotect(p + PAGE, PAGE, PROT_READ);
	map_bytes(c, p + PAGE, "p, made read-only", 0x10000, PAGE, 3);
	mprotect(p + 2 * PAGE, PAGE, PROT_NONE);
	map_bytes(c, p + 2 * PAGE, "p, made inaccessible", 0x20000, PAGE, 3);
	unmap(c, 0, 0x30000);
	unreg_bytes(c, p, "p", 4 * PAGE);
	section("version 2, mapped twice, unmapped once");
	p = memory(4);
	reg_bytes(c, p, "p", 4 * PAGE);
	map_bytes(c, p, "p", 0, 4 * PAGE, 3);
	map_bytes(c, p, "p", 0x100000, 4 * PAGE, 3);
	unmap(c, 0, 4 * PAGE);
	unmap(c, 0x100000, 4 * PAGE);
	unreg_bytes(c, p, "p", 4 * PAGE);
	reg_bytes(c, p, "half of p", 2 * PAGE);
	unreg_bytes(c, p, "half of p", 2 * PAGE);
	section("version 2, overwritten, then unmapped");
	reg_bytes(c, p, "p", 4 * PAGE);
	map_bytes(c, p, "p", 0, 4 * PAGE, 3);
	map_bytes(c, p, "p", 0, 4 * PAGE, 1);
	map_bytes(c, p + PAGE, "p + 1 page", 0, PAGE, 3);
	unmap(c, 0, 4 * PAGE);
	unreg_bytes(c, p, "p", 4 * PAGE);
	reg_bytes(c, p, "half of p", 2 * PAGE);
	unreg_bytes(c, p, "half of p", 2 * PAGE);
	spapr_detach(&s);
}

static void version2(void)
{
	section("version 2, nothing registered yet");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	m = memory(64);
	orders(0, 4096);
	section("version 2, the 32-bit window");
	reg(c, m, 0, 64);
	orders(0, 4096);
	ends(0, low, 4096, false);
	contents(0);
	section("version 2, a dynamic window of pages of 2^16");
	create(c, 16, 256 * MIB, 1);
	orders(DYNAMIC, 0x10000);
	ends(DYNAMIC, 256 * MIB, 0x10000, false);
	contents(DYNAMIC);
	tce_remove(c, DYNAMIC);
	orders(DYNAMIC, 0x10000);
	section("version 2, a dynamic window of pages of 2^12");
	create(c, 12, 4 * MIB, 1);
	ends(DYNAMIC, 4 * MIB, 4096, false);
	contents(DYNAMIC);
	tce_remove(c, DYNAMIC);
	section("version 2, pages of 2^21: larger than the memory's");
	create(c, 21, GIB, 1);
	unsigned char *large = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	large = (unsigned char *)(((uintptr_t)large + 2 * MIB - 1) & ~(2 * MIB - 1));
	madvise(large, 6 * MIB, MADV_NOHUGEPAGE);
	memset(large, 1, 6 * MIB);
	map_bytes(c, large, "2 MiB, not registered", DYNAMIC, 2 * MIB, 3);
	reg_bytes(c, large, "4 MiB", 4 * MIB);
	map_bytes(c, large, "2 MiB", DYNAMIC, 2 * MIB, 3);
	map_bytes(c, large + 2 * MIB, "2 MiB, not all registered", DYNAMIC, 4 * MIB, 3);
	map_bytes(c, large, "1 MiB", DYNAMIC, MIB, 3);
	map_bytes(c, large + MIB, "2 MiB, misaligned", DYNAMIC, 2 * MIB, 3);
	map_bytes(c, large, "2 MiB", DYNAMIC + MIB, 2 * MIB, 3);
	map_bytes(c, large, "2 MiB", 0, 2 * MIB, 3);
	unmap(c, DYNAMIC, 2 * MIB);
	unmap(c, DYNAMIC, 4 * MIB);
	unmap(c, 0, 2 * MIB);
	unreg_bytes(c, large, "4 MiB", 4 * MIB);
	spapr_detach(&s);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	m = memory(64);
	low = low_size();
	version1();
	version2();
	regions();
	return finish();
}
