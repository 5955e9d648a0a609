/*
 * Dirty tracking by page tables: which pages devices wrote. A real kernel is asked with its own mock of an IOMMU (CONFIG_IOMMUFD_TEST):
 * its devices write nothing, but its page tables can be told that a page was written. Where there is none, edu writes. The mock's pages are
 * of 2 KiB and it translates from 16 MiB to 2 GiB, so that addresses stay in there, and both halves of a page of 4 KiB are written.
 */
/* machine: real -d edu ; ours --dirty-tracking=on --device edu,addr=0000:00:05.0 */
#include "iommufd_mock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void set_checks(void)
{
	section("turning it on");
	__u32 s = begin(), plain = table(0, s), t = table(TRACKED, s);
	struct t_hw_info h = { .size = sizeof(h), .dev_id = dev };
	call(ioctl(iommu, T_GET_HW_INFO, &h), "GET_HW_INFO()");
	more(" tracks=%llu", (unsigned long long)h.capabilities & 1);
	table(TRACKED | 4, s);
	table(TRACKED, 0);
	table(TRACKED, t);
	struct t_set_dirty set = { sizeof(set), 0, t, 1 };
	call(ioctl(iommu, T_SET_DIRTY, &set), "SET_DIRTY(reserved=1)");
	for (unsigned bit = 1; bit < 32; bit++)
		track(t, 1u << bit, "tracked");
	track(t, 3, "tracked");
	set.hwpt_id = plain;
	call(ioctl(iommu, T_SET_DIRTY, &set), "SET_DIRTY(plain, reserved=1)");
	track(plain, 1, "plain");
	track(plain, 0, "plain");
	track(s, 1, "an IOAS");
	track(dev, 1, "a device");
	track(0, 1, "0");
	track(99, 1, "99");
	track(t, 0, "tracked");
	track(t, 1, "tracked");
	track(t, 1, "tracked");
	track(t, 0, "tracked");
	track(t, 0, "tracked");
	struct t_set_dirty *p = edge(16);
	*p = (struct t_set_dirty){ 12, 1, t, 0 };
	call(ioctl(iommu, T_SET_DIRTY, p), "SET_DIRTY(size=12)");
	p->size = 16;
	mprotect((void *)((uintptr_t)p & -PAGE), PAGE, PROT_READ);
	call(ioctl(iommu, T_SET_DIRTY, p), "SET_DIRTY(read-only structure)");
	replace(t, "tracked");
	track(t, 1, "tracked");
	destroy(iommu, 99);
	struct t_destroy d = { sizeof(d), t };
	call(ioctl(iommu, T_DESTROY, &d), "DESTROY(tracked, attached)");
	replace(plain, "plain");
	call(ioctl(iommu, T_DESTROY, &d), "DESTROY(tracked, on)");
	track(t, 1, "gone");
	end();
}

static void range_checks(void)
{
	section("what a range may be");
	__u32 s = begin(), plain = table(0, s), t = table(TRACKED, s);
	map(iommu, s, T_FIXED_RW, memory, 64 * PAGE, BASE, "va");
	get(plain, 0, BASE, 64 * PAGE, PAGE);
	get(t, 0, BASE, 64 * PAGE, PAGE);
	get(t, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	get(t, 0, BASE + 1, 64 * PAGE, PAGE);
	track(t, 1, "tracked");
	replace(t, "tracked");
	device_writes(t, BASE + 2 * PAGE, 3);
	device_writes(t, BASE + 63 * PAGE, 1);
	for (unsigned bit = 1; bit < 32; bit++)
		get(t, 1u << bit, BASE, 64 * PAGE, PAGE);
	get(plain, 0, BASE, 64 * PAGE, PAGE);
	get(s, 0, BASE, 64 * PAGE, PAGE);
	get(dev, 0, BASE, 64 * PAGE, PAGE);
	get(0, 0, BASE, 64 * PAGE, PAGE);
	static const struct {
		__u64 iova, length, page_size;
	} cases[] = {
		{ BASE, 0, PAGE }, { 0, 0, PAGE }, { BASE + 1, 64 * PAGE, PAGE }, { BASE, 64 * PAGE - 1, PAGE },
		{ BASE + 512, PAGE - 512, PAGE }, { BASE, 512, 512 }, { BASE, 64 * PAGE, 0 }, { BASE + PAGE, 4 * PAGE, 8 * PAGE },
		{ BASE, 4 * PAGE, 8 * PAGE }, { -PAGE, 2 * PAGE, PAGE }, { -PAGE, PAGE, PAGE }, { 1ull << 60, PAGE, PAGE },
		{ BASE, -PAGE, PAGE }, { 0, BASE, PAGE }, { BASE - PAGE, 2 * PAGE, PAGE }, { BASE + 64 * PAGE, PAGE, PAGE },
		{ BASE + 64 * PAGE, 64 * PAGE, PAGE }, { BASE, 64 * PAGE, 1ull << 63 }, { BASE, 64 * PAGE, 3 },
	};
	for (size_t k = 0; k < COUNT(cases); k++)
		get(t, NO_CLEAR, cases[k].iova, cases[k].length, cases[k].page_size);
	section("what a bit stands for");
	static const __u64 sizes[] = { 1, 2, 64, 512, 1024, 2048, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000,
		0x80000, 0x100000, 0x1800, 0x3000, 0x5000, 0x1001 };
	for (size_t k = 0; k < COUNT(sizes); k++)
		get(t, NO_CLEAR, BASE, 64 * PAGE, sizes[k]);
	section("parts of it");
	static const unsigned parts[][2] = { { 0, 1 }, { 0, 3 }, { 1, 3 }, { 2, 1 }, { 3, 1 }, { 3, 61 }, { 4, 59 }, { 5, 58 },
		{ 5, 59 }, { 62, 2 }, { 63, 1 }, { 0, 65 }, { 63, 2 } };
	for (size_t k = 0; k < COUNT(parts); k++)
		get(t, NO_CLEAR, BASE + parts[k][0] * PAGE, parts[k][1] * PAGE, PAGE);
	section("clearing");
	get(t, 0, BASE, 3 * PAGE, PAGE);
	get(t, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	get(t, 0, BASE, 64 * PAGE, 0x40000);
	get(t, 0, BASE, 64 * PAGE, PAGE);
	get(t, 0, BASE, 64 * PAGE, PAGE);
	end();
}

/* What the client's bitmap holds already, and where it may be. */
static void bitmaps(void)
{
	section("the client's bitmap");
	__u32 s = begin(), t = table(TRACKED, s);
	map(iommu, s, T_FIXED_RW, memory, 64 * PAGE, BASE, "va");
	replace(t, "tracked");
	track(t, 1, "tracked");
	unsigned char b[32];
	for (unsigned at = 0; at < 9; at++) {
		device_writes(t, BASE + 9 * PAGE, 3);
		memset(b, 0x80, sizeof(b));
		get_at(t, NO_CLEAR, BASE, 64 * PAGE, PAGE, b + at, ", full of 80");
		more(" ");
		hex(b, sizeof(b));
		memset(b, 0, sizeof(b));
		get_at(t, 0, BASE + at * PAGE, (64 - at) * PAGE, PAGE, b, "");
		more(" ");
		hex(b, sizeof(b));
	}
	static const struct {
		const char *name;
		void *where;
	} bad[] = { { ", NULL", NULL }, { ", unmapped", UNMAPPED }, { ", kernel address", KERNEL_ADDRESS },
		{ ", non-canonical", NONCANONICAL }, { ", -1", (void *)-1l } };
	for (size_t k = 0; k < COUNT(bad); k++) {
		get_at(t, 0, BASE, 64 * PAGE, PAGE, bad[k].where, bad[k].name);
		device_writes(t, BASE + 9 * PAGE, 3);
		get_at(t, NO_CLEAR, BASE, 64 * PAGE, PAGE, bad[k].where, bad[k].name);
		get(t, NO_CLEAR, BASE, 64 * PAGE, PAGE);
		get_at(t, 0, BASE, 64 * PAGE, PAGE, bad[k].where, bad[k].name);
		get(t, 0, BASE, 64 * PAGE, PAGE);
	}
	section("a bitmap that runs into nothing");
	device_writes(t, BASE, 64);
	for (unsigned room = 0; room < 10; room++) {
		unsigned char *e = edge(room);
		get_at(t, NO_CLEAR, BASE, 64 * PAGE, PAGE, e, "");
		more(" %u bytes: ", room);
		hex(e, room);
	}
	get_at(t, 0, BASE, 64 * PAGE, PAGE, edge(3), ", 3 bytes");
	get(t, 0, BASE, 64 * PAGE, PAGE);
	device_writes(t, BASE + 40 * PAGE, 1);
	device_writes(t, BASE + 2 * PAGE, 1);
	get_at(t, 0, BASE, 64 * PAGE, PAGE, edge(3), ", 3 bytes");
	get(t, 0, BASE, 64 * PAGE, PAGE);
	unsigned char *first = (unsigned char *)pages(2) + PAGE;
	munmap(first - PAGE, PAGE);
	device_writes(t, BASE + 40 * PAGE, 1);
	get_at(t, NO_CLEAR, BASE, 64 * PAGE, PAGE, first - 3, ", first 3 bytes missing");
	more(" ");
	hex(first, 8);
	device_writes(t, BASE + 2 * PAGE, 1);
	get_at(t, NO_CLEAR, BASE, 64 * PAGE, PAGE, first - 3, ", first 3 bytes missing");
	more(" ");
	hex(first, 8);
	section("a bitmap that may not be written");
	unsigned char *ro = pages(1);
	mprotect(ro, PAGE, PROT_READ);
	get_at(t, 0, BASE, 64 * PAGE, PAGE, ro, ", read-only");
	more(" ");
	hex(ro, 8);
	get(t, 0, BASE, 64 * PAGE, PAGE);
	get_at(t, 0, BASE, 64 * PAGE, PAGE, ro, ", read-only");
	struct t_get_dirty *p = edge(48);
	*p = (struct t_get_dirty){ 47, t, 0, 0, BASE, 64 * PAGE, PAGE, (uintptr_t)b };
	call(ioctl(iommu, T_GET_DIRTY, p), "GET_DIRTY(size=47)");
	p->size = 48;
	p->reserved = 1;
	call(ioctl(iommu, T_GET_DIRTY, p), "GET_DIRTY(reserved=1)");
	p->reserved = 0;
	mprotect((void *)((uintptr_t)p & -PAGE), PAGE, PROT_READ);
	call(ioctl(iommu, T_GET_DIRTY, p), "GET_DIRTY(read-only structure)");
	end();
}

static void mappings(void)
{
	section("several mappings, and holes");
	__u32 s = begin(), t = table(TRACKED, s);
	map(iommu, s, T_FIXED_RW, memory, 4 * PAGE, BASE, "va");
	map(iommu, s, T_FIXED_RW, memory, 4 * PAGE, BASE + 4 * PAGE, "va");
	map(iommu, s, T_FIXED_RW, memory, 4 * PAGE, BASE + 12 * PAGE, "va");
	replace(t, "tracked");
	track(t, 1, "tracked");
	for (unsigned round = 0; round < 2; round++) {
		unsigned flags = round == 0 ? NO_CLEAR : 0;
		device_writes(t, BASE + 3 * PAGE, 2);
		device_writes(t, BASE + 13 * PAGE, 1);
		get(t, flags, BASE, 8 * PAGE, PAGE);
		device_writes(t, BASE + 3 * PAGE, 2);
		get(t, flags, BASE + PAGE, 6 * PAGE, PAGE);
		device_writes(t, BASE + 3 * PAGE, 2);
		get(t, flags, BASE, 16 * PAGE, PAGE);
		get(t, flags, BASE, 9 * PAGE, PAGE);
		get(t, flags, BASE + 8 * PAGE, 8 * PAGE, PAGE);
		get(t, flags, BASE + 12 * PAGE, 4 * PAGE, PAGE);
		get(t, flags, BASE + 12 * PAGE, 4 * PAGE, PAGE);
	}
	section("what is unmapped");
	device_writes(t, BASE, 8);
	unmap(iommu, s, BASE + 4 * PAGE, 4 * PAGE);
	get(t, NO_CLEAR, BASE, 4 * PAGE, PAGE);
	get(t, NO_CLEAR, BASE + 4 * PAGE, 4 * PAGE, PAGE);
	map(iommu, s, T_FIXED_RW, memory, 4 * PAGE, BASE + 4 * PAGE, "va");
	get(t, 0, BASE, 8 * PAGE, PAGE);
	device_writes(t, BASE + 6 * PAGE, 1);
	get(t, 0, BASE, 8 * PAGE, PAGE);
	section("what is mapped twice");
	copy(iommu, s, s, T_FIXED_RW, 2 * PAGE, BASE + 8 * PAGE, BASE + PAGE);
	device_writes(t, BASE + 8 * PAGE, 1);
	get(t, NO_CLEAR, BASE, 10 * PAGE, PAGE);
	device_writes(t, BASE + 2 * PAGE, 1);
	get(t, 0, BASE, 10 * PAGE, PAGE);
	unmap(iommu, s, 0, -1);
	get(t, 0, BASE, 10 * PAGE, PAGE);
	section("as many as there are");
	for (unsigned k = 0; k < 10; k++)
		map(iommu, s, T_FIXED_RW, memory, MANY * PAGE, BASE + k * MANY * PAGE, "va");
	for (unsigned k = 1; k < 10 * MANY; k = k * 3 + 1)
		device_writes(t, BASE + k * PAGE, 1);
	get(t, NO_CLEAR, BASE, 10 * MANY * PAGE, PAGE);
	get(t, NO_CLEAR, BASE, 10 * MANY * PAGE, 2 * PAGE);
	get(t, NO_CLEAR, BASE + 1000 * PAGE, (10 * MANY - 1000) * PAGE, PAGE);
	get(t, 0, BASE + 1000 * PAGE, 9 * MANY * PAGE, PAGE);
	get(t, 0, BASE, 10 * MANY * PAGE, PAGE);
	unsigned char *far = pages(2);
	munmap(far + PAGE, PAGE);
	device_writes(t, BASE, 1);
	device_writes(t, BASE + (9 * MANY) * PAGE, 1);
	get_at(t, NO_CLEAR, BASE, 10 * MANY * PAGE, PAGE, far, ", a page of bitmap");
	bits(far, PAGE);
	end();
}

static void tables(void)
{
	section("two tables of one address space");
	__u32 s = begin(), a = table(TRACKED, s), b = table(TRACKED, s), plain = table(0, s);
	map(iommu, s, T_FIXED_RW, memory, 64 * PAGE, BASE, "va");
	replace(a, "a");
	track(a, 1, "a");
	device_writes(a, BASE, 2);
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	get(b, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	replace(b, "b");
	track(b, 1, "b");
	get(b, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	device_writes(b, BASE + 8 * PAGE, 2);
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	get(b, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	replace(plain, "plain");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	get(b, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	replace(a, "a");
	device_writes(a, BASE + 16 * PAGE, 2);
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	replace(a, "a");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	section("turning it off and on");
	track(a, 0, "a");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	get(b, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	track(a, 1, "a");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	device_writes(a, BASE + 16 * PAGE, 2);
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	track(a, 1, "a");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	device_writes(a, BASE + 16 * PAGE, 2);
	track(a, 0, "a");
	get(a, 0, BASE, 64 * PAGE, PAGE);
	track(a, 0, "a");
	get(a, 0, BASE, 64 * PAGE, PAGE);
	track(a, 1, "a");
	get(a, 0, BASE, 64 * PAGE, PAGE);
	section("what is not remembered");
	unnoticed(BASE + 3 * PAGE, false, "tracked");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	track(a, 0, "a");
	unnoticed(BASE + 4 * PAGE, true, "tracked no more");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	track(a, 1, "a");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	replace(plain, "plain");
	unnoticed(BASE + 5 * PAGE, true, "by a table that cannot");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	replace(s, "the address space");
	unnoticed(BASE + 6 * PAGE, true, "by a table of the kernel's own");
	replace(a, "a");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	unnoticed(BASE + 7 * PAGE, false, "tracked");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	unmap(iommu, s, 0, -1);
	unnoticed(BASE + 8 * PAGE, true, "where nothing is mapped");
	map(iommu, s, T_FIXED_RW, memory, 64 * PAGE, BASE, "va");
	get(a, NO_CLEAR, BASE, 64 * PAGE, PAGE);
	section("a table that was there before what is mapped");
	unmap(iommu, s, 0, -1);
	get(a, 0, BASE, 64 * PAGE, PAGE);
	map(iommu, s, T_FIXED_RW, memory, 64 * PAGE, BASE, "va");
	get(a, 0, BASE, 64 * PAGE, PAGE);
	device_writes(a, BASE + 1 * PAGE, 2);
	get(a, 0, BASE, 64 * PAGE, PAGE);
	section("a table of another address space");
	__u32 o = space(), c = table(TRACKED, o);
	struct t_ioas_map m = { sizeof(m), T_FIXED_RW, o, 0, (uintptr_t)memory, 64 * PAGE, BASE };
	call(ioctl(iommu, T_IOAS_MAP, &m), "MAP(the other address space)");
	device_writes(a, BASE + 1 * PAGE, 2);
	replace(c, "c");
	track(c, 1, "c");
	device_writes(c, BASE + 5 * PAGE, 1);
	get(a, 0, BASE, 64 * PAGE, PAGE);
	get(c, 0, BASE, 64 * PAGE, PAGE);
	replace(s, "the address space");
	destroy(iommu, 0);
	struct t_destroy d = { sizeof(d), c };
	call(ioctl(iommu, T_DESTROY, &d), "DESTROY(c)");
	get(a, 0, BASE, 64 * PAGE, PAGE);
	end();
}

int main(int argc, char **argv)
{
	start(argc, argv);
	memory = pages(MANY);
	memset(memory, 1, MANY * PAGE);
	set_checks();
	range_checks();
	bitmaps();
	mappings();
	tables();
	return finish();
}
