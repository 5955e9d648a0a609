/*
 * /dev/iommu and /dev/vfio/devices/vfioN: objects and their ids, address spaces with and without a device, binding and
 * attaching, and what excludes the group's interface.
 */
#include "edu.h"
#include "iommufd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M (1ull << 20)
#define G (1ull << 30)
#define MSI 0xfee00000ull

static void file_operations(int fd, const char *name)
{
	char buffer[16];
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	note("== file operations of %s", name);
	call(read(fd, buffer, 16), "read(16)");
	call(read(fd, buffer, 0), "read(0)");
	call(write(fd, buffer, 16), "write(16)");
	call(pread(fd, buffer, 16, 0), "pread(16, 0)");
	call(pwrite(fd, buffer, 16, 0), "pwrite(16, 0)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), "mmap(MAP_SHARED)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), "mmap(MAP_PRIVATE)");
	call(lseek(fd, 0, SEEK_SET), "lseek(0, SET)");
	call(poll(&p, 1, 0), "poll(IN|OUT)");
	more(" revents=%x", p.revents);
	open_flags(fd);
	call(ftruncate(fd, 0), "ftruncate(0)");
	call(fsync(fd), "fsync");
	call(fchdir(fd), "fchdir");
	fd_stat(fd, name);
	fd_link(fd, name);
}

static const struct {
	unsigned nr, min, size;
} commands[] = {
	{ 0x80, 8, 8 }, { 0x81, 12, 12 }, { 0x82, 24, 24 }, { 0x83, 40, 40 }, { 0x84, 32, 32 }, { 0x85, 40, 40 },
	{ 0x86, 24, 24 }, { 0x87, 24, 24 }, { 0x88, 12, 12 }, { 0x89, 24, 48 }, { 0x8a, 32, 40 }, { 0x8b, 16, 16 },
	{ 0x8c, 48, 48 }, { 0x8d, 32, 32 }, { 0x8e, 16, 16 }, { 0x8f, 40, 40 }, { 0x90, 24, 40 }, { 0x91, 24, 24 },
	{ 0x92, 8, 8 }, { 0x93, 28, 32 }, { 0x94, 40, 40 }, { 0x95, 40, 40 },
};

static void dispatch(int i)
{
	section("what every command checks first");
	for (size_t n = 0; n < COUNT(commands); n++) {
		unsigned nr = T_IO(commands[n].nr);
		__u32 *p = edge(commands[n].size + 8);
		call(ioctl(i, nr, NULL), "ioctl(%#x, NULL)", nr);
		call(ioctl(i, nr | 0xc0000000, p), "ioctl(%#x | READ | WRITE)", nr);
		call(ioctl(i, nr | 0x80000, p), "ioctl(%#x | size 8)", nr);
		call(ioctl(i, nr | 0xc0000000, NULL), "ioctl(%#x | READ | WRITE, NULL)", nr);
		p[0] = 0;
		call(ioctl(i, nr, p), "ioctl(%#x, size=0)", nr);
		p[0] = commands[n].min - 1;
		call(ioctl(i, nr, p), "ioctl(%#x, size=%u)", nr, p[0]);
		p[0] = commands[n].size + 8;
		((unsigned char *)p)[commands[n].size + 7] = 1;
		call(ioctl(i, nr, p), "ioctl(%#x, size=%u, not zero behind)", nr, p[0]);
		p[0] = commands[n].size + 9;
		((unsigned char *)p)[commands[n].size + 7] = 0;
		call(ioctl(i, nr, p), "ioctl(%#x, size=%u, not there behind)", nr, p[0]);
		p = edge(commands[n].min - 1);
		p[0] = commands[n].min;
		call(ioctl(i, nr, p), "ioctl(%#x, size=%u, one byte short)", nr, p[0]);
	}
	static const unsigned odd[] = { 0x3b00, 0x3b7f, 0x3b60, 0x3bff, 0x3bf0, 0x3a10, 0 };
	for (size_t n = 0; n < COUNT(odd); n++)
		call(ioctl(i, odd[n], NULL), "ioctl(%#x, NULL)", odd[n]);
}

static void objects(int i)
{
	section("objects");
	destroy(i, 0);
	destroy(i, 1);
	destroy(i, 0xffffffff);
	struct t_ioas_alloc a = { sizeof(a), 0, 0 };
	for (int n = 0; n < 3; n++) {
		a.out_ioas_id = 0;
		call(ioctl(i, T_IOAS_ALLOC, &a), "IOAS_ALLOC()");
		more(" id=%u", a.out_ioas_id);
	}
	a.flags = 1;
	call(ioctl(i, T_IOAS_ALLOC, &a), "IOAS_ALLOC(flags=1)");
	struct t_ioas_alloc *r = pages(1);
	r->size = sizeof(a);
	mprotect(r, PAGE, PROT_READ);
	call(ioctl(i, T_IOAS_ALLOC, r), "IOAS_ALLOC(read-only)");
	destroy(i, 2);
	destroy(i, 2);
	destroy(i, 1);
	for (int n = 0; n < 3; n++)
		note("the next id: %u", ioas(i));
	struct {
		struct t_destroy d;
		__u64 zero;
	} big = { { sizeof(big), 4 }, 0 };
	call(ioctl(i, T_DESTROY, &big), "DESTROY(4, size=16, zeros behind)");
	for (__u32 id = 1; id <= 4; id++)
		destroy(i, id);
}

/* Memory at a place that is the same everywhere. */
static char *at(__u64 address, size_t size)
{
	void *p = mmap((void *)address, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
	if (p != (void *)address)
		die("no memory at %#llx", (unsigned long long)address);
	return p;
}

static void unattached(int i)
{
	section("an address space without a device");
	__u32 s = ioas(i);
	char *p = pages(4);
	ranges(i, s, 0);
	ranges(i, s, 1);
	ranges(i, s, 16);
	ranges(i, 99, 16);
	struct t_iova_ranges q = { sizeof(q), s, 1, 1, 0, 0 };
	call(ioctl(i, T_IOVA_RANGES, &q), "IOVA_RANGES(reserved=1)");
	q.reserved = 0;
	call(ioctl(i, T_IOVA_RANGES, &q), "IOVA_RANGES(NULL)");
	more(" num=%u", q.num_iovas);

	map(i, s, T_FIXED_RW, p, 4 * PAGE, 0x10000, "va");
	map(i, s, T_FIXED_RW, p, PAGE, 0x10000, "again");
	map(i, s, T_FIXED_RW, p, PAGE, 0x13fff, "its last byte");
	map(i, s, T_FIXED_RW, p + 1, 3, 0x20001, "va+1");
	map(i, s, T_FIXED_RW, p + 2, 5, 0x30001, "va+2");
	map(i, s, T_FIXED_RW, UNMAPPED, PAGE, 0x40000, "unmapped");
	map(i, s, T_FIXED_RW, KERNEL_ADDRESS, PAGE, 0x50000, "kernel");
	map(i, s, T_FIXED_RW, NULL, PAGE, 0x60000, "NULL");
	map(i, s, T_FIXED_RW, p, 0, 0x70000, "va");
	map(i, s, T_FIXED_RW, p, -1, 0x70000, "va");
	map(i, s, T_FIXED_RW, p, -2, 0x70000, "va");
	map(i, s, T_FIXED_RW, p, -PAGE, 0x70000, "va");
	map(i, s, T_FIXED_RW, NULL, -PAGE, 0x70000, "NULL");
	map(i, s, T_FIXED_RW, NULL, -PAGE + 1, 0x70000, "NULL");
	map(i, s, T_FIXED_RW, (void *)-PAGE, PAGE, 0x70000, "last page");
	map(i, s, T_FIXED_RW, (void *)-PAGE, 2 * PAGE, 0x70000, "last page");
	map(i, s, T_FIXED_RW, p, PAGE, -1, "va");
	map(i, s, T_FIXED_RW, p, PAGE, -PAGE + 1, "va");
	map(i, s, T_FIXED_RW, p, PAGE, -PAGE, "va");
	map(i, s, T_FIXED_RW, p, PAGE, 0, "va");
	map(i, s, 1, p, PAGE, 0x80000, "no access");
	map(i, s, 0, p, PAGE, 0x80000, "no access");
	map(i, s, 8 | T_FIXED_RW, p, PAGE, 0x80000, "unknown flag");
	map(i, s, T_FIXED | T_READABLE, p, PAGE, 0x80000, "read");
	map(i, s, T_FIXED | T_WRITEABLE, p, PAGE, 0x81000, "write");
	map(i, 99, T_FIXED_RW, p, PAGE, 0x90000, "no such ioas");
	map(i, 99, T_FIXED_RW, p, 0, 0x90000, "no such ioas");
	map(i, 99, 8, p, -1, 0x90000, "unknown flag");
	map(i, 99, 0, p, -1, 0x90000, "no access");
	map(i, 99, 0, p, 0, 0x90000, "no access");
	struct t_ioas_map m = { sizeof(m), T_FIXED_RW, s, 1, (uintptr_t)p, PAGE, 0xa0000 };
	call(ioctl(i, T_IOAS_MAP, &m), "MAP(reserved=1)");
	struct t_ioas_map *ro = pages(1);
	*ro = m;
	ro->reserved = 0;
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(i, T_IOAS_MAP, ro), "MAP(read-only structure)");
	unmap(i, s, 0xa0000, PAGE);

	unmap(i, s, 0x10000, PAGE);
	unmap(i, s, 0x11000, PAGE);
	unmap(i, s, 0xf000, 4 * PAGE);
	unmap(i, s, 0xf000, 6 * PAGE);
	unmap(i, s, 0x10000, 4 * PAGE);
	unmap(i, s, 0x20001, 3);
	unmap(i, s, 0x20000, 0x10000);
	unmap(i, s, 0x20000, 0x20000);
	unmap(i, s, 0x40000, 0);
	unmap(i, s, -1, PAGE);
	unmap(i, s, 0x1000, -1);
	unmap(i, s, -PAGE, PAGE + 1);
	unmap(i, 99, 0, -1);
	map(i, s, T_FIXED_RW, p, PAGE, 0x100000, "low");
	map(i, s, T_FIXED_RW, p, 2 * PAGE, 0x101000, "high");
	unmap(i, s, 0x100000, 2 * PAGE);
	unmap(i, s, 0x101000, 2 * PAGE);
	unmap(i, s, 0x100000, PAGE);
	unmap(i, s, 0, -1);
	unmap(i, s, 0, -1);
	unmap(i, s, 0, -2);
	destroy(i, s);
}

static void automatic(int i)
{
	section("addresses that the kernel picks");
	__u32 s = ioas(i);
	char *p = at(0x240000000, 64 * M);
	map(i, s, T_RW, p, PAGE, 0, "8 GiB aligned");
	map(i, s, T_RW, p, PAGE, 0x5000, "8 GiB aligned");
	map(i, s, T_RW, p, 3 * PAGE, 0, "8 GiB aligned");
	map(i, s, T_RW, p, 64 * 1024, 0, "8 GiB aligned");
	map(i, s, T_RW, p, 2 * M, 0, "8 GiB aligned");
	map(i, s, T_RW, p, 16 * M, 0, "8 GiB aligned");
	map(i, s, T_RW, p, 16 * M, 0, "8 GiB aligned");
	map(i, s, T_RW, p + 2 * M, 8 * M, 0, "2 MiB aligned");
	map(i, s, T_RW, p + PAGE, 2 * M, 0, "page aligned");
	map(i, s, T_RW, p + 5, 3, 0, "5 in the page");
	map(i, s, T_RW, p + 4, 8, 0, "4 in the page");
	map(i, s, T_RW, p + 1, PAGE, 0, "1 in the page");
	map(i, s, T_RW, NULL, 3 * PAGE, 0, "NULL");
	map(i, s, T_RW, NULL, 3 * M, 0, "NULL");
	map(i, s, T_RW, NULL, LONG_MAX, 0, "NULL");
	map(i, s, T_RW, NULL, 1ull << 62, 0, "NULL");
	map(i, s, T_RW, NULL, LONG_MAX - 1, 0, "NULL");
	map(i, s, T_RW, p, PAGE, -1, "iova of all ones");
	unmap(i, s, 0x1000, PAGE);
	map(i, s, T_RW, p + 2 * PAGE, PAGE, 0, "where one went");
	unmap(i, s, 0, -1);

	struct t_iova_range r[] = { { 0x100000, 0x10ffff }, { 0x300000, 0x4fffff } };
	allow(i, 99, 2, r, "no such ioas");
	allow(i, s, 2, r, "1 MiB + 64 KiB, 3 MiB + 2 MiB");
	map(i, s, T_RW, p, 64 * 1024, 0, "the first is filled");
	map(i, s, T_RW, p, PAGE, 0, "in the second");
	map(i, s, T_RW, p, 2 * M, 0, "nowhere");
	map(i, s, T_FIXED_RW, p, PAGE, 0x1000000, "outside, fixed");
	ranges(i, s, 16);
	struct t_iova_range wrong[] = { { 0x2000, 0x1fff } }, one[] = { { 0x2000, 0x2000 } },
		overlap[] = { { 0x1000, 0x2fff }, { 0x2000, 0x3fff } };
	allow(i, s, 1, wrong, "backwards");
	allow(i, s, 1, one, "one byte");
	allow(i, s, 2, overlap, "overlap");
	allow(i, s, 1, NULL, "NULL");
	allow(i, s, 0, NULL, "none");
	map(i, s, T_RW, p, 2 * M, 0, "again anywhere");
	struct t_allow_iovas a = { sizeof(a), s, 0, 1, 0 };
	call(ioctl(i, T_ALLOW_IOVAS, &a), "ALLOW_IOVAS(reserved=1)");
	destroy(i, s);
	munmap(p, 64 * M);
}

static void copies(int i)
{
	section("copies");
	__u32 s = ioas(i), t = ioas(i);
	char *p = pages(8);
	map(i, s, T_FIXED_RW, p, 2 * PAGE, 0x10000, "va");
	map(i, s, T_FIXED | T_READABLE, p + 2 * PAGE, 2 * PAGE, 0x12000, "va, read");
	copy(i, t, s, T_FIXED_RW, 2 * PAGE, 0x100000, 0x10000);
	copy(i, t, s, T_FIXED_RW, PAGE, 0x110000, 0x11000);
	copy(i, t, s, T_FIXED_RW, 3 * PAGE, 0x120000, 0x11000);
	copy(i, t, s, T_FIXED | T_READABLE, 3 * PAGE, 0x120000, 0x11000);
	copy(i, t, s, T_FIXED | T_READABLE, 4 * PAGE, 0x130000, 0x11000);
	copy(i, t, s, T_FIXED_RW, 2 * PAGE, 0x101000, 0x10000);
	copy(i, t, s, T_FIXED_RW, 0, 0x140000, 0x10000);
	copy(i, t, s, T_FIXED_RW, PAGE, 0x140000, 0x9000);
	copy(i, t, s, T_FIXED_RW, -1, 0x140000, 0x10000);
	copy(i, t, s, T_FIXED_RW, PAGE, -1, 0x10000);
	copy(i, t, s, T_FIXED_RW, PAGE, 0x140000, -1);
	copy(i, t, s, T_FIXED_RW, -2, 0x140000, 0x10000);
	copy(i, t, s, 1, PAGE, 0x140000, 0x10000);
	copy(i, t, s, 8, PAGE, 0x140000, 0x10000);
	copy(i, 99, s, T_FIXED_RW, PAGE, 0x140000, 0x10000);
	copy(i, 99, s, T_FIXED_RW, PAGE, 0x140000, 0x9000);
	copy(i, t, 99, T_FIXED_RW, PAGE, 0x140000, 0x10000);
	copy(i, s, s, T_FIXED_RW, PAGE, 0x200000, 0x10000);
	unmap(i, t, 0x120000, PAGE);
	unmap(i, t, 0x120000, 3 * PAGE);
	destroy(i, s);
	unmap(i, t, 0, -1);
	destroy(i, t);
}

static void sysfs(void)
{
	section("names");
	char path[200], text[64] = "", want[64];
	struct stat st;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/%s/dev", t_bdf, strrchr(cdev_path(), '/') + 1);
	int f = open(path, O_RDONLY);
	call(read(f, text, sizeof(text) - 1) > 0 ? 0 : -1, "read(vfio-dev/vfioN/dev)");
	close(f);
	stat(cdev_path(), &st);
	snprintf(want, sizeof(want), "%u:%u\n", major(st.st_rdev), minor(st.st_rdev));
	more(" %s", strcmp(text, want) ? "differs from st_rdev" : "is st_rdev");
	snprintf(path, sizeof(path), "/sys/class/vfio-dev/%s/dev", strrchr(cdev_path(), '/') + 1);
	char other[64] = "";
	f = open(path, O_RDONLY);
	call(read(f, other, sizeof(other) - 1) > 0 ? 0 : -1, "read(/sys/class/vfio-dev/vfioN/dev)");
	more(" %s", strcmp(text, other) ? "differs" : "is the same");
	close(f);
	call(stat("/dev/iommu", &st), "stat(/dev/iommu)");
	more(" mode=%o", st.st_mode);
	call(stat(cdev_path(), &st), "stat(/dev/vfio/devices/vfioN)");
	more(" mode=%o", st.st_mode);
}

static void before_bind(int i)
{
	section("a device before it is bound");
	int d = callfd(open(cdev_path(), O_RDWR | O_CLOEXEC), "open(cdev)");
	int e = callfd(open(cdev_path(), O_RDONLY | O_CLOEXEC), "open(cdev, O_RDONLY)");
	char byte = 0;
	call(pwrite(e, &byte, 1, CONFIG), "pwrite(O_RDONLY, config)");
	call(pread(e, &byte, 1, CONFIG), "pread(O_RDONLY, config)");
	int o = open(cdev_path(), O_WRONLY | O_CLOEXEC);
	call(pread(o, &byte, 1, CONFIG), "pread(O_WRONLY, config)");
	close(o);
	struct t_device_info info = { .argsz = sizeof(info) };
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "GET_INFO()");
	call(ioctl(d, VFIO_DEVICE_RESET), "RESET()");
	call(ioctl(d, 0x3b00, 0), "ioctl(0x3b00)");
	attach_pt(d, 1);
	detach_pt(d);
	call(ioctl(d, T_ATTACH, NULL), "ATTACH(NULL)");
	call(pread(d, &byte, 1, CONFIG), "pread(config)");
	call(pwrite(d, &byte, 1, CONFIG), "pwrite(config)");
	call(pread(d, &byte, 0, CONFIG), "pread(config, 0)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, d, 0), "mmap(BAR0)");
	fd_stat(d, "cdev");
	open_flags(d);
	section("bind");
	call(ioctl(d, T_BIND, NULL), "BIND(NULL)");
	struct t_bind b = { 0, 0, i, 0xeeee, 0 };
	static const unsigned sizes[] = { 0, 4, 12, 15 };
	for (size_t n = 0; n < COUNT(sizes); n++) {
		b.argsz = sizes[n];
		call(ioctl(d, T_BIND, &b), "BIND(argsz=%u)", sizes[n]);
	}
	struct {
		struct t_bind b;
		__u64 tail;
	} big = { { 32, 0, i, 0, 0 }, 1 };
	call(ioctl(d, T_BIND, &big), "BIND(argsz=32, not zero behind)");
	b.argsz = 16;
	for (unsigned flags = 2; flags; flags <<= 15) {
		b.flags = flags;
		call(ioctl(d, T_BIND, &b), "BIND(flags=%x)", flags);
	}
	b.flags = 1;
	call(ioctl(d, T_BIND, &b), "BIND(flags=TOKEN, argsz=16)");
	b.argsz = sizeof(b);
	call(ioctl(d, T_BIND, &b), "BIND(flags=TOKEN, argsz=24, NULL)");
	b.token_uuid_ptr = (uintptr_t)UNMAPPED;
	call(ioctl(d, T_BIND, &b), "BIND(flags=TOKEN, argsz=24, unmapped)");
	b.token_uuid_ptr = (uintptr_t)pages(1);
	call(ioctl(d, T_BIND, &b), "BIND(flags=TOKEN, argsz=24, a token)");
	bind_device(d, -1, "-1");
	bind_device(d, -2, "-2");
	bind_device(d, INT_MIN, "INT_MIN");
	bind_device(d, 999, "closed");
	bind_device(d, d, "itself");
	int null = open("/dev/null", O_RDWR);
	bind_device(d, null, "/dev/null");
	close(null);
	int container = open_container();
	bind_device(d, container, "container");
	close(container);
	struct t_bind *ro = pages(1);
	*ro = (struct t_bind){ 16, 0, i, 0, 0 };
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(d, T_BIND, ro), "BIND(read-only structure)");
	destroy(i, 1);
	int group = callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	bind_device(d, i, "while the group is open");
	close(group);
	bind_device(d, i, "iommufd");
	callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	bind_device(d, i, "iommufd, again");
	bind_device(d, 999, "closed, again");
	bind_device(e, i, "from another file");
	bind_device(e, 999, "closed, from another file");
	int j = open_iommu();
	bind_device(e, j, "another iommufd, from another file");
	close(j);
	call(ioctl(e, VFIO_DEVICE_GET_INFO, &info), "GET_INFO(the other file)");
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "GET_INFO()");
	more(" flags=%x regions=%u irqs=%u", info.flags, info.num_regions, info.num_irqs);
	call(pread(d, &byte, 1, CONFIG), "pread(config)");
	call(ioctl(d, 0x3b00, 0), "ioctl(0x3b00)");
	destroy(i, 1);
	close(e);
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "GET_INFO()");
	close(d);
	destroy(i, 1);
	group = callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	close(group);
}

static void attaching(int i)
{
	section("attach and detach");
	int d = open_cdev();
	__u32 s = ioas(i);
	bind_device(d, i, "iommufd");
	call(ioctl(d, T_ATTACH, NULL), "ATTACH(NULL)");
	struct t_attach a = { 11, 0, s, 0 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH(argsz=11)");
	a.argsz = 12;
	a.flags = 2;
	call(ioctl(d, T_ATTACH, &a), "ATTACH(flags=2)");
	a.flags = 1;
	call(ioctl(d, T_ATTACH, &a), "ATTACH(flags=PASID, argsz=12)");
	struct t_detach t = { 7, 0, 0 };
	call(ioctl(d, T_DETACH, NULL), "DETACH(NULL)");
	call(ioctl(d, T_DETACH, &t), "DETACH(argsz=7)");
	t.argsz = 8;
	t.flags = 2;
	call(ioctl(d, T_DETACH, &t), "DETACH(flags=2)");
	t.flags = 1;
	call(ioctl(d, T_DETACH, &t), "DETACH(flags=PASID, argsz=8)");
	detach_pt(d);
	attach_pt(d, 0);
	attach_pt(d, 99);
	attach_pt(d, 2);
	attach_pt(d, s);
	attach_pt(d, s);
	attach_pt(d, 3);
	destroy(i, s);
	destroy(i, 3);
	destroy(i, 2);
	struct t_attach pasid = { sizeof(pasid), 1, s, 1 };
	static const __u32 targets[] = { 99, 2, 1, 3 };
	for (size_t n = 0; n < COUNT(targets); n++) {
		pasid.pt_id = targets[n];
		call(ioctl(d, T_ATTACH, &pasid), "ATTACH(%u, PASID 1)", targets[n]);
	}
	pasid.pasid = 0;
	call(ioctl(d, T_ATTACH, &pasid), "ATTACH(3, PASID 0)");
	struct t_detach pasid_off = { sizeof(pasid_off), 1, 1 };
	call(ioctl(d, T_DETACH, &pasid_off), "DETACH(PASID 1)");
	__u32 u = ioas(i);
	note("the next id: %u", u);
	section("an address space with a device");
	ranges(i, s, 0);
	ranges(i, s, 1);
	ranges(i, s, 16);
	char *p = pages(4);
	map(i, s, T_FIXED_RW, p, 2 * PAGE, 0x10000, "va");
	map(i, s, T_FIXED_RW, p + 1, PAGE, 0x20000, "va+1");
	map(i, s, T_FIXED_RW, p, PAGE, 0x20001, "va");
	map(i, s, T_FIXED_RW, p, PAGE + 1, 0x20000, "va");
	map(i, s, T_FIXED_RW, UNMAPPED, PAGE, 0x20000, "unmapped");
	map(i, s, T_FIXED_RW, KERNEL_ADDRESS, PAGE, 0x20000, "kernel");
	map(i, s, T_FIXED_RW, NULL, PAGE, 0x20000, "NULL");
	char *half = pages(1);
	map(i, s, T_FIXED_RW, half, 2 * PAGE, 0x20000, "half of it there");
	unmap(i, s, 0x20000, PAGE);
	char *ro = pages(1);
	mprotect(ro, PAGE, PROT_READ);
	map(i, s, T_FIXED_RW, ro, PAGE, 0x20000, "read-only memory");
	map(i, s, T_FIXED | T_READABLE, ro, PAGE, 0x21000, "read-only memory");
	map(i, s, T_FIXED_RW, p, PAGE, MSI, "va");
	map(i, s, T_FIXED_RW, p, 2 * PAGE, MSI - PAGE, "va");
	map(i, s, T_FIXED_RW, p, PAGE, MSI - PAGE, "va");
	map(i, s, T_FIXED_RW, p, PAGE, 0xfef00000, "va");
	map(i, s, T_FIXED_RW, p, PAGE, 0xffffffffffff000ull, "va");
	map(i, s, T_FIXED_RW, p, PAGE, -PAGE, "va");
	map(i, s, T_RW, p, PAGE, 0, "anywhere");
	map(i, s, T_RW, p + 1, PAGE, 0, "anywhere, va+1");
	char *bar = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, d, 0);
	map(i, s, T_FIXED_RW, bar, PAGE, 0x30000, "BAR0");
	munmap(bar, EDU_BAR_SIZE);
	copy(i, s, s, T_FIXED_RW, PAGE, 0x40000, 0x11000);
	copy(i, s, s, T_FIXED_RW, 10, 0x50000, 0x11000);
	unmap(i, s, 0x10000, PAGE);
	struct t_iova_range window[] = { { MSI - PAGE, MSI + PAGE } };
	allow(i, s, 1, window, "the MSI window");
	section("replace");
	map(i, u, T_FIXED_RW, p, PAGE, MSI, "in the MSI window");
	attach_pt(d, u);
	unmap(i, u, 0, -1);
	map(i, u, T_FIXED_RW, UNMAPPED, PAGE, 0x10000, "unmapped");
	attach_pt(d, u);
	unmap(i, u, 0, -1);
	map(i, u, T_FIXED_RW, p, 1, 0x10000, "one byte");
	attach_pt(d, u);
	unmap(i, u, 0, -1);
	allow(i, u, 1, window, "the MSI window");
	attach_pt(d, u);
	allow(i, u, 0, NULL, "none");
	map(i, u, T_FIXED_RW, p, PAGE, 1ull << 60, "beyond the aperture");
	attach_pt(d, u);
	unmap(i, u, 0, -1);
	attach_pt(d, u);
	ranges(i, s, 16);
	ranges(i, u, 16);
	attach_pt(d, s);
	detach_pt(d);
	destroy(i, 3);
	destroy(i, 5);
	ranges(i, s, 16);
	detach_pt(d);
	section("first attachment, failing");
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, UNMAPPED, PAGE, 0x10000, "unmapped");
	attach_pt(d, s);
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, p, PAGE, MSI, "in the MSI window");
	attach_pt(d, s);
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, p, 1, 0x10000, "one byte");
	attach_pt(d, s);
	unmap(i, s, 0, -1);
	map(i, s, T_FIXED_RW, p, PAGE, 1ull << 60, "beyond the aperture");
	attach_pt(d, s);
	unmap(i, s, 0, -1);
	ranges(i, s, 16);
	struct t_attach *w = pages(1);
	*w = (struct t_attach){ 12, 0, s, 0 };
	mprotect(w, PAGE, PROT_READ);
	call(ioctl(d, T_ATTACH, w), "ATTACH(read-only structure)");
	ranges(i, s, 16);
	attach_pt(d, s);
	section("close");
	close(d);
	destroy(i, 2);
	destroy(i, 3);
	ranges(i, s, 16);
	destroy(i, s);
	destroy(i, u);
}

/* What the device reads at one address and writes to another. */
static void dma(int d, char *from, __u64 from_iova, char *to, __u64 to_iova, const char *when)
{
	memcpy(from, "iommufd!", 8);
	memset(to, 0, 8);
	edu_dma(d, from_iova, false);
	edu_dma(d, to_iova, true);
	note("DMA %s: ", when);
	hex(to, 8);
}

static void transfers(void)
{
	section("DMA");
	int i = open_iommu(), d = open_cdev();
	char *p = pages(2);
	bind_device(d, i, "iommufd");
	__u32 s = ioas(i), u = ioas(i);
	map(i, s, T_FIXED_RW, p, 2 * PAGE, 0x10000, "va");
	map(i, u, T_FIXED_RW, p, 2 * PAGE, 0x20000, "va");
	config_put(d, 4, config_get(d, 4) | 4);
	attach_pt(d, s);
	dma(d, p, 0x10000, p + PAGE, 0x11000, "attached");
	attach_pt(d, u);
	dma(d, p, 0x20000, p + PAGE, 0x21000, "replaced");
	unmap(i, u, 0, -1);
	map(i, u, T_FIXED_RW, p, 2 * PAGE, 0x30000, "va");
	dma(d, p, 0x30000, p + PAGE, 0x31000, "mapped while attached");
	close(i);
	dma(d, p, 0x30000, p + PAGE, 0x31000, "after the iommufd was closed");
	struct t_detach t = { 8, 0, 0 };
	call(ioctl(d, T_DETACH, &t), "DETACH()");
	close(d);
	section("after all");
	d = open_cdev();
	i = open_iommu();
	bind_device(d, i, "iommufd");
	close(i);
	int e = open_cdev();
	i = open_iommu();
	bind_device(e, i, "another, while the first is bound");
	close(d);
	bind_device(e, i, "another, after the first was closed");
	close(e);
	close(i);
	struct setup g = attach_device(T_TYPE1v2);
	struct t_bind b = { 16, 0, g.container, 0, 0 };
	call(ioctl(g.device, T_BIND, NULL), "BIND(the group's device, NULL)");
	call(ioctl(g.device, T_BIND, &b), "BIND(the group's device)");
	b.iommufd = -1;
	call(ioctl(g.device, T_BIND, &b), "BIND(the group's device, -1)");
	struct t_attach a = { 12, 0, 1, 0 };
	call(ioctl(g.device, T_ATTACH, &a), "ATTACH(the group's device)");
	call(ioctl(g.device, T_DETACH, &a), "DETACH(the group's device)");
	d = open_cdev();
	i = open_iommu();
	bind_device(d, i, "while the group has it");
	detach(&g);
	bind_device(d, i, "once the group has not");
	close(d);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	sysfs();
	int i = callfd(open("/dev/iommu", O_RDWR | O_CLOEXEC), "open(/dev/iommu)");
	file_operations(i, "/dev/iommu");
	dispatch(i);
	objects(i);
	unattached(i);
	automatic(i);
	copies(i);
	before_bind(i);
	attaching(i);
	close(i);
	transfers();
	return finish();
}
