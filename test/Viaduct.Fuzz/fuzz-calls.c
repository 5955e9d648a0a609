/* VFIO calls, right and wrong, and calls on paths. */
#include "fuzz.h"

#define VFIO(nr) (0x3b00u | (nr))

static u64 iovas[8]; /* where memory was mapped lately, so that unmaps and devices find something */

static void *any_memory(u64 *size)
{
	volatile struct memory *m = &memories[below(MEMORIES)];

	if (!m->at || one_in(4)) {
		u64 pages = 1 + below(one_in(8) ? 600 : 16);
		int flags = one_in(2) ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_ANONYMOUS;
		void *at = mmap(NULL, pages * PAGE, one_in(8) ? PROT_READ : PROT_READ | PROT_WRITE, flags, -1, 0);

		if (at == MAP_FAILED)
			return NULL;
		if (m->at && one_in(2)) /* perhaps mapped for DMA; otherwise it is forgotten and leaks until the end */
			munmap(m->at, m->size);
		m->size = pages * PAGE;
		m->at = at;
	}

	*size = m->size;
	return m->at;
}

static u32 any_size(u32 right) { return one_in(5) ? (u32)odd_number() : right; }
static u32 any_flags(u32 all) { return one_in(12) ? (u32)rnd() : (u32)rnd() & all; }
static u64 any_iova(void) { return one_in(4) ? odd_number() : one_in(3) ? (below(64) << 16) : iovas[below(8)]; }

/* Builds a struct in the argument page, and calls with that or with something worse. */
static long call(int fd, u32 request, const void *data, u64 size)
{
	void *pointer = any_pointer(size);

	count();
	if (pointer == argument || (pointer >= (void *)traps && pointer < (void *)(traps + PAGE)))
		TRY(memcpy(pointer, data, size));
	return ioctl(fd, request, pointer);
}

static void map_dma(int fd)
{
	struct { u32 argsz, flags; u64 vaddr, iova, size; } m = { any_size(32), any_flags(7), 0, any_iova(), 0 };
	void *at = any_memory(&m.size);

	m.flags = one_in(3) ? m.flags : 3;
	m.vaddr = one_in(6) ? (u64)any_pointer(PAGE) & (one_in(2) ? ~0ull : -4096ull) : (u64)at;
	if (one_in(6))
		m.size = odd_number();
	if (call(fd, VFIO(0x71), &m, sizeof(m)) == 0)
		iovas[below(8)] = m.iova;
}

static void unmap_dma(int fd)
{
	struct { u32 argsz, flags; u64 iova, size, pgsize, bitmap_size; void *bitmap; } u = {
		any_size(one_in(2) ? 24 : 48), one_in(3) ? any_flags(7) : 0, any_iova(), (1 + below(64)) * PAGE, PAGE, 64,
		any_pointer(64) };

	if (one_in(6))
		u.size = odd_number();
	call(fd, VFIO(0x72), &u, sizeof(u));
}

static void dirty_pages(int fd)
{
	struct { u32 argsz, flags; u64 iova, size, pgsize, bitmap_size; void *bitmap; } d = {
		any_size(48), 1u << below(3), any_iova(), (1 + below(64)) * PAGE, one_in(8) ? odd_number() : PAGE,
		one_in(4) ? odd_number() : 64, any_pointer(64) };

	call(fd, VFIO(0x75), &d, sizeof(d));
}

static int any_eventfd(void)
{
	int fd = eventfd(0, one_in(2) ? EFD_NONBLOCK : 0);

	if (one_in(4)) { /* full, or one short of full: a signal must neither block nor be lost upon us */
		u64 most = -2ull - below(2);
		if (fd >= 0 && write(fd, &most, 8)) {}
	}
	if (one_in(4)) {
		close(fd);
		return fd;
	}
	keep(fd);
	return fd;
}

static void set_irqs(int fd)
{
	static const u32 kinds[] = { 1, 2, 4 }, actions[] = { 8, 16, 32 };
	struct { u32 argsz, flags, index, start, count; int data[16]; } s = { 0,
		kinds[below(3)] | actions[below(3)], below(one_in(8) ? 9 : 5), one_in(4) ? below(40) : 0, below(6), { 0 } };

	if (one_in(3))
		s.flags = 4 | 32;
	for (int i = 0; i < 16; i++)
		s.data[i] = (s.flags & 4) ? (one_in(4) ? (int)odd_number() : i < (int)s.count ? any_eventfd() : -1) : (int)rnd();
	if (one_in(10))
		s.count = (u32)odd_number();
	if (one_in(10))
		s.flags = (u32)odd_number();
	if (one_in(10))
		s.start = (u32)odd_number();
	s.argsz = any_size(20 + (s.count < 16 ? s.count : 16) * 4);
	call(fd, VFIO(0x6e), &s, sizeof(s));
}

static void feature(int fd)
{
	struct { u32 argsz, flags; u64 data[8]; } f = { any_size(8 + 8 * below(8)), below(14) | (u32)(1 + below(7)) << 16,
		{ any_iova(), 64 * PAGE, PAGE, (u64)any_pointer(64), rnd() } };

	call(fd, VFIO(0x75), &f, sizeof(f));
}

static void ask(int fd)
{
	u32 words[32] = { any_size(8 * below(20)), any_flags(3), below(12), 0, 0 };

	call(fd, VFIO(0x6b + below(3)), words, sizeof(words)); /* info of the device, of a region, of an interrupt */
	words[0] = any_size(8 * below(20));
	call(fd, VFIO(0x70), words, sizeof(words));            /* hot reset info, or info of the IOMMU */
}

static void group_call(int fd)
{
	u32 words[2] = { any_size(8), 0 };
	int container = any_fd(), got;
	char *name = addresses[below(device_count)];

	switch (below(4)) {
	case 0: call(fd, VFIO(0x67), words, sizeof(words)); break;
	case 1: call(fd, VFIO(0x68), &container, sizeof(container)); break;
	case 2: count(); ioctl(fd, VFIO(0x69)); break;
	default:
		got = call(fd, VFIO(0x6a), name, strlen(name) + 1);
		keep(got);
	}
}

static int any_offset_call(int fd)
{
	static const u8 regions[] = { 0, 0, 0, 7, 7, 7, 1, 2, 4, 6, 8, 9 };
	volatile u64 offset = (u64)regions[below(sizeof(regions))] << 40 | (one_in(3) ? below(PAGE) : below(256));
	u64 size = one_in(3) ? odd_number() : 1u << below(4);
	struct iovec v[3] = { { any_pointer(8), below(20) }, { any_pointer(8), below(20) }, { any_pointer(8), odd_number() } };

	if (one_in(8))
		offset = odd_number();
	count();
	switch (below(6)) {
	case 0: case 1: return pread(fd, any_pointer(size), size, offset);
	case 2: case 3: TRY(*(u64 *)argument = rnd() & (one_in(2) ? 7 : -1ull)); return pwrite(fd, any_pointer(size), size, offset);
	case 4: return preadv(fd, v, one_in(4) ? (int)odd_number() : 3, offset);
	default: return pwritev(fd, v, one_in(4) ? (int)odd_number() : 2, offset);
	}
}

static void map_bar(int fd)
{
	static const u8 regions[] = { 0, 0, 0, 0, 1, 2, 7 };
	volatile struct memory *b = &bars[below(BARS)];
	u64 size = one_in(3) ? PAGE : one_in(4) ? odd_number() & 0xffffff : (u64)PAGE << below(9);
	volatile u64 offset = (u64)regions[below(sizeof(regions))] << 40 | (one_in(3) ? below(4) * PAGE : 0);
	void *at;

	count();
	at = mmap(NULL, size, below(4) ? 3 : below(4), one_in(16) ? MAP_PRIVATE : MAP_SHARED, fd, offset);
	if (at == MAP_FAILED)
		return;
	if (b->at && one_in(2))
		munmap(b->at, b->size);
	b->size = size;
	b->at = at;
}

static void path_call(void)
{
	static const char *const paths[] = { "/dev/vfio/vfio", "/dev/vfio", "/dev/vfio/%d", "/sys/bus/pci/devices", "/proc/self/fd/%d",
		"/sys/bus/pci/devices/%s", "/sys/bus/pci/devices/%s/iommu_group", "/sys/bus/pci/devices/%s/config", "/proc/%d/fd/900",
		"/sys/bus/pci/devices/%s/resource", "/sys/bus/pci/devices/%s/../%s/vendor", "/sys/kernel/iommu_groups/%d/devices",
		"/sys/bus/pci/devices/%s/driver/..", "/dev/fd/%d", "/proc/self/fdinfo/%d", "/proc/thread-self/fd/%d", "../../..", ".", "vendor",
		"/proc/self/cwd/%d", "/sys/bus/pci/drivers/vfio-pci", "/sys/class/vfio-dev", "/dev/../dev/vfio//vfio", "/proc/self/status" };
	char path[PATH_MAX + 64], link[256];
	const char *pattern = paths[below(sizeof(paths) / sizeof(*paths))];
	char *name = addresses[below(device_count)];
	struct { u64 flags, mode, resolve; } how = { one_in(2) ? O_RDONLY : below(0x400000) & ~(O_CREAT | O_TRUNC), 0, one_in(2) ? 0 : below(64) };
	static const int flags[] = { O_RDWR, O_RDONLY, O_PATH, O_DIRECTORY, O_PATH | O_NOFOLLOW, O_CLOEXEC, O_RDWR | O_CLOEXEC };
	int at = one_in(4) ? any_fd() : AT_FDCWD, flag = one_in(10) ? (int)below(0x800000) : flags[below(7)];

	if (strstr(pattern, "%s"))
		snprintf(path, sizeof(path), pattern, name, name);
	else
		snprintf(path, sizeof(path), pattern, one_in(2) ? groups[below(device_count)] : any_fd());
	for (u64 i = one_in(4) ? 1 + below(4) : 0; i > 0; i--)
		path[below(strlen(path) + 1)] = (char)rnd();
	if (one_in(40)) {
		memset(path, one_in(2) ? '/' : 'a', sizeof(path) - 1);
		path[sizeof(path) - 1] = 0;
	}

	count();
	void *out = any_pointer(256);
	switch (below(12)) {
	case 0: case 1: case 2: keep(openat(at, path, flag & ~(O_CREAT | O_TRUNC | O_TMPFILE), 0)); break;
	case 3: keep(syscall(SYS_openat2, at, path, one_in(4) ? out : &how, one_in(4) ? odd_number() : sizeof(how))); break;
	case 4: syscall(SYS_newfstatat, at, path, out, one_in(4) ? below(0x2000) : 0); break;
	case 5: syscall(SYS_statx, at, path, below(0x2000), below(0x1000), out); break;
	case 6: syscall(SYS_readlinkat, at, path, out, one_in(3) ? odd_number() : 200); break;
	case 7: syscall(SYS_faccessat2, at, path, below(8), one_in(4) ? below(0x2000) : 0); break;
	case 8: if (chdir(path)) {} break;
	case 9: if (readlink(path, link, sizeof(link)) > 0 && getcwd(out == argument ? (char *)argument : link, below(256))) {} break;
	case 10: syscall(SYS_getdents64, at, out, odd_number()); break;
	default: syscall(one_in(2) ? SYS_open : SYS_stat, one_in(2) ? out : path, 0, 0); break;
	}
}

void any_call(void)
{
	int fd = any_fd();
	volatile struct memory *b;
	volatile int *place;

	switch (below(26)) {
	case 0: case 1: case 2: map_dma(fd); break;
	case 3: case 4: unmap_dma(fd); break;
	case 5: dirty_pages(fd); break;
	case 6: case 7: set_irqs(fd); break;
	case 8: feature(fd); break;
	case 9: ask(fd); break;
	case 10: case 11: group_call(fd); break;
	case 12: case 13: case 14: any_offset_call(fd); break;
	case 15: map_bar(fd); break;
	case 16: case 17: path_call(); break;
	case 18: count(); ioctl(fd, VFIO(0x64 + below(3)), one_in(3) ? odd_number() : 1 + below(3)); break;
	case 19: count(); ioctl(fd, one_in(2) ? VFIO(rnd() & 0xff) : (u32)rnd(), any_pointer(64)); break;
	case 20: count(); ioctl(fd, VFIO(0x6f)); break;
	case 21:
		place = &fds[below(FDS)];
		count();
		if (*place > 2 && one_in(2))
			close(*place); /* the number stays in the table: later calls use what is closed */
		break;
	case 22:
		b = &bars[below(BARS)];
		count();
		if (b->at && one_in(2))
			munmap(b->at, one_in(2) ? b->size : PAGE);
		else if (b->at)
			mprotect(b->at, PAGE, below(4));
		break;
	case 23:
		count();
		lseek(fd, odd_number(), below(4));
		if (fcntl(fd, F_GETFL) < 0 || fallocate(fd, 0, 0, PAGE)) {}
		break;
	case 24: count(); syscall(one_in(2) ? SYS_read : SYS_fstat, (fds[0] = open("/dev/vfio/vfio", O_RDWR)), any_pointer(144), odd_number()); break;
	default: set_up(); break;
	}
}

/* What a driver does to get going, so that the rest finds everything at work. */
void set_up(void)
{
	int container = open("/dev/vfio/vfio", O_RDWR), i = below(device_count), device, group;
	struct { u32 argsz, flags; u64 vaddr, iova, size; } m = { 32, 3, 0, below(8) << 20, 0 };
	char path[64];
	u16 command = 7;

	snprintf(path, sizeof(path), "/dev/vfio/%d", groups[i]);
	group = open(path, O_RDWR);
	count();
	ioctl(group, VFIO(0x68), &container);
	ioctl(container, VFIO(0x66), one_in(3) ? 1 : 3);
	device = ioctl(group, VFIO(0x6a), addresses[i]);
	m.vaddr = (u64)any_memory(&m.size);
	if (ioctl(container, VFIO(0x71), &m) == 0)
		iovas[below(8)] = m.iova;
	if (pwrite(device, &command, 2, (7ull << 40) + 4) == 2) {}
	map_bar(device);
	keep(container);
	keep(group);
	keep(device);
}
