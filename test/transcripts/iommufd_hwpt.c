/*
 * /dev/iommu: page tables that the client makes, what the hardware says of itself, dirty tracking, invalidation, options,
 * and what an IOMMU without nesting, fault queues and virtual IOMMUs answers.
 */
#include "edu.h"
#include "iommufd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MSI 0xfee00000ull

static char *memory; /* 8 pages */

/* Returns the id, or 0. */
static __u32 hwpt(int i, unsigned flags, __u32 dev, __u32 pt)
{
	struct t_hwpt_alloc h = { .size = sizeof(h), .flags = flags, .dev_id = dev, .pt_id = pt };
	long r = call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(flags=%x, dev=%u, pt=%u)", flags, dev, pt);
	if (h.out_hwpt_id)
		more(" hwpt=%u", h.out_hwpt_id);
	return r ? 0 : h.out_hwpt_id;
}

static void allocation(int i)
{
	section("HWPT_ALLOC");
	__u32 dev, s = ioas(i), t = ioas(i);
	int d = bound_device(i, &dev);
	note("device %u", dev);
	struct t_hwpt_alloc h = { .size = sizeof(h), .dev_id = 99, .pt_id = s, .reserved = 1 };
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(reserved=1)");
	h.reserved = 0;
	h.reserved2 = 1;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(reserved2=1)");
	h.reserved2 = 0;
	h.data_len = 8;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 0, data of 8 bytes)");
	h.data_len = 0;
	h.data_type = 1;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 1, no data)");
	h.data_len = 8;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 1, data of 8 bytes, no device)");
	h.dev_id = dev;
	h.data_uptr = (uintptr_t)memory;
	for (unsigned type = 1; type <= 4; type++) {
		h.data_type = type;
		call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type %u, data of 8 bytes)", type);
	}
	h.data_len = 32;
	h.data_type = 1;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 1, data of 32 bytes)");
	h.data_type = 0x7fffffff;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 0x7fffffff, data of 32 bytes)");
	hwpt(i, 0, 0, s);
	hwpt(i, 0, 99, s);
	hwpt(i, 0, s, s);
	hwpt(i, 0, dev, 0);
	hwpt(i, 0, dev, 99);
	hwpt(i, 0, dev, dev);
	hwpt(i, 1u << 31, 99, 99);
	for (unsigned bit = 0; bit < 32; bit++)
		hwpt(i, 1u << bit, dev, s);
	hwpt(i, 5, dev, s);
	hwpt(i, 6, dev, s);
	__u32 a = hwpt(i, 0, dev, s), b = hwpt(i, 0, dev, s), c = hwpt(i, 0, dev, t);
	struct t_hwpt_alloc small = { .size = 24, .dev_id = dev, .pt_id = s };
	call(ioctl(i, T_HWPT_ALLOC, &small), "HWPT_ALLOC(size=24)");
	more(" hwpt=%u", small.out_hwpt_id);
	destroy(i, small.out_hwpt_id);
	struct t_hwpt_alloc *ro = pages(1);
	*ro = (struct t_hwpt_alloc){ .size = sizeof(*ro), .dev_id = dev, .pt_id = s };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_HWPT_ALLOC, ro), "HWPT_ALLOC(read-only structure)");
	section("on a page table");
	hwpt(i, 0, dev, a);
	hwpt(i, 1, dev, a);
	h = (struct t_hwpt_alloc){ .size = sizeof(h), .dev_id = dev, .pt_id = a, .data_type = 1, .data_len = 24,
		.data_uptr = (uintptr_t)memory };
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 1 on a page table)");
	h.flags = 4;
	call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(type 1 on a page table, FAULT_ID_VALID)");
	section("attaching to it");
	ranges(i, s, 16);
	destroy(i, s);
	attach_pt(d, a);
	destroy(i, a);
	attach_pt(d, b);
	destroy(i, a);
	attach_pt(d, c);
	attach_pt(d, s);
	attach_pt(d, a);
	attach_pt(d, t);
	attach_pt(d, b);
	detach_pt(d);
	destroy(i, b);
	destroy(i, c);
	ranges(i, s, 16);
	ranges(i, t, 16);
	__u32 n = ioas(i);
	note("the next id: %u", n);
	destroy(i, n);
	section("what it holds is locked at once");
	map(i, s, T_FIXED_RW, UNMAPPED, PAGE, 0x10000, "unmapped");
	hwpt(i, 0, dev, s);
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, memory, 10, 0x10000, "10 bytes");
	hwpt(i, 0, dev, s);
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, memory, PAGE, 1ull << 60, "beyond the aperture");
	hwpt(i, 0, dev, s);
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, memory, PAGE, MSI, "in the MSI window");
	a = hwpt(i, 0, dev, s);
	map(i, s, T_FIXED_RW, UNMAPPED, PAGE, 0x10000, "unmapped");
	attach_pt(d, a);
	unmap(i, s, 0, -1);
	attach_pt(d, a);
	hwpt(i, 0, dev, s);
	detach_pt(d);
	section("closing with all of it");
	b = hwpt(i, 0, dev, t);
	attach_pt(d, b);
	close(d);
	destroy(i, dev);
	destroy(i, a);
	destroy(i, b);
}

static void hw_info(int i)
{
	section("GET_HW_INFO");
	__u32 dev;
	int d = bound_device(i, &dev);
	struct t_hw_info h = { .size = sizeof(h), .dev_id = dev };
	static const unsigned lengths[] = { 0, 1, 8, 23, 24, 25, 32, 64 };
	for (size_t n = 0; n < COUNT(lengths); n++) {
		unsigned char data[80];
		memset(data, 0xee, sizeof(data));
		h = (struct t_hw_info){ .size = sizeof(h), .dev_id = dev, .data_len = lengths[n], .data_uptr = (uintptr_t)data };
		call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(data_len=%u)", lengths[n]);
		more(" data_len=%u type=%u pasid=%u reserved=%u%u%u capabilities=%llx data=", h.data_len, h.data_type,
			h.max_pasid_log2, h.reserved[0], h.reserved[1], h.reserved[2], (unsigned long long)h.capabilities);
		hex(data, 72);
	}
	h = (struct t_hw_info){ .size = sizeof(h), .dev_id = dev, .flags = 2 };
	call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(flags=2)");
	h.flags = 0;
	for (int k = 0; k < 3; k++) {
		h.reserved[k] = 1;
		call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(reserved %d)", k);
		h.reserved[k] = 0;
	}
	static const __u32 bad[] = { 0, 99, 1 };
	for (size_t n = 0; n < COUNT(bad); n++) {
		h.dev_id = bad[n];
		call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(dev=%u)", bad[n]);
	}
	h.dev_id = dev;
	h.data_len = 24;
	h.data_uptr = 0;
	call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(24 bytes at NULL)");
	h.data_uptr = (uintptr_t)UNMAPPED;
	call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(24 bytes, unmapped)");
	h.data_uptr = (uintptr_t)edge(24);
	h.data_len = 32;
	call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(32 bytes, 24 there)");
	for (unsigned type = 0; type <= 5; type++) {
		unsigned char data[24] = { 0 };
		h = (struct t_hw_info){ .size = sizeof(h), .flags = 1, .dev_id = dev, .data_len = 24,
			.data_uptr = (uintptr_t)data, .data_type = type };
		call(ioctl(i, T_GET_HW_INFO, &h), "GET_HW_INFO(INPUT_TYPE, %u)", type);
		more(" type=%u data_len=%u data=", h.data_type, h.data_len);
		hex(data, 24);
	}
	struct t_hw_info small = { .size = 32, .dev_id = dev, .capabilities = 0x1234 };
	call(ioctl(i, T_GET_HW_INFO, &small), "GET_HW_INFO(size=32)");
	more(" type=%u data_len=%u capabilities=%llx", small.data_type, small.data_len, (unsigned long long)small.capabilities);
	close(d);
}

static void dirty(int i)
{
	section("dirty tracking");
	__u32 dev, s = ioas(i);
	int d = bound_device(i, &dev);
	__u32 a = hwpt(i, 0, dev, s);
	struct t_set_dirty set = { sizeof(set), 0, a, 0 };
	static const unsigned flags[] = { 2, 0x80000000, 0, 1 };
	for (size_t n = 0; n < COUNT(flags); n++) {
		set.flags = flags[n];
		call(ioctl(i, T_SET_DIRTY, &set), "SET_DIRTY(flags=%x)", flags[n]);
	}
	set.reserved = 1;
	call(ioctl(i, T_SET_DIRTY, &set), "SET_DIRTY(reserved=1)");
	set.reserved = 0;
	static const __u32 bad[] = { 0, 99, 1, 2 };
	for (size_t n = 0; n < COUNT(bad); n++) {
		set.hwpt_id = bad[n];
		call(ioctl(i, T_SET_DIRTY, &set), "SET_DIRTY(hwpt=%u)", bad[n]);
	}
	__u64 bits[8] = { 0 };
	struct t_get_dirty get = { sizeof(get), a, 0, 0, 0, 64 * PAGE, PAGE, (uintptr_t)bits };
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY()");
	get.flags = 2;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(flags=2)");
	get.flags = 1;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(flags=1)");
	get.flags = 0;
	get.reserved = 1;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(reserved=1)");
	get.reserved = 0;
	for (size_t n = 0; n < COUNT(bad); n++) {
		get.hwpt_id = bad[n];
		call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(hwpt=%u)", bad[n]);
	}
	get.hwpt_id = a;
	get.page_size = 3;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(page_size=3)");
	get.page_size = 0;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(page_size=0)");
	get.page_size = 1ull << 40;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(page_size=1 << 40)");
	get.page_size = 1;
	get.data = 0;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(page_size=1, NULL)");
	get.page_size = PAGE;
	get.length = 0;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(length=0)");
	get.iova = PAGE;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(iova=4096, length=0)");
	get.iova = 0;
	get.length = 1;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(length=1)");
	get.length = 64 * PAGE;
	get.iova = 1;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(iova=1)");
	get.iova = -PAGE;
	call(ioctl(i, T_GET_DIRTY, &get), "GET_DIRTY(wrapping)");
	destroy(i, a);
	close(d);
	destroy(i, s);
}

static void invalidate(int i)
{
	section("HWPT_INVALIDATE");
	__u32 dev, s = ioas(i);
	int d = bound_device(i, &dev);
	__u32 a = hwpt(i, 0, dev, s);
	static const struct {
		__u32 id, type, length, number, reserved;
		bool data;
		const char *what;
	} cases[] = {
		{ 0, 0, 0, 0, 1, true, "reserved" },
		{ 0, 0, 0, 0, 0, true, "id 0" },
		{ 99, 0, 0, 0, 0, true, "id 99" },
		{ 0, 0, 0, 1, 0, true, "entry length 0" },
		{ 0, 0, 8, 1, 0, false, "NULL" },
		{ 0, 0, 4097, 1, 0, true, "entry length 4097" },
		{ 0, 0, 4096, 0xffffffff, 0, true, "entry number -1" },
		{ 1, 0, 0, 0, 0, true, "an IOAS, nothing" },
		{ 1, 0, 16, 1, 0, true, "an IOAS" },
		{ 2, 0, 16, 1, 0, true, "a device" },
		{ 3, 0, 16, 1, 0, true, "a page table" },
		{ 3, 0, 0, 0, 0, true, "a page table, nothing" },
		{ 3, 1, 16, 0, 0, true, "a page table, type 1" },
		{ 3, 77, 0, 0, 0, false, "a page table, type 77, NULL" },
	};
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct t_invalidate v = { sizeof(v), cases[n].id, cases[n].data ? (uintptr_t)memory : 0, cases[n].type,
			cases[n].length, cases[n].number, cases[n].reserved };
		call(ioctl(i, T_INVALIDATE, &v), "INVALIDATE(%s)", cases[n].what);
		more(" number=%u", v.entry_num);
	}
	for (unsigned k = 0; k < 32; k++) {
		static const unsigned lengths[] = { 1, 16, 4096 };
		for (size_t n = 0; n < COUNT(lengths); n++) {
			struct t_invalidate v = { sizeof(v), 99, (uintptr_t)memory, 0, lengths[n], 1u << k, 0 };
			call(ioctl(i, T_INVALIDATE, &v), "INVALIDATE(%u entries of %u bytes)", 1u << k, lengths[n]);
		}
	}
	static const unsigned numbers[] = { 524289, 1000000, 1048575 };
	for (size_t n = 0; n < COUNT(numbers); n++) {
		struct t_invalidate v = { sizeof(v), 99, (uintptr_t)memory, 0, 16, numbers[n], 0 };
		call(ioctl(i, T_INVALIDATE, &v), "INVALIDATE(%u entries of 16 bytes)", numbers[n]);
	}
	struct t_invalidate *ro = pages(1);
	*ro = (struct t_invalidate){ sizeof(*ro), 99, 0, 0, 0, 0, 0 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_INVALIDATE, ro), "INVALIDATE(read-only structure)");
	ro = pages(1);
	*ro = (struct t_invalidate){ sizeof(*ro), 99, 0, 0, 0, 0, 1 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_INVALIDATE, ro), "INVALIDATE(read-only structure, reserved=1)");
	destroy(i, a);
	close(d);
	destroy(i, s);
}

static void options(void)
{
	section("OPTION");
	drop(CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE");
	int i = open_iommu();
	struct t_option o = { sizeof(o), 0, 1, 1, 0, 0 };
	call(ioctl(i, T_OPTION, &o), "OPTION(reserved=1)");
	option(i, 2, 1, 0, 7);
	option(i, 0, 1, 0, 7);
	option(i, 0, 1, 1, 7);
	option(i, 0, 2, 0, 7);
	option(i, 0, 0, 0, 2);
	option(i, 0, 0, 0, 1);
	option(i, 0, 1, 0, 7);
	option(i, 0, 0, 0, 0);
	option(i, 0, 1, 0, 7);
	option(i, 1, 1, 0, 7);
	option(i, 1, 1, 1, 7);
	__u32 s = ioas(i);
	option(i, 0, 0, 0, 1);
	option(i, 0, 0, 0, 2);
	option(i, 0, 1, 0, 7);
	option(i, 1, 1, s, 7);
	option(i, 1, 2, s, 7);
	option(i, 1, 0, s, 2);
	option(i, 1, 0, s, 0);
	option(i, 1, 1, s, 7);
	ranges(i, s, 4);
	map(i, s, T_FIXED_RW, memory, PAGE, 0x10001, "va");
	map(i, s, T_FIXED_RW, memory, PAGE, 0x10000, "va");
	option(i, 1, 0, s, 1);
	ranges(i, s, 4);
	map(i, s, T_FIXED_RW, memory + 1, 3, 0x20001, "va+1");
	option(i, 1, 0, s, 0);
	option(i, 1, 1, s, 7);
	unmap(i, s, 0x20001, 3);
	option(i, 1, 0, s, 0);
	option(i, 1, 1, s, 7);
	option(i, 1, 0, s, 0);
	option(i, 1, 0, s, 1);
	struct t_option *ro = pages(1);
	*ro = (struct t_option){ sizeof(*ro), 1, 1, 0, s, 7 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_OPTION, ro), "OPTION(GET, read-only structure)");
	section("OPTION with a page table");
	__u32 dev;
	int d = bound_device(i, &dev);
	option(i, 1, 1, dev, 7);
	attach_pt(d, s);
	option(i, 1, 0, s, 0);
	option(i, 1, 0, s, 1);
	unmap(i, s, 0, -1);
	option(i, 1, 0, s, 0);
	map(i, s, T_FIXED_RW, memory, PAGE, 0x10000, "va");
	option(i, 1, 0, s, 0);
	option(i, 1, 0, s, 1);
	option(i, 1, 0, s, 0);
	close(d);
	close(i);
}

static void lacking(int i)
{
	section("what this hardware lacks");
	__u32 dev, s = ioas(i);
	int d = bound_device(i, &dev);
	__u32 a = hwpt(i, 0, dev, s);
	struct {
		__u32 size, flags, type, dev_id, hwpt_id, out, data_len, reserved;
		__u64 data;
	} viommu = { 40, 0, 0, dev, a, 0, 0, 0, 0 };
	for (unsigned type = 0; type <= 3; type++) {
		viommu.type = type;
		call(ioctl(i, T_VIOMMU_ALLOC, &viommu), "VIOMMU_ALLOC(type=%u)", type);
	}
	viommu.flags = 1;
	call(ioctl(i, T_VIOMMU_ALLOC, &viommu), "VIOMMU_ALLOC(flags=1)");
	viommu.flags = 0;
	viommu.type = 1;
	viommu.dev_id = 99;
	call(ioctl(i, T_VIOMMU_ALLOC, &viommu), "VIOMMU_ALLOC(dev=99)");
	viommu.dev_id = dev;
	viommu.hwpt_id = 99;
	call(ioctl(i, T_VIOMMU_ALLOC, &viommu), "VIOMMU_ALLOC(hwpt=99)");
	struct {
		__u32 size, viommu, dev, out;
		__u64 virt;
	} vdevice = { 24, 99, dev, 0, 1 };
	call(ioctl(i, T_VDEVICE_ALLOC, &vdevice), "VDEVICE_ALLOC(viommu=99)");
	vdevice.viommu = a;
	call(ioctl(i, T_VDEVICE_ALLOC, &vdevice), "VDEVICE_ALLOC(viommu=a page table)");
	vdevice.virt = 1ull << 63;
	call(ioctl(i, T_VDEVICE_ALLOC, &vdevice), "VDEVICE_ALLOC(virt_id=1 << 63)");
	struct {
		__u32 size, flags, viommu, type, depth, id, fd, reserved;
	} veventq = { 32, 0, 99, 1, 16, 0, 0, 0 };
	call(ioctl(i, T_VEVENTQ_ALLOC, &veventq), "VEVENTQ_ALLOC(viommu=99)");
	veventq.depth = 0;
	call(ioctl(i, T_VEVENTQ_ALLOC, &veventq), "VEVENTQ_ALLOC(depth=0)");
	veventq.type = 0;
	call(ioctl(i, T_VEVENTQ_ALLOC, &veventq), "VEVENTQ_ALLOC(type=0)");
	veventq.flags = 1;
	call(ioctl(i, T_VEVENTQ_ALLOC, &veventq), "VEVENTQ_ALLOC(flags=1)");
	struct {
		__u32 size, flags, viommu, type, index, out;
		__u64 addr, length;
	} queue = { 40, 0, 99, 1, 0, 0, 0, PAGE };
	call(ioctl(i, T_HW_QUEUE_ALLOC, &queue), "HW_QUEUE_ALLOC(viommu=99)");
	queue.length = 0;
	call(ioctl(i, T_HW_QUEUE_ALLOC, &queue), "HW_QUEUE_ALLOC(length=0)");
	queue.type = 0;
	call(ioctl(i, T_HW_QUEUE_ALLOC, &queue), "HW_QUEUE_ALLOC(type=0)");
	queue.flags = 1;
	call(ioctl(i, T_HW_QUEUE_ALLOC, &queue), "HW_QUEUE_ALLOC(flags=1)");
	get_physical_address(i, s);
	struct t_fault_alloc f = { sizeof(f), 1, 0, 0 };
	call(ioctl(i, T_FAULT_ALLOC, &f), "FAULT_QUEUE_ALLOC(flags=1)");
	f.flags = 0;
	call(ioctl(i, T_FAULT_ALLOC, &f), "FAULT_QUEUE_ALLOC()");
	more(" id=%u fd %s", f.out_fault_id, f.out_fault_fd > 0 ? "there" : "not there");
	if (f.out_fault_fd > 0) {
		int q = f.out_fault_fd;
		char buffer[256];
		fd_link(q, "fault");
		open_flags(q);
		call(read(q, buffer, 256), "read(256)");
		call(read(q, buffer, 8), "read(8)");
		call(read(q, buffer, 0), "read(0)");
		call(write(q, buffer, 0), "write(0)");
		call(write(q, buffer, 8), "write(8)");
		memset(buffer, 0, sizeof(buffer));
		call(write(q, buffer, 256), "write(256)");
		call(lseek(q, 0, SEEK_SET), "lseek()");
		call(pread(q, buffer, 16, 16), "pread(16, 16)");
		struct t_hwpt_alloc h = { .size = sizeof(h), .flags = 4, .dev_id = dev, .pt_id = s, .fault_id = f.out_fault_id };
		call(ioctl(i, T_HWPT_ALLOC, &h), "HWPT_ALLOC(FAULT_ID_VALID)");
		more(" hwpt=%u", h.out_hwpt_id);
		destroy(i, f.out_fault_id);
		if (h.out_hwpt_id) {
			attach_pt(d, h.out_hwpt_id);
			destroy(i, h.out_hwpt_id);
		}
		destroy(i, f.out_fault_id);
		close(q);
		destroy(i, f.out_fault_id);
	}
	struct t_fault_alloc *ro = pages(1);
	*ro = (struct t_fault_alloc){ sizeof(*ro), 0, 0, 0 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_FAULT_ALLOC, ro), "FAULT_QUEUE_ALLOC(read-only structure)");
	destroy(i, a);
	close(d);
}

static void dma(int d, __u64 from, __u64 to, const char *when)
{
	memcpy(memory, "my table", 8);
	memset(memory + PAGE, 0, 8);
	edu_dma(d, from, false);
	edu_dma(d, to, true);
	note("DMA %s: ", when);
	hex(memory + PAGE, 8);
}

static void transfers(void)
{
	section("DMA");
	int i = open_iommu();
	__u32 dev, s = ioas(i);
	int d = bound_device(i, &dev);
	__u32 a = hwpt(i, 0, dev, s), b = hwpt(i, 0, dev, s);
	map(i, s, T_FIXED_RW, memory, 8 * PAGE, 0x10000, "va");
	attach_pt(d, a);
	config_put(d, 4, config_get(d, 4) | 4);
	dma(d, 0x10000, 0x11000, "by one table");
	attach_pt(d, b);
	dma(d, 0x10000, 0x11000, "by the other");
	destroy(i, a);
	dma(d, 0x10000, 0x11000, "with the first gone");
	attach_pt(d, s);
	destroy(i, b);
	dma(d, 0x10000, 0x11000, "by a table of the kernel's own");
	close(d);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	memory = pages(8);
	drop(CAP_SYS_RAWIO, "CAP_SYS_RAWIO");
	int i = open_iommu();
	allocation(i);
	close(i);
	i = open_iommu();
	ioas(i);
	hw_info(i);
	close(i);
	i = open_iommu();
	dirty(i);
	close(i);
	i = open_iommu();
	invalidate(i);
	close(i);
	options();
	i = open_iommu();
	lacking(i);
	close(i);
	transfers();
	return finish();
}
