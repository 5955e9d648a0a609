/*
 * Random but meaningful sequences of calls. A seed makes a sequence, and the same seed the same sequence everywhere, so that two
 * machines can be compared by what they print.
 *
 *	random_calls [--quiet-console] [BDF]                    200 sequences of 200 calls, one line for each: a hash of all it prints
 *	random_calls [...] --seed N [--calls N] [--skip I,J]    one of them in full; without some calls, to find which ones matter
 *	random_calls [...] --seeds FIRST-LAST [--calls N]       hashes of others
 *	random_calls [...] --seed N --each [...]                hashes of one of them without each of its calls in turn
 *
 * Each sequence runs in a process of its own, whose end closes what it left open.
 */
#include "edu.h"
#include "iommufd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MSI 0xfee00000ull
#define SLOTS 3

enum kind { CONTAINER, GROUP, DEVICE, IOMMU, CDEV, KINDS };

static const char names[] = "cgdin";
static int slots[KINDS][SLOTS];
static int events[4];
static char *arena; /* 16 pages at a fixed address; page 12 is read-only, 14 is not there */
static int file;    /* a memory file of 8 pages */
static uint64_t state;

static uint32_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ull);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

static unsigned pick(unsigned n)
{
	return next() % n;
}

static bool one_in(unsigned n)
{
	return pick(n) == 0;
}

#define CHOOSE(...) \
	({ \
		static const __u64 choices[] = { __VA_ARGS__ }; \
		choices[pick(COUNT(choices))]; \
	})

struct who {
	int fd;
	char name[8];
};

static struct who slot(enum kind kind)
{
	struct who w;
	int i = pick(SLOTS);
	w.fd = slots[kind][i];
	snprintf(w.name, sizeof(w.name), "%c%d", names[kind], i);
	return w;
}

/* A file of the kind that a call is for, if there is any; now and then another. */
static struct who some(enum kind kind)
{
	if (one_in(24))
		return slot(pick(KINDS));
	struct who w = slot(kind);
	for (int tries = 0; tries < 4 && w.fd < 0; tries++)
		w = slot(kind);
	return w;
}

static struct who either(enum kind a, enum kind b)
{
	return some(one_in(2) ? a : b);
}

static __u64 address(void)
{
	unsigned page = pick(16);
	return (__u64)(uintptr_t)arena + page * PAGE + (one_in(12) ? pick(64) : 0);
}

static __u64 length(void)
{
	return one_in(10) ? CHOOSE(0, 1, PAGE - 1, PAGE + 1, -1, 1ull << 63) : PAGE * (1 + pick(4));
}

static __u64 place(void)
{
	return one_in(10) ? CHOOSE(1, MSI, MSI - PAGE, 1ull << 48, (1ull << 48) - PAGE, -PAGE, -1ull, 1ull << 39)
			  : 0x10000 + PAGE * pick(16);
}

static void data(const void *p, size_t n)
{
	more(" ");
	hex(p, n);
}

static void open_one(void)
{
	enum kind kind = CHOOSE(CONTAINER, GROUP, GROUP, IOMMU, CDEV);
	int i = pick(SLOTS);
	if (slots[kind][i] >= 0)
		return;
	const char *path = kind == CONTAINER ? "/dev/vfio/vfio" : kind == GROUP ? t_group_path
		: kind == IOMMU ? "/dev/iommu" : cdev_path();
	int fd = open(path, (one_in(12) ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	callfd(fd, "%c%d = open()", names[kind], i);
	slots[kind][i] = fd;
}

static void close_one(void)
{
	enum kind kind = pick(KINDS);
	int i = pick(SLOTS);
	if (slots[kind][i] < 0 || one_in(2))
		return;
	call(close(slots[kind][i]), "close(%c%d)", names[kind], i);
	slots[kind][i] = -1;
}

static void group_calls(void)
{
	struct who g = some(GROUP), c = either(CONTAINER, IOMMU);
	struct vfio_group_status s = { .argsz = one_in(8) ? 7 : sizeof(s) };
	switch (pick(6)) {
	case 0:
		call(ioctl(g.fd, VFIO_GROUP_GET_STATUS, &s), "GET_STATUS(%s)", g.name);
		more(" flags=%x", s.flags);
		break;
	case 1:
	case 2:
		call(ioctl(g.fd, VFIO_GROUP_SET_CONTAINER, &c.fd), "SET_CONTAINER(%s, %s)", g.name, c.name);
		break;
	case 3:
		if (one_in(2))
			call(ioctl(g.fd, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER(%s)", g.name);
		break;
	default: {
		int i = pick(SLOTS);
		if (slots[DEVICE][i] >= 0)
			break;
		int fd = ioctl(g.fd, VFIO_GROUP_GET_DEVICE_FD, one_in(16) ? "0000:00:1f.7" : t_bdf);
		callfd(fd, "d%d = GET_DEVICE_FD(%s)", i, g.name);
		slots[DEVICE][i] = fd;
	}
	}
}

static void container_calls(void)
{
	struct who c = either(CONTAINER, IOMMU);
	unsigned char b[256];
	__u32 argsz = CHOOSE(12, 16, 20, 24, 40, 71, 72, 88, 100, 112, 200);
	unsigned n = pick(12);
	switch (pick(5)) {
	case 0:
		call(ioctl(c.fd, VFIO_GET_API_VERSION), "GET_API_VERSION(%s)", c.name);
		break;
	case 1:
		call(ioctl(c.fd, VFIO_CHECK_EXTENSION, n), "CHECK_EXTENSION(%s, %u)", c.name, n);
		break;
	case 2:
	case 3:
		n = one_in(6) ? n : one_in(2) ? T_TYPE1 : T_TYPE1v2;
		call(ioctl(c.fd, VFIO_SET_IOMMU, n), "SET_IOMMU(%s, %u)", c.name, n);
		break;
	default:
		memset(b, 0xee, sizeof(b));
		*(__u32 *)b = argsz;
		call(ioctl(c.fd, VFIO_IOMMU_GET_INFO, b), "GET_INFO(%s, argsz=%u)", c.name, argsz);
		data(b, 208);
	}
}

static void dma_calls(void)
{
	struct who c = either(CONTAINER, IOMMU);
	struct {
		__u32 argsz, flags;
		__u64 vaddr, iova, size;
	} m = { one_in(16) ? 31 : 32, one_in(8) ? pick(8) : 3, address(), place(), length() };
	struct {
		__u32 argsz, flags;
		__u64 iova, size;
	} u = { one_in(16) ? 23 : 24, one_in(8) ? pick(8) & 6 : 0, place(), length() };
	if (u.flags & 2 && one_in(2))
		u.iova = u.size = 0;
	struct {
		__u32 argsz, flags;
	} d = { 8, one_in(8) ? 0 : one_in(2) ? 1 : 2 };
	switch (pick(8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		call(ioctl(c.fd, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(%s, argsz=%u, flags=%x, va+%#llx, %#llx, %#llx)", c.name, m.argsz,
			m.flags, m.vaddr - (__u64)(uintptr_t)arena, m.iova, m.size);
		break;
	case 4:
		call(ioctl(c.fd, T_IO(117), &d), "DIRTY_PAGES(%s, flags=%x)", c.name, d.flags);
		break;
	default:
		call(ioctl(c.fd, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(%s, argsz=%u, flags=%x, %#llx, %#llx)", c.name, u.argsz,
			u.flags, u.iova, u.size);
		more(" size=%#llx", u.size);
	}
}

static __u32 object(void)
{
	return one_in(16) ? CHOOSE(0, 99, -1u) : 1 + pick(6);
}

static void ioas_calls(void)
{
	struct who i = some(IOMMU);
	struct t_ioas_alloc a = { one_in(16) ? 8 : sizeof(a), one_in(12), 0 };
	struct t_iova_range r[4] = { 0 };
	struct t_iova_ranges q = { sizeof(q), object(), pick(5), one_in(24), (__u64)(uintptr_t)r, 7 };
	struct t_iova_range wanted[2] = { { 0x10000, 0x10000 + PAGE * pick(20) - 1 }, { place(), -1ull - (__u64)pick(2) * PAGE } };
	struct t_allow_iovas w = { sizeof(w), object(), pick(3), 0, (__u64)(uintptr_t)wanted };
	struct t_vfio_ioas v = { sizeof(v), object(), pick(4), one_in(24) };
	switch (pick(8)) {
	case 0:
	case 1:
	case 2:
		call(ioctl(i.fd, T_IOAS_ALLOC, &a), "IOAS_ALLOC(%s, size=%u, flags=%x)", i.name, a.size, a.flags);
		more(" id=%u", a.out_ioas_id);
		break;
	case 3:
		call(ioctl(i.fd, T_IOVA_RANGES, &q), "IOVA_RANGES(%s, %u, num=%u, reserved=%u)", i.name, q.ioas_id, q.num_iovas, q.reserved);
		more(" num=%u alignment=%llu", q.num_iovas, q.out_iova_alignment);
		data(r, sizeof(r));
		break;
	case 4:
		call(ioctl(i.fd, T_ALLOW_IOVAS, &w), "ALLOW_IOVAS(%s, %u, %#llx-%#llx %#llx-%#llx, num=%u)", i.name, w.ioas_id,
			wanted[0].start, wanted[0].last, wanted[1].start, wanted[1].last, w.num_iovas);
		break;
	case 5:
	case 6:
		call(ioctl(i.fd, T_VFIO_IOAS, &v), "VFIO_IOAS(%s, op=%u, %u, reserved=%u)", i.name, v.op, v.ioas_id, v.reserved);
		more(" ioas=%u", v.ioas_id);
		break;
	default:
		if (one_in(2))
			destroy(i.fd, object());
	}
}

static void map_calls(void)
{
	struct who i = some(IOMMU);
	unsigned flags = one_in(8) ? pick(16) : one_in(4) ? T_RW : T_FIXED_RW;
	struct t_ioas_map m = { sizeof(m), flags, object(), one_in(24), address(), length(), place() };
	struct t_map_file f = { sizeof(f), flags, object(), one_in(12) ? -1 : file, PAGE * pick(10), length(), place() };
	struct t_ioas_copy c = { sizeof(c), flags, object(), object(), length(), place(), place() };
	struct t_ioas_unmap u = { sizeof(u), object(), place(), length() };
	if (one_in(12))
		u.iova = 0, u.length = -1;
	switch (pick(8)) {
	case 0:
	case 1:
	case 2:
		call(ioctl(i.fd, T_IOAS_MAP, &m), "MAP(%s, %u, flags=%x, reserved=%u, va+%#llx, %#llx, %#llx)", i.name, m.ioas_id, flags,
			m.reserved, m.user_va - (__u64)(uintptr_t)arena, m.length, m.iova);
		more(" iova=%#llx", m.iova);
		break;
	case 3:
		call(ioctl(i.fd, T_MAP_FILE, &f), "MAP_FILE(%s, %u, flags=%x, %s, %#llx, %#llx, %#llx)", i.name, f.ioas_id, flags,
			f.fd < 0 ? "-1" : "file", f.start, f.length, f.iova);
		more(" iova=%#llx", f.iova);
		break;
	case 4:
	case 5:
		call(ioctl(i.fd, T_IOAS_COPY, &c), "COPY(%s, %u from %u, flags=%x, %#llx, %#llx from %#llx)", i.name, c.dst_ioas_id,
			c.src_ioas_id, flags, c.length, c.dst_iova, c.src_iova);
		more(" iova=%#llx", c.dst_iova);
		break;
	default:
		call(ioctl(i.fd, T_IOAS_UNMAP, &u), "UNMAP(%s, %u, %#llx, %#llx)", i.name, u.ioas_id, u.iova, u.length);
		more(" length=%#llx", u.length);
	}
}

static void hwpt_calls(void)
{
	struct who i = some(IOMMU);
	struct t_hwpt_alloc h = { .size = sizeof(h), .flags = one_in(6) ? pick(32) : 0, .dev_id = object(), .pt_id = object(),
		.fault_id = object() };
	unsigned char b[40];
	memset(b, 0xee, sizeof(b));
	struct t_hw_info w = { .size = sizeof(w), .dev_id = object(), .data_len = CHOOSE(0, 8, 24, 32), .data_uptr = (__u64)(uintptr_t)b };
	struct t_set_dirty s = { sizeof(s), pick(3), object(), 0 };
	struct t_get_dirty g = { sizeof(g), object(), pick(2), 0, place(), length(), PAGE, (__u64)(uintptr_t)b };
	struct t_invalidate v = { sizeof(v), object(), (__u64)(uintptr_t)b, pick(2), CHOOSE(0, 8, 16), pick(3), 0 };
	struct t_option o = { sizeof(o), 1, pick(2), 0, object(), pick(3) };
	struct t_change_process p = { sizeof(p), 0 };
	switch (pick(8)) {
	case 0:
	case 1:
		call(ioctl(i.fd, T_HWPT_ALLOC, &h), "HWPT_ALLOC(%s, flags=%x, dev=%u, pt=%u, fault=%u)", i.name, h.flags, h.dev_id, h.pt_id,
			h.fault_id);
		more(" hwpt=%u", h.out_hwpt_id);
		break;
	case 2:
		call(ioctl(i.fd, T_GET_HW_INFO, &w), "GET_HW_INFO(%s, %u, data_len=%u)", i.name, w.dev_id, w.data_len);
		more(" data_len=%u type=%u", w.data_len, w.data_type);
		data(b, sizeof(b));
		break;
	case 3:
		call(ioctl(i.fd, T_SET_DIRTY, &s), "SET_DIRTY(%s, %u, flags=%x)", i.name, s.hwpt_id, s.flags);
		break;
	case 4:
		call(ioctl(i.fd, T_GET_DIRTY, &g), "GET_DIRTY(%s, %u, flags=%x, %#llx, %#llx)", i.name, g.hwpt_id, g.flags, g.iova, g.length);
		break;
	case 5:
		call(ioctl(i.fd, T_INVALIDATE, &v), "INVALIDATE(%s, %u, type=%u, %u of %u)", i.name, v.hwpt_id, v.data_type, v.entry_num,
			v.entry_len);
		more(" number=%u", v.entry_num);
		break;
	case 6:
		call(ioctl(i.fd, T_OPTION, &o), "OPTION(%s, HUGE_PAGES, op=%u, %u, %llu)", i.name, o.op, o.object_id, o.val64);
		more(" value=%llu", o.val64);
		break;
	default:
		call(ioctl(i.fd, T_CHANGE_PROCESS, &p), "CHANGE_PROCESS(%s)", i.name);
	}
}

static void cdev_calls(void)
{
	struct who d = some(CDEV), i = some(IOMMU);
	struct t_bind b = { one_in(16) ? 12 : 16, one_in(24) ? 2 : 0, i.fd, 0xeeee, 0 };
	struct t_attach a = { one_in(16) ? 8 : 12, one_in(24) ? 2 : 0, object(), 0 };
	struct t_detach t = { one_in(16) ? 4 : 8, one_in(24) ? 2 : 0, 0 };
	switch (pick(5)) {
	case 0:
	case 1:
		call(ioctl(d.fd, T_BIND, &b), "BIND(%s, argsz=%u, flags=%x, %s)", d.name, b.argsz, b.flags, i.name);
		more(" id=%u", b.out_devid);
		break;
	case 2:
	case 3:
		call(ioctl(d.fd, T_ATTACH, &a), "ATTACH(%s, argsz=%u, flags=%x, %u)", d.name, a.argsz, a.flags, a.pt_id);
		more(" pt=%u", a.pt_id);
		break;
	default:
		if (one_in(2))
			call(ioctl(d.fd, T_DETACH, &t), "DETACH(%s, argsz=%u, flags=%x)", d.name, t.argsz, t.flags);
	}
}

static void device_calls(void)
{
	struct who d = either(DEVICE, CDEV);
	struct t_device_info info = { .argsz = CHOOSE(0, 15, 16, 20, 24, 100) };
	struct vfio_irq_info irq = { .argsz = CHOOSE(0, 15, 16, 100), .index = pick(7) };
	struct {
		struct vfio_region_info r;
		unsigned char behind[128];
	} region = { .r = { .argsz = CHOOSE(0, 31, 32, 64, 160), .index = pick(11) } };
	__u32 reset[8] = { CHOOSE(0, 12, 24), pick(2), pick(3) };
	switch (pick(6)) {
	case 0:
		call(ioctl(d.fd, VFIO_DEVICE_GET_INFO, &info), "DEVICE_GET_INFO(%s, argsz=%u)", d.name, info.argsz);
		data(&info, sizeof(info));
		break;
	case 1:
		call(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &region), "GET_REGION_INFO(%s, argsz=%u, %u)", d.name, region.r.argsz,
			region.r.index);
		data(&region, 64);
		break;
	case 2:
		call(ioctl(d.fd, VFIO_DEVICE_GET_IRQ_INFO, &irq), "GET_IRQ_INFO(%s, argsz=%u, %u)", d.name, irq.argsz, irq.index);
		data(&irq, sizeof(irq));
		break;
	case 3:
		if (one_in(3))
			call(ioctl(d.fd, VFIO_DEVICE_RESET), "RESET(%s)", d.name);
		break;
	case 4: {
		__u32 id = pick(15), flags = CHOOSE(0, 1 << 16, 1 << 17, 3 << 16, 4 << 16, 5 << 16, 6 << 16, 7 << 16, 8 << 16);
		__u32 f[4] = { CHOOSE(0, 8, 12, 16), flags | id, -1, 0 };
		call(ioctl(d.fd, T_IO(117), f), "DEVICE_FEATURE(%s, argsz=%u, flags=%x)", d.name, f[0], f[1]);
		break;
	}
	default:
		call(ioctl(d.fd, T_IO(one_in(2) ? 112 : 113), reset), "hot reset(%s, argsz=%u, flags=%x, count=%u)", d.name, reset[0],
			reset[1], reset[2]);
	}
}

static void irq_calls(void)
{
	struct who d = either(DEVICE, CDEV);
	struct {
		struct vfio_irq_set s;
		__s32 fds[4];
	} v = { .s = { .index = one_in(2) ? 1 : pick(6), .start = one_in(6) ? pick(3) : 0, .count = one_in(6) ? pick(5) : one_in(2) } };
	static const __u32 types[] = { 1, 2, 4 }, actions[] = { 8, 16, 32 };
	v.s.flags = one_in(12) ? pick(64) : types[pick(3)] | actions[one_in(2) ? 2 : pick(3)];
	for (int n = 0; n < 4; n++)
		v.fds[n] = one_in(6) ? -1 : events[pick(4)];
	if (v.s.flags & 2)
		*(unsigned char *)v.fds = pick(2);
	v.s.argsz = one_in(10) ? sizeof(v.s) + pick(8) : sizeof(v);
	call(ioctl(d.fd, VFIO_DEVICE_SET_IRQS, &v), "SET_IRQS(%s, argsz=%u, flags=%x, %u, %u+%u)", d.name, v.s.argsz, v.s.flags,
		v.s.index, v.s.start, v.s.count);
	for (int n = 0; n < 4; n++)
		more(" %lu", counter(events[n]));
}

static void config_calls(void)
{
	struct who d = either(DEVICE, CDEV);
	unsigned size = CHOOSE(1, 2, 4, 4, 3, 8), at = pick(0x60);
	if (one_in(3))
		at = CHOOSE(0, 4, 5, 6, 0x10, 0x14, 0x30, 0x34, 0x3c, 0x40, 0x42, 0x44, 0xfc, 0xff, 0x100);
	unsigned char b[8] = { 0 };
	if (one_in(2)) {
		call(pread(d.fd, b, size, CONFIG + at), "pread(%s, config %#x, %u)", d.name, at, size);
		/* Where the host put the BAR, and its interrupt line. */
		for (unsigned n = 0; n < 8; n++)
			if (at + n == 0x3c || (at + n >= 0x10 && at + n < 0x14))
				b[n] = 0;
		data(b, 8);
	} else {
		__u64 value = CHOOSE(0, -1ull, 0x0406, 0x0002, 0xfeb00000, 0x5555555555555555);
		memcpy(b, &value, 8);
		call(pwrite(d.fd, b, size, CONFIG + at), "pwrite(%s, config %#x, %u, %#llx)", d.name, at, size, value);
	}
}

static void register_calls(void)
{
	struct who d = either(DEVICE, CDEV);
	unsigned char b[8] = { 0 };
	unsigned size = CHOOSE(1, 2, 4, 8), at = CHOOSE(0, 4, 8, 0x100000 - 4, 0x100000, 0x40000);
	unsigned region = one_in(4) ? pick(9) : 0;
	if (region == 7)
		region = 6;
	call(pread(d.fd, b, size, REGION(region) + at), "pread(%s, region %u, %#x, %u)", d.name, region, at, size);
	if (at == 0 || region)
		data(b, 8);
}

static void (*const calls[])(void) = { open_one, open_one, close_one, group_calls, group_calls, container_calls, dma_calls, dma_calls,
	ioas_calls, map_calls, map_calls, hwpt_calls, cdev_calls, device_calls, irq_calls, config_calls, register_calls };

static void set_up(void)
{
	memset(slots, 0xff, sizeof(slots));
	arena = mmap((void *)0x200000000ul, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (arena != (void *)0x200000000ul)
		die("arena");
	memset(arena, 1, 16 * PAGE);
	mprotect(arena + 12 * PAGE, PAGE, PROT_READ);
	munmap(arena + 14 * PAGE, PAGE);
	file = memfd("random", 8 * PAGE);
	for (int i = 0; i < 4; i++)
		events[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	effective(~((1u << CAP_SYS_RESOURCE) | (1u << CAP_SYS_RAWIO)));
	/* Every sequence begins with what most calls need. */
	slots[CONTAINER][0] = open_container();
	slots[IOMMU][0] = open_iommu();
	slots[CDEV][0] = open_cdev();
	if (one_in(2))
		slots[GROUP][0] = open_group();
}

static bool skipped(const char *list, unsigned n)
{
	for (const char *p = list; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if ((unsigned)atoi(p) == n)
			return true;
	return false;
}

static void sequence(uint64_t seed, unsigned count, const char *skip)
{
	state = seed * 0x2545f4914f6cdd1dull;
	set_up();
	for (unsigned n = 0; n < count; n++) {
		uint64_t before = next();
		state = (seed << 32) + n * 1000003ull + before;
		if (!skipped(skip, n)) {
			flush();
			calls[pick(COUNT(calls))]();
			if (skip && t_used)
				more("   #%u", n);
		}
		state = (seed << 20) ^ (n * 0x9e3779b9ull);
	}
	flush();
}

/* Runs a sequence in a child and hashes what it prints: FNV-1a. */
static void hashed(uint64_t seed, unsigned count, const char *skip, const char *name)
{
	int out[2];
	flush();
	if (pipe(out))
		die("pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		sequence(seed, count, skip);
		_exit(0);
	}
	close(out[1]);
	uint64_t hash = 0xcbf29ce484222325ull;
	unsigned lines = 0;
	unsigned char b[4096];
	for (ssize_t n; (n = read(out[0], b, sizeof(b))) > 0;)
		for (ssize_t k = 0; k < n; k++) {
			hash = (hash ^ b[k]) * 0x100000001b3ull;
			lines += b[k] == '\n';
		}
	close(out[0]);
	int status;
	waitpid(pid, &status, 0);
	note("%s: %u calls, %016llx%s = 0", name, lines, (unsigned long long)hash,
		WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : " failed");
	flush();
}

int main(int argc, char **argv)
{
	unsigned long first = 1, last = 200, count = 200;
	const char *skip = NULL;
	bool one = false, each = false;
	char name[32], more_skipped[8192];
	char *rest[4] = { argv[0] };
	int kept = 1;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--seed") && i + 1 < argc) {
			first = strtoul(argv[++i], NULL, 0);
			one = true;
		} else if (!strcmp(argv[i], "--seeds") && i + 1 < argc) {
			if (sscanf(argv[++i], "%lu-%lu", &first, &last) != 2)
				die("--seeds FIRST-LAST");
		} else if (!strcmp(argv[i], "--calls") && i + 1 < argc) {
			count = strtoul(argv[++i], NULL, 0);
		} else if (!strcmp(argv[i], "--each")) {
			each = true;
		} else if (!strcmp(argv[i], "--skip") && i + 1 < argc) {
			skip = argv[++i];
		} else if (kept < 4) {
			rest[kept++] = argv[i];
		}
	}
	start(kept, rest);
	for (unsigned n = 0; each && n < count; n++) {
		if (skipped(skip, n))
			continue;
		snprintf(name, sizeof(name), "without %u", n);
		snprintf(more_skipped, sizeof(more_skipped), "%s,%u", skip ? skip : "-1", n);
		hashed(first, count, more_skipped, name);
	}
	if (each)
		return finish();
	if (one) {
		sequence(first, count, skip ? skip : "-1");
		return 0;
	}
	for (unsigned long seed = first; seed <= last; seed++) {
		snprintf(name, sizeof(name), "seed %lu", seed);
		hashed(seed, count, NULL, name);
	}
	return finish();
}
