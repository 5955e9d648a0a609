/* The container: /dev/vfio/vfio before it has a group, with one, with an IOMMU, and after the last group has left. */
#include "transcript.h"

static const long wild[] = { 11, 12, 20, 99, 255, 256, 65536, INT_MAX, (long)INT_MIN, -1, -2, -22, LONG_MAX, LONG_MIN };
static const long types[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99, -1, 0x100000001l, 0x100000003l };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void version_and_extensions(int c)
{
	call(ioctl(c, VFIO_GET_API_VERSION), "GET_API_VERSION()");
	call(ioctl(c, VFIO_GET_API_VERSION, -1l), "GET_API_VERSION(-1)");
	for (long x = 0; x <= 10; x++)
		call(ioctl(c, VFIO_CHECK_EXTENSION, x), "CHECK_EXTENSION(%ld)", x);
	for (size_t i = 0; i < COUNT(wild); i++)
		call(ioctl(c, VFIO_CHECK_EXTENSION, wild[i]), "CHECK_EXTENSION(%ld)", wild[i]);
	call(ioctl(c, VFIO_CHECK_EXTENSION, 0x100000001l), "CHECK_EXTENSION(1 + 2^32)");
}

/* Every number of VFIO's type byte, and neighbours in other type bytes, sizes and directions. */
static void unknown_ioctls(int c, const char *state)
{
	for (unsigned nr = 0x60; nr <= 0x84; nr++) {
		if (T_IO(nr) == VFIO_GET_API_VERSION || T_IO(nr) == VFIO_CHECK_EXTENSION || T_IO(nr) == VFIO_SET_IOMMU)
			continue;
		call(ioctl(c, T_IO(nr), 0), "%s: ioctl(0x3b%02x, NULL)", state, nr);
	}
	static const unsigned long odd[] = { 0, 0x3a64, 0x3c64, 0x64, 0xc0103b64, 0x40043b64, 0xae00, 0x5401, 0xffffffff,
		0x13b64, 0x3b00, 0x3bff };
	for (size_t i = 0; i < COUNT(odd); i++)
		call(ioctl(c, odd[i], 0), "%s: ioctl(%#lx, NULL)", state, odd[i]);
	call(ioctl(c, 0x100003b64ul), "%s: ioctl(GET_API_VERSION + 2^32)", state);
	int n = 0;
	call(ioctl(c, FIONREAD, &n), "%s: ioctl(FIONREAD)", state);
	call(ioctl(c, FIONBIO, &n), "%s: ioctl(FIONBIO, 0)", state);
	call(ioctl(c, FIOCLEX), "%s: ioctl(FIOCLEX)", state);
}

static void all_types(int c, const char *state)
{
	for (size_t i = 0; i < COUNT(types); i++)
		call(ioctl(c, VFIO_SET_IOMMU, types[i]), "%s: SET_IOMMU(%ld)", state, types[i]);
}

static void file_operations(int c)
{
	char buffer[16];
	struct iovec iov = { buffer, sizeof(buffer) };
	struct pollfd p = { c, POLLIN | POLLOUT, 0 };
	call(read(c, buffer, 16), "read(16)");
	call(read(c, buffer, 0), "read(0)");
	call(read(c, NULL, 16), "read(NULL)");
	call(write(c, buffer, 16), "write(16)");
	call(pread(c, buffer, 16, 0), "pread(16, 0)");
	call(pread(c, buffer, 16, -1), "pread(16, -1)");
	call(pwrite(c, buffer, 16, 0), "pwrite(16, 0)");
	call(readv(c, &iov, 1), "readv(1)");
	call(writev(c, &iov, 1), "writev(1)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, c, 0), "mmap(MAP_SHARED)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, c, 0), "mmap(MAP_PRIVATE)");
	callptr(mmap(NULL, 0, PROT_READ, MAP_SHARED, c, 0), "mmap(length=0)");
	call(lseek(c, 0, SEEK_SET), "lseek(0, SET)");
	call(lseek(c, 100, SEEK_SET), "lseek(100, SET)");
	call(lseek(c, 0, SEEK_CUR), "lseek(0, CUR)");
	call(lseek(c, 0, SEEK_END), "lseek(0, END)");
	call(lseek(c, -1, SEEK_SET), "lseek(-1, SET)");
	call(poll(&p, 1, 0), "poll(IN|OUT)");
	more(" revents=%x", p.revents);
	open_flags(c);
	call(fcntl(c, F_GETFD), "fcntl(F_GETFD)");
	call(ftruncate(c, 0), "ftruncate(0)");
	call(ftruncate(c, 4096), "ftruncate(4096)");
	call(fallocate(c, 0, 0, 4096), "fallocate(4096)");
	call(fsync(c), "fsync");
	call(fchdir(c), "fchdir");
	call(isatty(c), "isatty");
	call(syscall(SYS_getdents64, c, buffer, sizeof(buffer)), "getdents64");
	fd_stat(c, "container");
	fd_link(c, "container");
}

static void without_group(void)
{
	section("no group");
	int c = open_container();
	version_and_extensions(c);
	all_types(c, "no group");
	unknown_ioctls(c, "no group");
	file_operations(c);
	close(c);
}

static void with_group(void)
{
	section("a group, no IOMMU");
	int c = open_container(), g = open_group();
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	version_and_extensions(c);
	unknown_ioctls(c, "group");
	static const long refused[] = { 0, 2, 4, 5, 6, 7, 8, 9, 10, 99, -1, LONG_MIN };
	for (size_t i = 0; i < COUNT(refused); i++)
		call(ioctl(c, VFIO_SET_IOMMU, refused[i]), "group: SET_IOMMU(%ld)", refused[i]);
	call(ioctl(c, VFIO_SET_IOMMU, 0x100000001l), "group: SET_IOMMU(1 + 2^32)");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1), "group: SET_IOMMU(1)");
	close(g);
	close(c);
}

static void with_iommu(int type)
{
	note("== IOMMU of type %d", type);
	struct setup s = attach(type);
	version_and_extensions(s.container);
	all_types(s.container, "set");
	for (unsigned nr = 0x60; nr <= 0x84; nr++) {
		bool known = nr >= 0x64 && nr <= 0x66;
		if (!known)
			call(ioctl(s.container, T_IO(nr), 0), "set: ioctl(0x3b%02x, NULL)", nr);
	}
	call(ioctl(s.container, 0x3a70, 0), "set: ioctl(0x3a70, NULL)");
	call(ioctl(s.container, 0xc0103b70, 0), "set: ioctl(0xc0103b70, NULL)");
	detach(&s);
}

static void reuse(void)
{
	section("a container outlives its groups");
	int c = open_container(), g = open_group();
	struct t_type1_info info;
	for (int round = 0; round < 3; round++) {
		static const int order[] = { T_TYPE1, T_TYPE1v2, T_TYPE1 };
		call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
		call(ioctl(c, VFIO_SET_IOMMU, order[round]), "SET_IOMMU(%d)", order[round]);
		struct vfio_iommu_type1_dma_map m = { sizeof(m), T_MAP_READ | T_MAP_WRITE, (uintptr_t)pages(1), 0x100000,
			PAGE };
		call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(100000)");
		call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
		memset(&info, 0, sizeof(info));
		info.argsz = sizeof(info);
		call(ioctl(c, VFIO_IOMMU_GET_INFO, &info), "GET_INFO");
		call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1), "SET_IOMMU(1)");
		call(ioctl(c, VFIO_CHECK_EXTENSION, T_TYPE1v2), "CHECK_EXTENSION(3)");
		call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	}
	note("the group closes instead of leaving");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1), "SET_IOMMU(1)");
	call(close(g), "close(group)");
	call(ioctl(c, VFIO_IOMMU_GET_INFO, &info), "GET_INFO");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1), "SET_IOMMU(1)");
	g = callfd(open(t_group_path, O_RDWR), "open(group)");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU(3)");
	note("the container's last descriptor closes while the group is in it");
	call(close(c), "close(container)");
	struct vfio_group_status status = { sizeof(status), 0 };
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &status), "GET_STATUS");
	more(" flags=%x", status.flags);
	int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	call(close(d), "close(device)");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	close(g);
}

static void two(void)
{
	section("two containers, one group");
	int a = open_container(), b = open_container(), g = open_group();
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &a), "SET_CONTAINER(a)");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &b), "SET_CONTAINER(b)");
	call(ioctl(b, VFIO_SET_IOMMU, T_TYPE1), "b: SET_IOMMU(1)");
	call(ioctl(a, VFIO_SET_IOMMU, T_TYPE1), "a: SET_IOMMU(1)");
	call(ioctl(b, VFIO_SET_IOMMU, T_TYPE1), "b: SET_IOMMU(1)");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &a), "SET_CONTAINER(a)");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &b), "SET_CONTAINER(b)");
	call(ioctl(a, VFIO_SET_IOMMU, T_TYPE1), "a: SET_IOMMU(1)");
	call(ioctl(b, VFIO_SET_IOMMU, T_TYPE1v2), "b: SET_IOMMU(3)");
	call(close(a), "close(a)");
	int copy = callfd(dup(b), "dup(b)");
	call(close(b), "close(b)");
	call(ioctl(copy, VFIO_CHECK_EXTENSION, T_TYPE1v2), "copy of b: CHECK_EXTENSION(3)");
	call(ioctl(copy, VFIO_SET_IOMMU, T_TYPE1v2), "copy of b: SET_IOMMU(3)");
	int got = passed(copy);
	call(ioctl(got, VFIO_SET_IOMMU, T_TYPE1v2), "b by SCM_RIGHTS: SET_IOMMU(3)");
	fd_link(got, "received");
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", got);
	int again = callfd(open(path, O_RDWR), "open(/proc/self/fd/container)");
	call(ioctl(again, VFIO_SET_IOMMU, T_TYPE1v2), "reopened: SET_IOMMU(3)");
	call(ioctl(again, VFIO_CHECK_EXTENSION, T_TYPE1v2), "reopened: CHECK_EXTENSION(3)");
	struct t_type1_info info = { .argsz = sizeof(info) };
	call(ioctl(again, VFIO_IOMMU_GET_INFO, &info), "reopened: GET_INFO");
	call(ioctl(got, VFIO_IOMMU_GET_INFO, &info), "received: GET_INFO");
	more(" flags=%x", info.flags);
	close(again);
	close(got);
	close(copy);
	close(g);
}

static void many(void)
{
	section("many containers");
	int fds[64], opened = 0;
	for (int i = 0; i < 64; i++)
		if ((fds[i] = open("/dev/vfio/vfio", O_RDWR)) >= 0)
			opened++;
	note("%d of 64 opened", opened);
	for (int i = 0; i < 64; i++)
		close(fds[i]);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	without_group();
	with_group();
	with_iommu(T_TYPE1);
	with_iommu(T_TYPE1v2);
	reuse();
	two();
	many();
	return finish();
}
