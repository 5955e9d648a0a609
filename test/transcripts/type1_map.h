/* GET_INFO, and MAP with every bad argument and kind of memory. */
#ifndef TRANSCRIPTS_TYPE1_MAP_H
#define TRANSCRIPTS_TYPE1_MAP_H

#include "type1.h"

static void get_info(void)
{
	section("GET_INFO");
	static const unsigned sizes[] = { 0, 1, 4, 8, 15, 16, 17, 19, 20, 21, 23, 24, 25, 31, 32, 100, 103, 104, 105, 112,
		128, 255, 0x7fffffff, 0xffffffff };
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
	more(" argsz=%u flags=%x pgsizes=%llx cap_offset=%u", info->argsz, info->flags, (long long)info->iova_pgsizes,
		info->cap_offset);
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
	static const struct {
		uint64_t offset, iova, size;
	} odd[] = {
		{ 0, 0, PAGE },
		{ 0, 0x1000, 0 },
		{ 0, 0x1000, 1 },
		{ 0, 0x1000, 4095 },
		{ 0, 0x1000, 4097 },
		{ 0, 0x1001, PAGE },
		{ 0, 0x1800, PAGE },
		{ 1, 0x1000, PAGE },
		{ 2048, 0x1000, PAGE },
		{ 1, 0x1001, PAGE },
		{ 1, 1, 1 },
		{ 0, 0x1000, 2 * PAGE },
		{ 0, 0x1000, ALL_PAGES * PAGE },
		{ 0, 0x1000, (ALL_PAGES + 1) * PAGE },
		{ 0, 0x1000, 1 << 30 },
		{ 0, 0x1000, 1ul << 38 },
		{ 0, 0x1000, 1ul << 62 },
		{ 0, 0x1000, 1ul << 63 },
		{ 0, 0, 1ul << 63 },
		{ 0, 0x1000, -PAGE },
		{ 0, 0x1000, -2 * PAGE },
		{ 0, 0, -PAGE },
		{ 0, -PAGE, PAGE },
		{ 0, -PAGE, 2 * PAGE },
		{ 0, -PAGE, PAGE + 1 },
		{ 0, -1, 1 },
		{ 0, -1, 2 },
		{ 0, -2 * PAGE, PAGE },
		{ 0, -2 * PAGE, 2 * PAGE },
		{ 0, -2 * PAGE, 3 * PAGE },
		{ 0, 0x1000, -1 },
		{ 0, 0x1001, -1 },
		{ 0, 1, -1 },
		{ 0, 0, -1 },
	};
	for (size_t i = 0; i < COUNT(odd); i++) {
		map(odd[i].offset, odd[i].iova, odd[i].size, 3);
		clear();
	}
	section("MAP: which error comes first");
	static const struct {
		uint64_t offset, iova, size;
		unsigned flags;
	} order[] = {
		{ 0, 0x1001, 0, 3 },
		{ 0, 0x1001, 0, 0 },
		{ 0, -PAGE, 2 * PAGE, 0 },
		{ 0, -PAGE, 2 * PAGE, 8 },
		{ 1, -PAGE, 2 * PAGE, 3 },
		{ 1, -PAGE + 1, 2 * PAGE + 1, 3 },
		{ 0, -PAGE, 2 * PAGE, 5 },
		{ 0, -PAGE, 2 * PAGE, 4 },
		{ 0, 0x1001, PAGE, 5 },
		{ 0, 0x1001, PAGE, 0 },
		{ 0, 0x1001, PAGE, 4 },
		{ 0, 0x1000, PAGE, 4 },
		{ 0, 0, 0, 4 },
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
	static const struct {
		uint64_t iova, size;
	} at[] = {
		{ 0xfee00000, PAGE },
		{ 0xfeeff000, PAGE },
		{ 0xfedff000, PAGE },
		{ 0xfef00000, PAGE },
		{ 0xfedff000, 2 * PAGE },
		{ 0xfeeff000, 2 * PAGE },
		{ 0xfee01000, 2 * PAGE },
		{ 0xfed00000, 32 * PAGE },
		{ 0xfedfe000, 2 * PAGE },
		{ 0xfec00000, PAGE },
		{ 0xff000000, PAGE },
		{ 0xfffff000, PAGE },
		{ 0xfffff000, 2 * PAGE },
		{ 0x100000000, PAGE },
		{ 0xa0000, PAGE },
		{ 0, PAGE },
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
	static const struct {
		void *p;
		const char *name;
	} bad[] = {
		{ NULL, "NULL" },
		{ UNMAPPED, "unmapped" },
		{ KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" },
		{ (void *)0x7ffffffff000, "the last page" },
		{ (void *)0x7fffffffe000, "before the last page" },
		{ (void *)0xffffffffff600000, "vsyscall" },
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
	static const struct {
		int prot;
		const char *name;
	} prots[] = {
		{ PROT_NONE, "PROT_NONE" },
		{ PROT_READ, "PROT_READ" },
		{ PROT_READ | PROT_WRITE, "PROT_READ|PROT_WRITE" },
		{ PROT_READ | PROT_EXEC, "PROT_READ|PROT_EXEC" },
		{ PROT_EXEC, "PROT_EXEC" },
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
	static const struct {
		const char *name;
		int prot, flags;
		bool ro;
	} files[] = {
		{ "shared file", PROT_READ | PROT_WRITE, MAP_SHARED, false },
		{ "private file", PROT_READ | PROT_WRITE, MAP_PRIVATE, false },
		{ "shared file, PROT_READ", PROT_READ, MAP_SHARED, false },
		{ "private file, PROT_READ", PROT_READ, MAP_PRIVATE, false },
		{ "shared file opened read-only", PROT_READ, MAP_SHARED, true },
		{ "private file opened read-only", PROT_READ | PROT_WRITE, MAP_PRIVATE, true },
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
	static const struct {
		uint64_t iova, pages;
	} at[] = {
		{ 0x10000, 4 },
		{ 0x10000, 1 },
		{ 0x13000, 1 },
		{ 0x11000, 2 },
		{ 0xf000, 2 },
		{ 0x13000, 2 },
		{ 0xf000, 6 },
		{ 0xf000, 1 },
		{ 0x14000, 1 },
		{ 0, 64 },
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

#endif
