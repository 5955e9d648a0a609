/* A device whose writes page tables remember: iommufd's own mock where the kernel has it, otherwise edu. */
#ifndef TRANSCRIPTS_IOMMUFD_MOCK_H
#define TRANSCRIPTS_IOMMUFD_MOCK_H

#include "edu.h"
#include "iommufd.h"

#define BASE 0x1100000ull
#define T_TEST T_IO(0xa0)

enum { NO_CLEAR = 1, TRACKED = 2 };
enum { TEST_REPLACE = 10, TEST_DEVICE = 12, TEST_DIRTY = 13 };

struct t_test {
	__u32 size, op, id, reserved;
	union {
		struct {
			__u32 stdev, hwpt, idev, flags;
		} device;
		__u32 pt_id;
		struct {
			__u32 flags;
			__u64 iova, length, page_size, uptr, count;
		} dirty;
	};
	__u32 last;
};

static char *memory; /* MANY pages */
static int iommu, device;
static bool has_mock;
static __u32 mock, dev; /* the mock's own id; the id of the bound device */

enum { MANY = 4096 };

/* Every page is mapped by itself, so that what a bit of the page table stands for does not depend on where the memory is. */
static __u32 space(void)
{
	__u32 s = ioas(iommu);
	struct t_option o = { sizeof(o), 1, 0, 0, s, 0 };
	if (ioctl(iommu, T_OPTION, &o))
		die("huge pages");
	return s;
}

/* A context of its own, with a device that is attached to an address space. */
static __u32 begin(void)
{
	iommu = open_iommu();
	__u32 s = space();
	has_mock = ioctl(iommu, T_TEST, NULL) == 0 || errno != ENOTTY;
	if (has_mock) {
		struct t_test t = { .size = sizeof(t), .op = TEST_DEVICE, .id = s };
		if (ioctl(iommu, T_TEST, &t))
			die("mock device");
		mock = t.device.stdev;
		dev = t.device.idev;
		return s;
	}
	device = bound_device(iommu, &dev);
	struct t_attach a = { 12, 0, s, 0 };
	if (ioctl(device, T_ATTACH, &a))
		die("attach");
	config_put(device, 4, config_get(device, 4) | 4);
	return s;
}

static void end(void)
{
	if (!has_mock)
		close(device);
	close(iommu);
}

static void replace(__u32 pt, const char *name)
{
	struct t_test t = { .size = sizeof(t), .op = TEST_REPLACE, .id = mock, .pt_id = pt };
	struct t_attach a = { 12, 0, pt, 0 };
	call(has_mock ? ioctl(iommu, T_TEST, &t) : ioctl(device, T_ATTACH, &a), "ATTACH(%s)", name);
}

static __u32 table(unsigned flags, __u32 pt)
{
	struct t_hwpt_alloc h = { .size = sizeof(h), .flags = flags, .dev_id = dev, .pt_id = pt };
	call(ioctl(iommu, T_HWPT_ALLOC, &h), "HWPT_ALLOC(flags=%x)", flags);
	return h.out_hwpt_id;
}

static long track(__u32 hwpt, unsigned flags, const char *name)
{
	struct t_set_dirty set = { sizeof(set), flags, hwpt, 0 };
	return call(ioctl(iommu, T_SET_DIRTY, &set), "SET_DIRTY(%s, flags=%x)", name, flags);
}

/* The device writes pages; the table is the one that it is attached to, and its tracking is on. */
static void device_writes(__u32 hwpt, __u64 iova, unsigned count)
{
	note("the device writes %u at %#llx", count, (unsigned long long)iova);
	if (!has_mock) {
		for (unsigned k = 0; k < count; k++)
			edu_dma(device, iova + k * PAGE + 8, true);
		return;
	}
	static unsigned char ones[2 * MANY / 8];
	memset(ones, 0xff, sizeof(ones));
	struct t_test t = { .size = sizeof(t), .op = TEST_DIRTY, .id = hwpt,
		.dirty = { 0, iova, count * PAGE, PAGE / 2, (uintptr_t)ones, 0 } };
	if (ioctl(iommu, T_TEST, &t))
		die("dirty");
}

/* What no table should remember: the device reads, or nobody wants to know what it writes. A mock does nothing, and remembers nothing. */
static void unnoticed(__u64 iova, bool writes, const char *why)
{
	note("the device %s at %#llx, %s", writes ? "writes" : "reads", (unsigned long long)iova, why);
	if (!has_mock)
		edu_dma(device, iova, writes);
}

static void bits(const unsigned char *b, size_t n)
{
	size_t last = 0;
	for (size_t k = 0; k < n; k++)
		if (b[k])
			last = k + 1;
	more(" bitmap=");
	if (last == 0)
		more("none");
	for (size_t k = 0; k < last;) {
		size_t same = 1;
		while (k + same < last && b[k + same] == b[k])
			same++;
		if (same > 3)
			more("[%zu x %02x]", same, b[k]);
		else
			same = 1, more("%02x", b[k]);
		k += same;
	}
}

static long get_at(__u32 hwpt, unsigned flags, __u64 iova, __u64 length, __u64 page_size, void *data, const char *what)
{
	struct t_get_dirty get = { sizeof(get), hwpt, flags, 0, iova, length, page_size, (uintptr_t)data };
	return call(ioctl(iommu, T_GET_DIRTY, &get), "GET_DIRTY(flags=%x, iova=%#llx, length=%#llx, page_size=%#llx%s)", flags,
		(unsigned long long)iova, (unsigned long long)length, (unsigned long long)page_size, what);
}

static void get(__u32 hwpt, unsigned flags, __u64 iova, __u64 length, __u64 page_size)
{
	static unsigned char b[1 << 16];
	memset(b, 0, sizeof(b));
	get_at(hwpt, flags, iova, length, page_size, b, "");
	bits(b, sizeof(b));
}

#endif
