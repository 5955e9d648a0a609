/* Copies of our descriptors with low numbers, by dup2 and over a socket. A supervisor that tells its descriptors by their
 * numbers does not see every call on them: golden/low.differences says which, and what then answers. */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void calls(int fd, const char *name, bool is_device)
{
	unsigned char b[64] = { 0 };
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	fd_stat(fd, name);
	fd_link(fd, name);
	call(lseek(fd, 0, SEEK_SET), "lseek");
	call(pread(fd, b, 4, is_device ? 0 : 7), "pread(4 bytes)");
	call(pread(fd, b, 8, 0x80), "pread(8 bytes)");
	if (!is_device) {
		call(read(fd, b, 16), "read");
		call(write(fd, b, 16), "write");
		call(pread(fd, b, 64, 0), "pread(64 bytes)");
		call(pwrite(fd, b, 64, 0), "pwrite(64 bytes)");
	}
	call(poll(&p, 1, 0), "poll");
	more(" revents=%x", p.revents);
	call(ftruncate(fd, PAGE), "ftruncate(a page)");
	call(ftruncate(fd, 0), "ftruncate(0)");
	call(fallocate(fd, 0, 0, PAGE), "fallocate");
	call(fsync(fd), "fsync");
	open_flags(fd);
	note("O_LARGEFILE %s", fcntl(fd, F_GETFL) & 0100000 ? "yes" : "no");
	int n = 0;
	call(ioctl(fd, FIONREAD, &n), "ioctl(FIONREAD)");
	call(ioctl(fd, T_IO(0x7f), 0), "ioctl(0x3b7f, NULL)");
}

static void all(const struct setup *s)
{
	calls(s->container, "container", false);
	struct t_type1_info info = { .argsz = sizeof(info) };
	call(ioctl(s->container, VFIO_IOMMU_GET_INFO, &info), "GET_INFO");
	calls(s->group, "group", false);
	struct vfio_group_status st = { sizeof(st), 0 };
	call(ioctl(s->group, VFIO_GROUP_GET_STATUS, &st), "GET_STATUS");
	calls(s->device, "device", true);
	struct t_device_info di = { .argsz = sizeof(di) };
	call(ioctl(s->device, VFIO_DEVICE_GET_INFO, &di), "device GET_INFO");
	uint32_t v = 0;
	call(pread(s->device, &v, 4, 7ull << 40), "pread(configuration)");
	more(" %08x", v);
	/* What the calls above did to the file must not have given the BAR memory. */
	volatile uint32_t *bar = callptr(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, s->device, 0), "mmap(BAR0)");
	note("BAR0 begins with %08x", *bar);
	bar[1] = 0x12345678;
	note("liveness by mmap %08x, by pread %08x", bar[1], edu_read(s->device, EDU_LIVENESS));
	munmap((void *)bar, PAGE);
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s->device, 1ull << 40), "mmap(BAR1)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, s->device, 0), "mmap(BAR0, private)");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	section("by dup2");
	int *fds[] = { &s.container, &s.group, &s.device };
	struct setup low;
	int *lows[] = { &low.container, &low.group, &low.device };
	for (size_t i = 0; i < COUNT(fds); i++)
		*lows[i] = call(dup2(*fds[i], 100 + i), "dup2");
	all(&low);
	detach(&s);
	section("by dup2, the first ones are closed");
	all(&low);
	section("over a socket");
	s.container = passed(low.container);
	s.group = passed(low.group);
	s.device = passed(low.device);
	detach(&low);
	all(&s);
	callfd(open(t_group_path, O_RDWR), "open(group)");
	detach(&s);
	int g = callfd(open(t_group_path, O_RDWR), "open(group) after the last is closed");
	close(g);
	return finish();
}
