/* The type1 IOMMU, versions 1 and 2: one body, because what differs between them should be seen in the transcripts. */
#ifndef TRANSCRIPTS_TYPE1_H
#define TRANSCRIPTS_TYPE1_H

#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ALL_PAGES 64

static struct setup s;
static unsigned char *memory; /* ALL_PAGES pages, with holes around them */

struct map { __u32 argsz, flags; __u64 vaddr, iova, size; };
struct unmap { __u32 argsz, flags; __u64 iova, size; };
struct bitmap { __u64 pgsize, size; void *data; };
struct unmap_dirty { struct unmap u; struct bitmap b; };
struct dirty_get { __u32 argsz, flags; __u64 iova, size; struct bitmap b; };

static long map_raw(uint64_t vaddr, uint64_t iova, uint64_t size, unsigned flags)
{
	struct map m = { sizeof(m), flags, vaddr, iova, size };
	return ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m);
}

/* At memory + offset. */
static long map(uint64_t offset, uint64_t iova, uint64_t size, unsigned flags)
{
	return call(map_raw((uintptr_t)memory + offset, iova, size, flags), "MAP(memory+%#lx, iova=%#lx, size=%#lx, flags=%x)", offset, iova, size, flags);
}

static long map_at(const void *p, const char *name, uint64_t iova, uint64_t size, unsigned flags)
{
	return call(map_raw((uintptr_t)p, iova, size, flags), "MAP(%s, iova=%#lx, size=%#lx, flags=%x)", name, iova, size, flags);
}

static long unmap(uint64_t iova, uint64_t size, unsigned flags)
{
	struct unmap u = { sizeof(u), flags, iova, size };
	long r = call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(iova=%#lx, size=%#lx, flags=%x)", iova, size, flags);
	more(" size %#llx", (long long)u.size);
	return r;
}

/* Everything out, without printing. */
static void clear(void)
{
	struct unmap u = { sizeof(u), T_UNMAP_ALL_FLAG, 0, 0 };
	ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u);
}

static void get_info(void)
{
	section("GET_INFO");
	static const unsigned sizes[] = { 0, 1, 4, 8, 15, 16, 17, 19, 20, 21, 23, 24, 25, 31, 32, 100, 103, 104, 105, 112, 128, 255, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		unsigned char b[256];
		memset(b, 0xaa, sizeof(b));
		memcpy(b, &sizes[i], 4);
		call(ioctl(s.container, VFIO_IOMMU_GET_INFO, b), "GET_INFO(argsz=%#x)", sizes[i]);
		more(" ");
		size_t n = sizeof(b);
		while (n > 24 && b[n - 1] == 0xaa)
			n--;
		hex(b, n);
	}
	unsigned char b[4096] = { 0 };
	struct t_type1_info *info = (void *)b;
	info->argsz = sizeof(b);
	call(ioctl(s.container, VFIO_IOMMU_GET_INFO, b), "GET_INFO(argsz=4096)");
	more(" argsz=%u flags=%x pgsizes=%llx cap_offset=%u", info->argsz, info->flags, (long long)info->iova_pgsizes, info->cap_offset);
	for (unsigned at = info->cap_offset, i = 0; at && at < sizeof(b) && i < 16; i++) {
		struct vfio_info_cap_header *h = (void *)(b + at);
		note("at %u: id %u version %u next %u", at, h->id, h->version, h->next);
		if (h->id == 1) {
			uint32_t n;
			memcpy(&n, b + at + 8, 4);
			more(" IOVA ranges %u:", n);
			for (uint32_t k = 0; k < n; k++) {
				uint64_t r[2];
				memcpy(r, b + at + 16 + 16 * k, 16);
				more(" %lx-%lx", r[0], r[1]);
			}
		} else if (h->id == 2) {
			uint32_t f;
			uint64_t v[2];
			memcpy(&f, b + at + 8, 4);
			memcpy(v, b + at + 16, 16);
			more(" migration flags %x pgsizes %lx max bitmap %lx", f, v[0], v[1]);
		} else if (h->id == 3) {
			uint32_t v;
			memcpy(&v, b + at + 8, 4);
			more(" DMA available %u", v);
		}
		at = h->next;
	}
}

static unsigned available(void)
{
	unsigned char b[4096] = { 0 };
	struct t_type1_info *info = (void *)b;
	info->argsz = sizeof(b);
	if (ioctl(s.container, VFIO_IOMMU_GET_INFO, b))
		return 0;
	for (unsigned at = info->cap_offset; at; at = ((struct vfio_info_cap_header *)(b + at))->next)
		if (((struct vfio_info_cap_header *)(b + at))->id == 3)
			return *(uint32_t *)(b + at + 8);
	return 0;
}

static void map_arguments(void)
{
	section("MAP: argsz");
	static const unsigned sizes[] = { 0, 1, 8, 31, 32, 33, 64, 4096, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct map m = { sizes[i], 3, (uintptr_t)memory, 0x100000, PAGE };
		call(ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m), "MAP(argsz=%#x)", sizes[i]);
		clear();
	}
	section("MAP: flags");
	static const unsigned flags[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 0x10, 0x80000003, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++) {
		map(0, 0x100000, PAGE, flags[i]);
		clear();
	}
	section("MAP: addresses and sizes");
	static const struct { uint64_t offset, iova, size; } odd[] = {
		{ 0, 0, PAGE }, { 0, 0x1000, 0 }, { 0, 0x1000, 1 }, { 0, 0x1000, 4095 }, { 0, 0x1000, 4097 }, { 0, 0x1001, PAGE }, { 0, 0x1800, PAGE }, { 1, 0x1000, PAGE }, { 2048, 0x1000, PAGE },
		{ 1, 0x1001, PAGE }, { 1, 1, 1 }, { 0, 0x1000, 2 * PAGE }, { 0, 0x1000, ALL_PAGES * PAGE }, { 0, 0x1000, (ALL_PAGES + 1) * PAGE }, { 0, 0x1000, 1 << 30 }, { 0, 0x1000, 1ul << 38 },
		{ 0, 0x1000, 1ul << 62 }, { 0, 0x1000, 1ul << 63 }, { 0, 0, 1ul << 63 }, { 0, 0x1000, -PAGE }, { 0, 0x1000, -2 * PAGE }, { 0, 0, -PAGE }, { 0, -PAGE, PAGE }, { 0, -PAGE, 2 * PAGE }, { 0, -PAGE, PAGE + 1 },
		{ 0, -1, 1 }, { 0, -1, 2 }, { 0, -2 * PAGE, PAGE }, { 0, -2 * PAGE, 2 * PAGE }, { 0, -2 * PAGE, 3 * PAGE }, { 0, 0x1000, -1 }, { 0, 0x1001, -1 }, { 0, 1, -1 }, { 0, 0, -1 },
	};
	for (size_t i = 0; i < COUNT(odd); i++) {
		map(odd[i].offset, odd[i].iova, odd[i].size, 3);
		clear();
	}
	section("MAP: which error comes first");
	static const struct { uint64_t offset, iova, size; unsigned flags; } order[] = {
		{ 0, 0x1001, 0, 3 }, { 0, 0x1001, 0, 0 }, { 0, -PAGE, 2 * PAGE, 0 }, { 0, -PAGE, 2 * PAGE, 8 }, { 1, -PAGE, 2 * PAGE, 3 }, { 1, -PAGE + 1, 2 * PAGE + 1, 3 },
		{ 0, -PAGE, 2 * PAGE, 5 }, { 0, -PAGE, 2 * PAGE, 4 }, { 0, 0x1001, PAGE, 5 }, { 0, 0x1001, PAGE, 0 }, { 0, 0x1001, PAGE, 4 }, { 0, 0x1000, PAGE, 4 }, { 0, 0, 0, 4 },
	};
	for (size_t i = 0; i < COUNT(order); i++) {
		map(order[i].offset, order[i].iova, order[i].size, order[i].flags);
		clear();
	}
	map_at((void *)-PAGE, "-4096", 0x1000, PAGE, 3);
	map_at((void *)-PAGE, "-4096", 0x1000, 2 * PAGE, 3);
	map_at((void *)-PAGE, "-4096", -PAGE, 2 * PAGE, 3);
	map_at((void *)-PAGE, "-4096", 0x1001, 2 * PAGE, 3);
}

static void windows(void)
{
	section("MAP: the MSI window, the aperture");
	static const struct { uint64_t iova, size; } at[] = {
		{ 0xfee00000, PAGE }, { 0xfeeff000, PAGE }, { 0xfedff000, PAGE }, { 0xfef00000, PAGE }, { 0xfedff000, 2 * PAGE }, { 0xfeeff000, 2 * PAGE }, { 0xfee01000, 2 * PAGE }, { 0xfed00000, 32 * PAGE },
		{ 0xfedfe000, 2 * PAGE }, { 0xfec00000, PAGE }, { 0xff000000, PAGE }, { 0xfffff000, PAGE }, { 0xfffff000, 2 * PAGE }, { 0x100000000, PAGE }, { 0xa0000, PAGE }, { 0, PAGE },
	};
	for (size_t i = 0; i < COUNT(at); i++) {
		map(0, at[i].iova, at[i].size, 3);
		clear();
	}
	for (int bit = 12; bit < 64; bit++) {
		map(0, 1ul << bit, PAGE, 3);
		clear();
		map(0, (1ul << bit) - PAGE, PAGE, 3);
		clear();
		if (bit > 12) {
			map(0, (1ul << bit) - PAGE, 2 * PAGE, 3);
			clear();
		}
	}
}

static void pointers(void)
{
	section("MAP: what is not memory");
	static const struct { void *p; const char *name; } bad[] = {
		{ NULL, "NULL" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" }, { NONCANONICAL, "non-canonical" }, { (void *)0x7ffffffff000, "the last page" },
		{ (void *)0x7fffffffe000, "before the last page" }, { (void *)0xffffffffff600000, "vsyscall" },
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		for (unsigned flags = 1; flags <= 3; flags++) {
			if (bad[i].p == (void *)0x7fffffffe000 || bad[i].p == (void *)0xffffffffff600000)
				continue;
			map_at(bad[i].p, bad[i].name, 0x100000, PAGE, flags);
			clear();
		}
	}
	unsigned char *p = pages(8);
	static const struct { int prot; const char *name; } prots[] = {
		{ PROT_NONE, "PROT_NONE" }, { PROT_READ, "PROT_READ" }, { PROT_READ | PROT_WRITE, "PROT_READ|PROT_WRITE" }, { PROT_READ | PROT_EXEC, "PROT_READ|PROT_EXEC" }, { PROT_EXEC, "PROT_EXEC" },
	};
	for (size_t i = 0; i < COUNT(prots); i++) {
		mprotect(p, PAGE, prots[i].prot);
		for (unsigned flags = 1; flags <= 3; flags++) {
			map_at(p, prots[i].name, 0x100000, PAGE, flags);
			clear();
		}
	}
	section("MAP: memory with holes");
	for (int hole = 0; hole < 4; hole++) {
		p = pages(4);
		munmap(p + hole * PAGE, PAGE);
		char name[32];
		snprintf(name, sizeof(name), "page %d is missing", hole);
		map_at(p, name, 0x100000, 4 * PAGE, 3);
		note("DMA available %u", available());
		map_at(p, name, 0x100000, hole ? hole * PAGE : PAGE, 3);
		clear();
		/* Leave no hole for what comes later to fall into. */
		mmap(p + hole * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	p = pages(4);
	mprotect(p + 2 * PAGE, PAGE, PROT_READ);
	map_at(p, "page 2 is read-only", 0x100000, 4 * PAGE, 3);
	clear();
	map_at(p, "page 2 is read-only", 0x100000, 4 * PAGE, 1);
	clear();
	map_at(p + 4 * PAGE, "the guard page", 0x100000, PAGE, 1);
	map_at(p + 3 * PAGE, "into the guard page", 0x100000, 2 * PAGE, 1);
	section("MAP: kinds of memory");
	int file = memfd_create("memory", MFD_CLOEXEC), ro;
	if (ftruncate(file, 4 * PAGE))
		die("ftruncate");
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	ro = open(path, O_RDONLY);
	static const struct { const char *name; int prot, flags; bool ro; } files[] = {
		{ "shared file", PROT_READ | PROT_WRITE, MAP_SHARED, false }, { "private file", PROT_READ | PROT_WRITE, MAP_PRIVATE, false }, { "shared file, PROT_READ", PROT_READ, MAP_SHARED, false },
		{ "private file, PROT_READ", PROT_READ, MAP_PRIVATE, false }, { "shared file opened read-only", PROT_READ, MAP_SHARED, true }, { "private file opened read-only", PROT_READ | PROT_WRITE, MAP_PRIVATE, true },
	};
	for (size_t i = 0; i < COUNT(files); i++) {
		unsigned char *f = mmap(NULL, 4 * PAGE, files[i].prot, files[i].flags, files[i].ro ? ro : file, 0);
		for (unsigned flags = 1; flags <= 3; flags++) {
			map_at(f, files[i].name, 0x100000, 4 * PAGE, flags);
			clear();
		}
		munmap(f, 4 * PAGE);
	}
	unsigned char *f = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	map_at(f + 3 * PAGE, "the file's last page", 0x100000, PAGE, 3);
	clear();
	map_at(f + 4 * PAGE, "past the file's end", 0x100000, PAGE, 3);
	clear();
	map_at(f + 3 * PAGE, "over the file's end", 0x100000, 2 * PAGE, 3);
	clear();
	unsigned char *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	map_at(a, "shared anonymous", 0x100000, 2 * PAGE, 3);
	clear();
	unsigned char stack[2 * PAGE];
	map_at((void *)(((uintptr_t)stack + PAGE - 1) & ~(PAGE - 1)), "stack", 0x100000, PAGE, 3);
	clear();
	static unsigned char data[2 * PAGE];
	map_at((void *)(((uintptr_t)data + PAGE - 1) & ~(PAGE - 1)), "bss", 0x100000, PAGE, 3);
	clear();
	map_at((void *)((uintptr_t)&map_arguments & ~(PAGE - 1)), "code", 0x100000, PAGE, 1);
	clear();
	map_at((void *)((uintptr_t)&map_arguments & ~(PAGE - 1)), "code", 0x100000, PAGE, 3);
	clear();
	unsigned char *gone = pages(1);
	map_at(gone, "memory unmapped later", 0x100000, PAGE, 3);
	munmap(gone, PAGE);
	map_at(gone, "the same, unmapped", 0x200000, PAGE, 3);
	mmap(gone, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	unmap(0x100000, PAGE, 0);
}

static void overlaps(void)
{
	section("MAP: overlaps and neighbours");
	map(0, 0x10000, 4 * PAGE, 3);
	static const struct { uint64_t iova, pages; } at[] = {
		{ 0x10000, 4 }, { 0x10000, 1 }, { 0x13000, 1 }, { 0x11000, 2 }, { 0xf000, 2 }, { 0x13000, 2 }, { 0xf000, 6 }, { 0xf000, 1 }, { 0x14000, 1 }, { 0, 64 },
	};
	for (size_t i = 0; i < COUNT(at); i++)
		map(0, at[i].iova, at[i].pages * PAGE, 3);
	note("DMA available %u", available());
	map_at(UNMAPPED, "unmapped", 0x10000, PAGE, 3);
	map(1, 0x10000, PAGE, 3);
	map(0, 0x10000, PAGE, 0);
	map_at(memory, "same memory, another address", 0x80000, PAGE, 1);
	unmap(0xf000, 6 * PAGE, 0);
	note("DMA available %u", available());
	clear();
	note("DMA available %u", available());
}

static void fresh(void)
{
	clear();
	for (int i = 0; i < 3; i++)
		if (map_raw((uintptr_t)memory, 0x10000 + i * 8 * PAGE, 4 * PAGE, 3))
			die("map");
}

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
	static const struct { uint64_t iova, size; } odd[] = {
		{ 0x10000, 0 }, { 0x10000, 1 }, { 0x10001, PAGE }, { 0x10001, 0 }, { 0x10000, 4097 }, { 0x10000, 4 * PAGE }, { 0x10000, 3 * PAGE }, { 0x11000, 3 * PAGE }, { 0x11000, 2 * PAGE }, { 0x11000, PAGE },
		{ 0x13000, PAGE }, { 0x10000, PAGE }, { 0xf000, 2 * PAGE }, { 0xf000, PAGE }, { 0xf000, 5 * PAGE }, { 0xf000, 6 * PAGE }, { 0x10000, 5 * PAGE }, { 0x10000, 8 * PAGE }, { 0x10000, 9 * PAGE },
		{ 0x10000, 12 * PAGE }, { 0x10000, 11 * PAGE }, { 0x11000, 11 * PAGE }, { 0x12000, 12 * PAGE }, { 0x14000, 4 * PAGE }, { 0x14000, 5 * PAGE }, { 0x14000, 8 * PAGE }, { 0x10000, 20 * PAGE }, { 0, 64 * PAGE }, { 0, PAGE },
		{ 0, 1ul << 40 }, { 0, 1ul << 62 }, { 0, 1ul << 63 }, { 0, -PAGE }, { PAGE, -PAGE }, { PAGE, -2 * PAGE }, { 2 * PAGE, -PAGE }, { -PAGE, PAGE }, { -PAGE, 2 * PAGE }, { -PAGE + 1, 2 * PAGE }, { -PAGE, PAGE + 1 },
		{ 0, -1 }, { 0x11000, -PAGE }, { 0x900000, PAGE },
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

static void dirty_get(uint64_t iova, uint64_t size, uint64_t pgsize, uint64_t bitmap_size, void *data, const char *where)
{
	/* Mappings that have not been asked about yet: a kernel reports too many pages later, when a bitmap had to be shifted. */
	fresh();
	if (data && bitmap_size <= 64 && !where[0])
		memset(data, 0, 64);
	struct dirty_get g = { sizeof(g), T_DIRTY_GET, iova, size, { pgsize, bitmap_size, data } };
	long r = call(ioctl(s.container, VFIO_IOMMU_DIRTY_PAGES, &g), "DIRTY_PAGES(GET, iova=%#lx, size=%#lx, pgsize=%#lx, bitmap size=%#lx%s)", iova, size, pgsize, bitmap_size, where);
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
	long r = call(ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(GET_DIRTY_BITMAP, argsz=%u, iova=%#lx, size=%#lx, pgsize=%#lx, bitmap size=%#lx)", argsz, iova, size, pgsize, bitmap_size);
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
	static const struct { uint64_t iova, size, pgsize, bitmap; } get[] = {
		{ 0x10000, 4 * PAGE, PAGE, 8 }, { 0x10000, 4 * PAGE, PAGE, 8 }, { 0x10000, 4 * PAGE, PAGE, 0 }, { 0x10000, 4 * PAGE, PAGE, 1 }, { 0x10000, 4 * PAGE, PAGE, 7 }, { 0x10000, 4 * PAGE, PAGE, 9 }, { 0x10000, 4 * PAGE, PAGE, 16 },
		{ 0x10000, 4 * PAGE, 0, 8 }, { 0x10000, 4 * PAGE, 1, 8 }, { 0x10000, 4 * PAGE, 2 * PAGE, 8 }, { 0x10000, 4 * PAGE, 1 << 21, 8 }, { 0x10000, 4 * PAGE, 4097, 8 },
		{ 0x10000, 0, PAGE, 8 }, { 0x10001, PAGE, PAGE, 8 }, { 0x10000, 100, PAGE, 8 }, { 0x11000, PAGE, PAGE, 8 }, { 0x10000, PAGE, PAGE, 8 }, { 0xf000, 6 * PAGE, PAGE, 8 }, { 0x10000, 20 * PAGE, PAGE, 8 }, { 0, 64 * PAGE, PAGE, 8 },
		{ 0, 64 * PAGE, PAGE, 16 }, { 0, 65 * PAGE, PAGE, 8 }, { 0, 65 * PAGE, PAGE, 16 }, { 0x14000, 4 * PAGE, PAGE, 8 }, { -PAGE, 2 * PAGE, PAGE, 8 }, { 0, 1ul << 62, PAGE, 8 }, { 0, 1ul << 40, PAGE, 1 << 28 }, { 0, 1ul << 40, PAGE, (1 << 28) + 8 }, { 0x10000, 4 * PAGE, PAGE, -1 }, { -PAGE, PAGE, PAGE, 8 },
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
	static const struct { unsigned argsz; uint64_t iova, size, pgsize, bitmap; } um[] = {
		{ 24, 0x10000, 4 * PAGE, PAGE, 8 }, { 47, 0x10000, 4 * PAGE, PAGE, 8 }, { 48, 0x10000, 4 * PAGE, PAGE, 0 }, { 48, 0x10000, 4 * PAGE, PAGE, 7 }, { 48, 0x10000, 4 * PAGE, 2 * PAGE, 8 }, { 48, 0x10000, 4 * PAGE, 0, 8 },
		{ 48, 0x10000, 3 * PAGE, PAGE, 8 }, { 48, 0x11000, 3 * PAGE, PAGE, 8 }, { 48, 0x10000, 4 * PAGE, PAGE, 8 }, { 48, 0x10000, 20 * PAGE, PAGE, 8 }, { 48, 0x900000, PAGE, PAGE, 8 }, { 48, 0x10000, 0, PAGE, 8 }, { 48, -PAGE, 2 * PAGE, PAGE, 8 },
		{ 64, 0x10000, 4 * PAGE, PAGE, 16 }, { 48, 0, 64 * PAGE, PAGE, 8 },
	};
	for (size_t i = 0; i < COUNT(um); i++) {
		fresh();
		unmap_dirty(um[i].argsz, um[i].iova, um[i].size, um[i].pgsize, um[i].bitmap, bits);
	}
	fresh();
	static const struct { void *p; const char *name; } bad[] = { { NULL, "NULL" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" } };
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

static void limit(void)
{
	section("as many mappings as there may be");
	long mapped = 0;
	int e = 0;
	for (; mapped < 70000; mapped++)
		if (map_raw((uintptr_t)memory, 0x1000000 + mapped * 2 * PAGE, PAGE, 3)) {
			e = errno;
			break;
		}
	note("%ld mappings, then %s; DMA available %u", mapped, e ? strerrorname_np(e) : "nothing", available());
	map(0, 0x1000000, PAGE, 3);
	map(0, 0x1001000, PAGE, 3);
	map_at(UNMAPPED, "unmapped", 0x1001000, PAGE, 3);
	map(0, 0xfee00000, PAGE, 3);
	unmap(0x1000000, PAGE, 0);
	map(0, 0x1001000, PAGE, 3);
	map(0, 0x1003000, PAGE, 3);
	unmap(0, 0, 2);
	note("DMA available %u", available());
}

static void bar(void)
{
	section("a BAR as memory for DMA");
	s.device = ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	void *p = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s.device, 0);
	if (p == MAP_FAILED)
		die("mmap");
	map_at(p, "BAR0", 0x100000, EDU_BAR_SIZE, 3);
	map_at(p, "BAR0", 0x300000, PAGE, 1);
	map_at(p, "BAR0", 0x400000, EDU_BAR_SIZE + PAGE, 3);
	unmap(0x100000, EDU_BAR_SIZE, 0);
	void *ro = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s.device, 0);
	map_at(ro, "BAR0, PROT_READ", 0x500000, PAGE, 3);
	map_at(ro, "BAR0, PROT_READ", 0x600000, PAGE, 1);
	config_put(s.device, 4, 0x101);
	map_at(p, "BAR0, memory disabled", 0x700000, PAGE, 3);
	config_put(s.device, 4, 0x103);
	map_at(p, "BAR0, enabled again", 0x800000, PAGE, 3);
	clear();
	munmap(p, EDU_BAR_SIZE);
	munmap(ro, PAGE);
	close(s.device);
	s.device = -1;
}

static void forks(void)
{
	section("a child maps its own memory");
	clear();
	map(0, 0x10000, PAGE, 3);
	pid_t pid = child_start();
	if (pid == 0) {
		unsigned char *own = pages(1);
		map_at(own, "the child's own", 0x20000, PAGE, 3);
		map(0, 0x10000, PAGE, 3);
		map(0, 0x30000, PAGE, 3);
		unmap(0x10000, PAGE, 0);
		map(0, 0x40000, PAGE, 3);
		note("DMA available %u", available());
		child_end();
	}
	child_wait(pid);
	note("DMA available %u", available());
	unmap(0x20000, PAGE, 0);
	unmap(0x10000, PAGE, 0);
	map(0, 0x10000, PAGE, 3);
	unmap(0, 0, 2);
	section("a child closes its copies");
	pid = child_start();
	if (pid == 0) {
		close(s.container);
		close(s.group);
		child_end();
	}
	child_wait(pid);
	map(0, 0x10000, PAGE, 3);
	unmap(0, 0, 2);
}

static void reattached(int type)
{
	section("mappings go with the group");
	map(0, 0x10000, PAGE, 3);
	call(ioctl(s.group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	unmap(0x10000, PAGE, 0);
	map(0, 0x10000, PAGE, 3);
	call(ioctl(s.group, VFIO_GROUP_SET_CONTAINER, &s.container), "SET_CONTAINER");
	map(0, 0x10000, PAGE, 3);
	call(ioctl(s.container, VFIO_SET_IOMMU, type), "SET_IOMMU(%d)", type);
	unmap(0x10000, PAGE, 0);
	map(0, 0x10000, PAGE, 3);
	note("DMA available %u", available());
	clear();
}

static int type1_main(int argc, char **argv, int type)
{
	start(argc, argv);
	s = attach(type);
	memory = pages(ALL_PAGES);
	get_info();
	map_arguments();
	windows();
	pointers();
	overlaps();
	unmap_arguments();
	vaddr();
	dirty();
	bar();
	forks();
	reattached(type);
	limit();
	detach(&s);
	return finish();
}

#endif
