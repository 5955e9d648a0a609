/* UNMAP in all its forms, VADDR updates, and the dirty bitmaps. */
#ifndef TRANSCRIPTS_TYPE1_UNMAP_H
#define TRANSCRIPTS_TYPE1_UNMAP_H

#include "type1.h"

static void unmap_arguments(void)
{
	section("UNMAP: argsz and flags");
	static const unsigned sizes[] = { 0, 8, 23, 24, 25, 47, 48, 4096, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		fresh();
		struct unmap_dirty u = { { sizes[i], 0, 0x10000, 4 * PAGE }, { 0 } };
		call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(argsz=%#x)", sizes[i]);
		more(" size %#llx", (long long)u.u.size);
	}
	static const unsigned flags[] = { 8, 0x10, 0x80000000, 0xffffffff, 1, 3, 5, 6, 7 };
	for (size_t i = 0; i < COUNT(flags); i++) {
		fresh();
		unmap(0x10000, 4 * PAGE, flags[i]);
		unmap(0, 0, flags[i]);
	}
	section("UNMAP: addresses and sizes (mapped: 10000, 18000, 20000, each 4 pages)");
	static const struct {
		uint64_t iova, size;
	} odd[] = {
		{ 0x10000, 0 },
		{ 0x10000, 1 },
		{ 0x10001, PAGE },
		{ 0x10001, 0 },
		{ 0x10000, 4097 },
		{ 0x10000, 4 * PAGE },
		{ 0x10000, 3 * PAGE },
		{ 0x11000, 3 * PAGE },
		{ 0x11000, 2 * PAGE },
		{ 0x11000, PAGE },
		{ 0x13000, PAGE },
		{ 0x10000, PAGE },
		{ 0xf000, 2 * PAGE },
		{ 0xf000, PAGE },
		{ 0xf000, 5 * PAGE },
		{ 0xf000, 6 * PAGE },
		{ 0x10000, 5 * PAGE },
		{ 0x10000, 8 * PAGE },
		{ 0x10000, 9 * PAGE },
		{ 0x10000, 12 * PAGE },
		{ 0x10000, 11 * PAGE },
		{ 0x11000, 11 * PAGE },
		{ 0x12000, 12 * PAGE },
		{ 0x14000, 4 * PAGE },
		{ 0x14000, 5 * PAGE },
		{ 0x14000, 8 * PAGE },
		{ 0x10000, 20 * PAGE },
		{ 0, 64 * PAGE },
		{ 0, PAGE },
		{ 0, 1ul << 40 },
		{ 0, 1ul << 62 },
		{ 0, 1ul << 63 },
		{ 0, -PAGE },
		{ PAGE, -PAGE },
		{ PAGE, -2 * PAGE },
		{ 2 * PAGE, -PAGE },
		{ -PAGE, PAGE },
		{ -PAGE, 2 * PAGE },
		{ -PAGE + 1, 2 * PAGE },
		{ -PAGE, PAGE + 1 },
		{ 0, -1 },
		{ 0x11000, -PAGE },
		{ 0x900000, PAGE },
	};
	for (size_t i = 0; i < COUNT(odd); i++) {
		fresh();
		unsigned before = available();
		unmap(odd[i].iova, odd[i].size, 0);
		more(", mappings gone %u", available() - before);
	}
	section("UNMAP: all");
	fresh();
	unmap(0, PAGE, 2);
	unmap(PAGE, 0, 2);
	unmap(1, 0, 2);
	unmap(0, 0, 2);
	unmap(0, 0, 2);
	section("UNMAP: of nothing");
	unmap(0x10000, PAGE, 0);
	unmap(0, 1ul << 30, 0);
	section("UNMAP: pieces, until nothing is left");
	map(0, 0x100000, 8 * PAGE, 3);
	for (int i = 7; i >= 0; i--)
		unmap(0x100000 + i * PAGE, PAGE, 0);
	unmap(0x100000, 8 * PAGE, 0);
	map(0, 0x100000, 8 * PAGE, 3);
	clear();
	for (int i = 0; i < 8; i++)
		map(i * PAGE, 0x100000 + i * PAGE, PAGE, 3);
	unmap(0x102000, 3 * PAGE, 0);
	unmap(0x100000, 8 * PAGE, 0);
}

static void vaddr(void)
{
	section("VADDR: invalidate and update");
	clear();
	map(0, 0x10000, 4 * PAGE, 3);
	map(4 * PAGE, 0x20000, 4 * PAGE, 3);
	map(8 * PAGE, 0x10000, 4 * PAGE, 4);
	unmap(0x10000, 4 * PAGE, 4);
	unmap(0x10000, 4 * PAGE, 4);
	map(0, 0x30000, PAGE, 3);
	map(0, 0x10000, 4 * PAGE, 3);
	map(8 * PAGE, 0x10000, 3 * PAGE, 4);
	map(8 * PAGE, 0x11000, 3 * PAGE, 4);
	map(8 * PAGE, 0x10000, 5 * PAGE, 4);
	map(8 * PAGE, 0x40000, 4 * PAGE, 4);
	map(8 * PAGE, 0x20000, 4 * PAGE, 4);
	map_at(UNMAPPED, "unmapped", 0x10000, 4 * PAGE, 4);
	unmap(0x10000, 4 * PAGE, 4);
	map(8 * PAGE, 0x10000, 4 * PAGE, 4);
	map(8 * PAGE, 0x10000, 4 * PAGE, 4);
	unmap(0x10000, 4 * PAGE, 0);
	unmap(0x20000, 4 * PAGE, 4);
	unmap(0x20000, 4 * PAGE, 0);
	map(0, 0x50000, 4 * PAGE, 3);
	unmap(0, 0, 6);
	unmap(0, 0, 6);
	map(0, 0x30000, PAGE, 4);
	map(0, 0x50000, 4 * PAGE, 4);
	unmap(0, 0x100000, 4);
	unmap(0, 0x100000, 4);
	map(0, 0x30000, PAGE, 4);
	map(0, 0x60000, PAGE, 3);
	unmap(0, 0x100000, 4);
	map(0, 0x30000, PAGE, 4);
	unmap(0x11000, PAGE, 4);
	unmap(0x51000, PAGE, 4);
	unmap(0x90000, PAGE, 4);
	unmap(0, 0, 2);
}

static void dirty_raw(unsigned argsz, unsigned flags)
{
	struct dirty_get g = { argsz, flags, 0x10000, 4 * PAGE, { PAGE, 8, pages(1) } };
	call(ioctl(s.container, VFIO_IOMMU_DIRTY_PAGES, &g), "DIRTY_PAGES(argsz=%#x, flags=%x)", argsz, flags);
}

static void dirty_get(
	uint64_t iova, uint64_t size, uint64_t pgsize, uint64_t bitmap_size, void *data, const char *where)
{
	/* Mappings that have not been asked about yet: a kernel reports too many pages later, when a bitmap had to be
	 * shifted. */
	fresh();
	if (data && bitmap_size <= 64 && !where[0])
		memset(data, 0, 64);
	struct dirty_get g = { sizeof(g), T_DIRTY_GET, iova, size, { pgsize, bitmap_size, data } };
	long r = call(ioctl(s.container, VFIO_IOMMU_DIRTY_PAGES, &g),
		"DIRTY_PAGES(GET, iova=%#lx, size=%#lx, pgsize=%#lx, bitmap size=%#lx%s)", iova, size, pgsize, bitmap_size,
		where);
	if (r == 0 && data && bitmap_size <= 64) {
		more(" ");
		hex(data, bitmap_size);
	}
}

static void unmap_dirty(unsigned argsz, uint64_t iova, uint64_t size, uint64_t pgsize, uint64_t bitmap_size, void *data)
{
	if (data && bitmap_size <= 64)
		memset(data, 0, 64);
	struct unmap_dirty u = { { argsz, T_UNMAP_DIRTY, iova, size }, { pgsize, bitmap_size, data } };
	long r = call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u),
		"UNMAP(GET_DIRTY_BITMAP, argsz=%u, iova=%#lx, size=%#lx, pgsize=%#lx, bitmap size=%#lx)", argsz, iova, size,
		pgsize, bitmap_size);
	more(" size %#llx", (long long)u.u.size);
	if (r == 0 && data && bitmap_size <= 64) {
		more(" ");
		hex(data, bitmap_size);
	}
}

static void dirty(void)
{
	section("DIRTY_PAGES: argsz and flags, tracking off");
	fresh();
	unsigned char *bits = pages(1);
	static const unsigned sizes[] = { 0, 4, 7, 8, 9, 16, 47, 48, 49, 4096 };
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (unsigned f = 2; f <= 4; f *= 2)
			dirty_raw(sizes[i], f);
	static const unsigned flags[] = { 0, 3, 5, 6, 7, 8, 9, 0x80000001, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++)
		dirty_raw(sizeof(struct dirty_get), flags[i]);
	dirty_get(0x10000, 4 * PAGE, PAGE, 8, bits, "");
	unmap_dirty(48, 0x10000, 4 * PAGE, PAGE, 8, bits);
	section("DIRTY_PAGES: tracking on");
	fresh();
	for (int i = 0; i < 2; i++)
		dirty_raw(8, T_DIRTY_START);
	static const struct {
		uint64_t iova, size, pgsize, bitmap;
	} get[] = {
		{ 0x10000, 4 * PAGE, PAGE, 8 },
		{ 0x10000, 4 * PAGE, PAGE, 8 },
		{ 0x10000, 4 * PAGE, PAGE, 0 },
		{ 0x10000, 4 * PAGE, PAGE, 1 },
		{ 0x10000, 4 * PAGE, PAGE, 7 },
		{ 0x10000, 4 * PAGE, PAGE, 9 },
		{ 0x10000, 4 * PAGE, PAGE, 16 },
		{ 0x10000, 4 * PAGE, 0, 8 },
		{ 0x10000, 4 * PAGE, 1, 8 },
		{ 0x10000, 4 * PAGE, 2 * PAGE, 8 },
		{ 0x10000, 4 * PAGE, 1 << 21, 8 },
		{ 0x10000, 4 * PAGE, 4097, 8 },
		{ 0x10000, 0, PAGE, 8 },
		{ 0x10001, PAGE, PAGE, 8 },
		{ 0x10000, 100, PAGE, 8 },
		{ 0x11000, PAGE, PAGE, 8 },
		{ 0x10000, PAGE, PAGE, 8 },
		{ 0xf000, 6 * PAGE, PAGE, 8 },
		{ 0x10000, 20 * PAGE, PAGE, 8 },
		{ 0, 64 * PAGE, PAGE, 8 },
		{ 0, 64 * PAGE, PAGE, 16 },
		{ 0, 65 * PAGE, PAGE, 8 },
		{ 0, 65 * PAGE, PAGE, 16 },
		{ 0x14000, 4 * PAGE, PAGE, 8 },
		{ -PAGE, 2 * PAGE, PAGE, 8 },
		{ 0, 1ul << 62, PAGE, 8 },
		{ 0, 1ul << 40, PAGE, 1 << 28 },
		{ 0, 1ul << 40, PAGE, (1 << 28) + 8 },
		{ 0x10000, 4 * PAGE, PAGE, -1 },
		{ -PAGE, PAGE, PAGE, 8 },
	};
	for (size_t i = 0; i < COUNT(get); i++)
		dirty_get(get[i].iova, get[i].size, get[i].pgsize, get[i].bitmap, bits, "");
	dirty_get(0x10000, 4 * PAGE, PAGE, 8, NULL, ", at NULL");
	dirty_get(0x10000, 4 * PAGE, PAGE, 8, UNMAPPED, ", unmapped");
	dirty_get(0x10000, 4 * PAGE, PAGE, 8, KERNEL_ADDRESS, ", kernel address");
	dirty_get(0x10000, 4 * PAGE, PAGE, 8, edge(4), ", 4 bytes before unmapped memory");
	memset(bits, 0, 64);
	dirty_get(0x10000, 4 * PAGE, PAGE, 8, bits + 3, ", unaligned");
	section("UNMAP with the dirty bitmap");
	static const struct {
		unsigned argsz;
		uint64_t iova, size, pgsize, bitmap;
	} um[] = {
		{ 24, 0x10000, 4 * PAGE, PAGE, 8 },
		{ 47, 0x10000, 4 * PAGE, PAGE, 8 },
		{ 48, 0x10000, 4 * PAGE, PAGE, 0 },
		{ 48, 0x10000, 4 * PAGE, PAGE, 7 },
		{ 48, 0x10000, 4 * PAGE, 2 * PAGE, 8 },
		{ 48, 0x10000, 4 * PAGE, 0, 8 },
		{ 48, 0x10000, 3 * PAGE, PAGE, 8 },
		{ 48, 0x11000, 3 * PAGE, PAGE, 8 },
		{ 48, 0x10000, 4 * PAGE, PAGE, 8 },
		{ 48, 0x10000, 20 * PAGE, PAGE, 8 },
		{ 48, 0x900000, PAGE, PAGE, 8 },
		{ 48, 0x10000, 0, PAGE, 8 },
		{ 48, -PAGE, 2 * PAGE, PAGE, 8 },
		{ 64, 0x10000, 4 * PAGE, PAGE, 16 },
		{ 48, 0, 64 * PAGE, PAGE, 8 },
	};
	for (size_t i = 0; i < COUNT(um); i++) {
		fresh();
		unmap_dirty(um[i].argsz, um[i].iova, um[i].size, um[i].pgsize, um[i].bitmap, bits);
	}
	fresh();
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" } };
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct unmap_dirty u = { { 48, T_UNMAP_DIRTY, 0x10000, 4 * PAGE }, { PAGE, 8, bad[i].p } };
		call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(GET_DIRTY_BITMAP, bitmap at %s)", bad[i].name);
		more(" size %#llx", (long long)u.u.size);
	}
	note("DMA available %u", available());
	unmap(0, 0, T_UNMAP_DIRTY | T_UNMAP_ALL_FLAG);
	unmap(0x20000, 4 * PAGE, 0);
	dirty_get(0x18000, 4 * PAGE, PAGE, 8, bits, "");
	for (int i = 0; i < 2; i++)
		dirty_raw(8, T_DIRTY_STOP);
	dirty_get(0x18000, 4 * PAGE, PAGE, 8, bits, "");
	clear();
}

#endif
