/* What the programs need of <linux/iommufd.h>, in names of our own. Facts: the public uAPI of Linux 7.3. */
#ifndef TRANSCRIPTS_IOMMUFD_H
#define TRANSCRIPTS_IOMMUFD_H

#include "transcript.h"
#include <linux/capability.h>

enum {
	T_DESTROY = T_IO(0x80),
	T_IOAS_ALLOC = T_IO(0x81),
	T_ALLOW_IOVAS = T_IO(0x82),
	T_IOAS_COPY = T_IO(0x83),
	T_IOVA_RANGES = T_IO(0x84),
	T_IOAS_MAP = T_IO(0x85),
	T_IOAS_UNMAP = T_IO(0x86),
	T_OPTION = T_IO(0x87),
	T_VFIO_IOAS = T_IO(0x88),
	T_HWPT_ALLOC = T_IO(0x89),
	T_GET_HW_INFO = T_IO(0x8a),
	T_SET_DIRTY = T_IO(0x8b),
	T_GET_DIRTY = T_IO(0x8c),
	T_INVALIDATE = T_IO(0x8d),
	T_FAULT_ALLOC = T_IO(0x8e),
	T_MAP_FILE = T_IO(0x8f),
	T_VIOMMU_ALLOC = T_IO(0x90),
	T_VDEVICE_ALLOC = T_IO(0x91),
	T_CHANGE_PROCESS = T_IO(0x92),
	T_VEVENTQ_ALLOC = T_IO(0x93),
	T_HW_QUEUE_ALLOC = T_IO(0x94),
	T_GET_PA = T_IO(0x95),
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
struct t_option {
	__u32 size, option_id;
	__u16 op, reserved;
	__u32 object_id;
	__u64 val64;
};
struct t_vfio_ioas {
	__u32 size, ioas_id;
	__u16 op, reserved;
};
struct t_hwpt_alloc {
	__u32 size, flags, dev_id, pt_id, out_hwpt_id, reserved, data_type, data_len;
	__u64 data_uptr;
	__u32 fault_id, reserved2;
};
struct t_hw_info {
	__u32 size, flags, dev_id, data_len;
	__u64 data_uptr;
	__u32 data_type;
	__u8 max_pasid_log2, reserved[3];
	__u64 capabilities;
};
struct t_set_dirty {
	__u32 size, flags, hwpt_id, reserved;
};
struct t_get_dirty {
	__u32 size, hwpt_id, flags, reserved;
	__u64 iova, length, page_size, data;
};
struct t_invalidate {
	__u32 size, hwpt_id;
	__u64 data_uptr;
	__u32 data_type, entry_len, entry_num, reserved;
};
struct t_fault_alloc {
	__u32 size, flags, out_fault_id, out_fault_fd;
};
struct t_map_file {
	__u32 size, flags, ioas_id;
	__s32 fd;
	__u64 start, length, iova;
};
struct t_change_process {
	__u32 size, reserved;
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

static unused __u32 effective(__u32 keep)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { 0 };
	if (syscall(SYS_capget, &h, data))
		die("capget");
	data[0].effective &= keep;
	if (syscall(SYS_capset, &h, data))
		die("capset");
	return data[0].effective;
}

/* From here on the process has not the right, whoever runs it. */
static unused void drop(unsigned capability, const char *name)
{
	effective(~(1u << capability));
	note("without %s", name);
}

static unused long option(int i, unsigned id, unsigned op, __u32 object, __u64 value)
{
	struct t_option o = { sizeof(o), id, op, 0, object, value };
	long r = call(ioctl(i, T_OPTION, &o), "OPTION(%u, %s, object=%u, %llu)", id,
		op == 0 ? "SET" : op == 1 ? "GET" : "op 2", object, (unsigned long long)value);
	if (o.val64 != value)
		more(" value=%llu", (unsigned long long)o.val64);
	return r;
}

static unused int memfd(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, size))
		die("memfd");
	return fd;
}

static unused long map_file(int i, __u32 id, unsigned flags, int fd, const char *name, __u64 start, __u64 length,
	__u64 iova)
{
	struct t_map_file m = { sizeof(m), flags, id, fd, start, length, iova };
	long r = call(ioctl(i, T_MAP_FILE, &m), "MAP_FILE(ioas=%u, flags=%x, %s, start=%#llx, length=%#llx, iova=%#llx)", id,
		flags, name, (unsigned long long)start, (unsigned long long)length, (unsigned long long)iova);
	if (m.iova != iova)
		more(" iova=%#llx", (unsigned long long)m.iova);
	return r;
}

static unused long change_process(int i)
{
	struct t_change_process c = { sizeof(c), 0 };
	return call(ioctl(i, T_CHANGE_PROCESS, &c), "CHANGE_PROCESS()");
}

/* The lines of /proc/self/status that count pages. */
static unused void locked(const char *when)
{
	char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		die("status");
	text[n] = 0;
	note("%s:", when);
	static const char *fields[] = { "VmLck:", "VmPin:" };
	for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
		char *p = strstr(text, fields[k]);
		more(" %s %ld", fields[k], p ? atol(p + strlen(fields[k])) : -1);
	}
}

/* A device that is bound, without printing. */
static unused int bound_device(int i, __u32 *id)
{
	int d = open_cdev();
	struct t_bind b = { 16, 0, i, 0, 0 };
	if (ioctl(d, T_BIND, &b))
		die("BIND");
	if (id)
		*id = b.out_devid;
	return d;
}

/* IOMMU_IOAS_NOIOMMU_GET_PA of an address space that is not a no-IOMMU one. */
static unused void get_physical_address(int i, __u32 s)
{
	struct {
		__u32 size, flags, ioas_id, reserved;
		__u64 iova, length, phys;
	} pa = { 40, 0, s, 0, 0x10000, 0, 0 };
	call(ioctl(i, T_GET_PA, &pa), "NOIOMMU_GET_PA()");
	pa.flags = 1;
	call(ioctl(i, T_GET_PA, &pa), "NOIOMMU_GET_PA(flags=1)");
	pa.flags = 0;
	pa.iova = 1;
	call(ioctl(i, T_GET_PA, &pa), "NOIOMMU_GET_PA(iova=1)");
	pa.ioas_id = 99;
	call(ioctl(i, T_GET_PA, &pa), "NOIOMMU_GET_PA(ioas=99)");
}

#endif
