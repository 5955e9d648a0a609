/* What the programs need of <linux/iommufd.h>, in names of our own. Facts: the public uAPI of Linux 7.3. */
#ifndef TRANSCRIPTS_IOMMUFD_H
#define TRANSCRIPTS_IOMMUFD_H

#include "transcript.h"

enum {
	T_DESTROY = T_IO(0x80),
	T_IOAS_ALLOC = T_IO(0x81),
	T_ALLOW_IOVAS = T_IO(0x82),
	T_IOAS_COPY = T_IO(0x83),
	T_IOVA_RANGES = T_IO(0x84),
	T_IOAS_MAP = T_IO(0x85),
	T_IOAS_UNMAP = T_IO(0x86),
	T_BIND = T_IO(0x76),
	T_ATTACH = T_IO(0x77),
	T_DETACH = T_IO(0x78),
};

enum { T_FIXED = 1, T_WRITEABLE = 2, T_READABLE = 4, T_RW = 6, T_FIXED_RW = 7 };

struct t_destroy {
	__u32 size, id;
};
struct t_ioas_alloc {
	__u32 size, flags, out_ioas_id;
};
struct t_iova_range {
	__u64 start, last;
};
struct t_allow_iovas {
	__u32 size, ioas_id, num_iovas, reserved;
	__u64 allowed_iovas;
};
struct t_iova_ranges {
	__u32 size, ioas_id, num_iovas, reserved;
	__u64 allowed_iovas, out_iova_alignment;
};
struct t_ioas_map {
	__u32 size, flags, ioas_id, reserved;
	__u64 user_va, length, iova;
};
struct t_ioas_copy {
	__u32 size, flags, dst_ioas_id, src_ioas_id;
	__u64 length, dst_iova, src_iova;
};
struct t_ioas_unmap {
	__u32 size, ioas_id;
	__u64 iova, length;
};
struct t_bind {
	__u32 argsz, flags;
	__s32 iommufd;
	__u32 out_devid;
	__u64 token_uuid_ptr;
};
struct t_attach {
	__u32 argsz, flags, pt_id, pasid;
};
struct t_detach {
	__u32 argsz, flags, pasid;
};

/* The path of the device's own node. */
static unused const char *cdev_path(void)
{
	static char path[64];
	for (int i = 0; i < 64 && !path[0]; i++) {
		char dir[160];
		snprintf(dir, sizeof(dir), "/sys/bus/pci/devices/%s/vfio-dev/vfio%d", t_bdf, i);
		if (access(dir, F_OK) == 0)
			snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", i);
	}
	return path;
}

static unused int open_cdev(void)
{
	int fd = open(cdev_path(), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open cdev");
	return fd;
}

static unused int open_iommu(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open /dev/iommu");
	return fd;
}

static unused __u32 ioas(int i)
{
	struct t_ioas_alloc a = { sizeof(a), 0, 0 };
	if (ioctl(i, T_IOAS_ALLOC, &a))
		die("IOAS_ALLOC");
	return a.out_ioas_id;
}

static unused long destroy(int i, __u32 id)
{
	struct t_destroy d = { sizeof(d), id };
	return call(ioctl(i, T_DESTROY, &d), "DESTROY(%u)", id);
}

static unused long map(int i, __u32 id, unsigned flags, void *va, __u64 length, __u64 iova, const char *what)
{
	struct t_ioas_map m = { sizeof(m), flags, id, 0, (__u64)(uintptr_t)va, length, iova };
	long r = call(ioctl(i, T_IOAS_MAP, &m), "MAP(ioas=%u, flags=%x, %s, length=%#llx, iova=%#llx)", id, flags, what,
		(unsigned long long)length, (unsigned long long)iova);
	if (m.iova != iova)
		more(" iova=%#llx", (unsigned long long)m.iova);
	return r;
}

static unused long unmap(int i, __u32 id, __u64 iova, __u64 length)
{
	struct t_ioas_unmap u = { sizeof(u), id, iova, length };
	long r = call(ioctl(i, T_IOAS_UNMAP, &u), "UNMAP(ioas=%u, iova=%#llx, length=%#llx)", id, (unsigned long long)iova,
		(unsigned long long)length);
	more(" length=%#llx", (unsigned long long)u.length);
	return r;
}

static unused long copy(int i, __u32 dst, __u32 src, unsigned flags, __u64 length, __u64 to, __u64 from)
{
	struct t_ioas_copy c = { sizeof(c), flags, dst, src, length, to, from };
	long r = call(ioctl(i, T_IOAS_COPY, &c), "COPY(%u from %u, flags=%x, length=%#llx, to=%#llx, from=%#llx)", dst, src,
		flags, (unsigned long long)length, (unsigned long long)to, (unsigned long long)from);
	if (c.dst_iova != to)
		more(" dst_iova=%#llx", (unsigned long long)c.dst_iova);
	return r;
}

static unused void ranges(int i, __u32 id, unsigned room)
{
	struct t_iova_range r[16] = { 0 };
	struct t_iova_ranges q = { sizeof(q), id, room, 0, (__u64)(uintptr_t)r, 7 };
	call(ioctl(i, T_IOVA_RANGES, &q), "IOVA_RANGES(ioas=%u, num=%u)", id, room);
	more(" num=%u alignment=%llu", q.num_iovas, (unsigned long long)q.out_iova_alignment);
	for (unsigned n = 0; n < room && n < q.num_iovas && n < 16; n++)
		more(" %#llx-%#llx", (unsigned long long)r[n].start, (unsigned long long)r[n].last);
}

static unused long allow(int i, __u32 id, unsigned num, const struct t_iova_range *r, const char *what)
{
	struct t_allow_iovas a = { sizeof(a), id, num, 0, (__u64)(uintptr_t)r };
	return call(ioctl(i, T_ALLOW_IOVAS, &a), "ALLOW_IOVAS(ioas=%u, %s)", id, what);
}

static unused long bind_device(int d, int i, const char *what)
{
	struct t_bind b = { 16, 0, i, 0xeeee, 0 };
	long r = call(ioctl(d, T_BIND, &b), "BIND(%s)", what);
	more(" out_devid=%#x", b.out_devid);
	return r;
}

static unused long attach_pt(int d, __u32 id)
{
	struct t_attach a = { 12, 0, id, 0 };
	long r = call(ioctl(d, T_ATTACH, &a), "ATTACH(%u)", id);
	more(" pt_id=%u", a.pt_id);
	return r;
}

static unused long detach_pt(int d)
{
	struct t_detach t = { 8, 0, 0 };
	return call(ioctl(d, T_DETACH, &t), "DETACH()");
}

#endif
