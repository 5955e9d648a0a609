/*
 * VFIO_DEVICE_IOEVENTFD: eventfds that write a register. The checks in their order, what is told apart, the limit, and what a
 * write to such an eventfd does. A kernel writes the register before write() returns; the program waits for it.
 */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int device;

static long raw(__u32 argsz, __u32 flags, __u64 offset, __u64 data, int fd)
{
	struct vfio_device_ioeventfd e = { argsz, flags, offset, data, fd };
	return ioctl(device, VFIO_DEVICE_IOEVENTFD, &e);
}

static long ioev(unsigned width, __u64 offset, __u64 data, int fd, const char *what)
{
	return call(raw(sizeof(struct vfio_device_ioeventfd), width, offset, data, fd), "IOEVENTFD(%u, %#llx, %#llx, %s)", width,
		(unsigned long long)offset, (unsigned long long)data, what);
}

static int event(unsigned count)
{
	int fd = eventfd(count, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		die("eventfd");
	return fd;
}

static void gone(unsigned width, __u64 offset, __u64 data)
{
	ioev(width, offset, data, -1, "-1");
}

static void pointers(int e)
{
	section("pointers");
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { (void *)1, "1" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" }, { (void *)-1l, "-1" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(device, VFIO_DEVICE_IOEVENTFD, bad[i].p), "IOEVENTFD(%s)", bad[i].name);
	struct vfio_device_ioeventfd r = { 32, 4, EDU_LIVENESS, 1, e };
	for (size_t n = 20; n <= 32; n += 2) {
		unsigned char *p = edge(n);
		memcpy(p, &r, n);
		call(ioctl(device, VFIO_DEVICE_IOEVENTFD, p), "IOEVENTFD(%zu bytes before unmapped memory)", n);
		raw(32, 4, EDU_LIVENESS, 1, -1);
	}
	struct vfio_device_ioeventfd *p = pages(1);
	*p = r;
	mprotect(p, PAGE, PROT_READ);
	call(ioctl(device, VFIO_DEVICE_IOEVENTFD, p), "IOEVENTFD(read-only)");
	gone(4, EDU_LIVENESS, 1);
	p = (void *)((char *)pages(1) + 3);
	memcpy(p, &r, sizeof(r));
	call(ioctl(device, VFIO_DEVICE_IOEVENTFD, p), "IOEVENTFD(misaligned)");
	gone(4, EDU_LIVENESS, 1);
}

static void forms(int e)
{
	section("argsz");
	static const __u32 sizes[] = { 0, 1, 8, 24, 27, 28, 29, 31, 32, 33, 4096, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		call(raw(sizes[i], 4, EDU_LIVENESS, 1, e), "IOEVENTFD(argsz=%#x)", sizes[i]);
		raw(32, 4, EDU_LIVENESS, 1, -1);
	}
	section("flags");
	for (__u32 flags = 0; flags < 0x21; flags++) {
		call(raw(32, flags, EDU_SRC, 1, e), "IOEVENTFD(flags=%#x)", flags);
		raw(32, flags, EDU_SRC, 1, -1);
	}
	static const __u32 high[] = { 0x40, 0x80, 0x100, 0x104, 0x80000000, 0x80000004, 0xffffffff };
	for (size_t i = 0; i < COUNT(high); i++)
		call(raw(32, high[i], EDU_SRC, 1, e), "IOEVENTFD(flags=%#x)", high[i]);
	section("descriptors");
	int closed = event(0), file = open("/proc/self/exe", O_RDONLY), path = open("/proc/self/exe", O_PATH), p[2];
	close(closed);
	if (pipe2(p, O_CLOEXEC))
		die("pipe");
	const struct {
		const char *name;
		int fd;
	} bad[] = { { "-1", -1 }, { "-2", -2 }, { "-3", -3 }, { "INT_MIN", INT_MIN }, { "INT_MAX", INT_MAX },
		{ "closed", closed }, { "a file", file }, { "O_PATH", path }, { "a pipe", p[0] }, { "the device", device } };
	for (size_t i = 0; i < COUNT(bad); i++)
		ioev(4, EDU_LIVENESS, 1, bad[i].fd, bad[i].name);
	section("which check comes first");
	call(raw(27, 0x10, REGION(9), 1, -2), "IOEVENTFD(argsz=27, all else wrong)");
	call(raw(28, 0x10, REGION(9), 1, -2), "IOEVENTFD(flags=0x10, all else wrong)");
	call(raw(28, 4, REGION(9), 1, -2), "IOEVENTFD(region 9, fd -2)");
	call(raw(28, 4, REGION(9), 1, -1), "IOEVENTFD(region 9, fd -1)");
	call(raw(28, 4, REGION(0) + EDU_BAR_SIZE, 1, -1), "IOEVENTFD(the BAR's end, fd -1)");
	call(raw(28, 4, EDU_LIVENESS, 1, closed), "IOEVENTFD(closed)");
	ioev(4, EDU_LIVENESS, 1, e, "an eventfd");
	ioev(4, EDU_LIVENESS, 1, closed, "closed, exists");
	ioev(4, EDU_LIVENESS, 1, file, "a file, exists");
	ioev(4, EDU_LIVENESS, 1, -2, "-2, exists");
	gone(4, EDU_LIVENESS, 1);
	close(file);
	close(path);
	close(p[0]);
	close(p[1]);
}

static void offsets(int e)
{
	section("regions");
	for (unsigned index = 0; index < 12; index++)
		for (unsigned width = 1; width <= 8; width *= 2) {
			ioev(width, REGION(index), 1, e, "fd");
			raw(32, width, REGION(index), 1, -1);
		}
	static const __u64 far[] = { REGION(255), REGION(0xffff), 1ull << 62 };
	for (size_t i = 0; i < COUNT(far); i++)
		ioev(4, far[i], 1, e, "fd");
	section("the end of a BAR");
	for (unsigned width = 1; width <= 8; width *= 2)
		for (int back = 9; back >= -1; back--) {
			__u64 at = EDU_BAR_SIZE - back;
			ioev(width, at, 1, e, "fd");
			raw(32, width, at, 1, -1);
		}
	ioev(4, REGION(1) - 4, 1, e, "fd");
	ioev(4, REGION(1) - 1, 1, e, "fd");
	section("misaligned");
	for (unsigned at = 1; at < 4; at++) {
		ioev(4, EDU_LIVENESS + at, 1, e, "fd");
		gone(4, EDU_LIVENESS + at, 1);
	}
}

static void identity(int e)
{
	section("what is told apart");
	int f = event(0);
	ioev(4, EDU_LIVENESS, 1, e, "e");
	ioev(4, EDU_LIVENESS, 1, e, "e");
	ioev(4, EDU_LIVENESS, 1, f, "f");
	ioev(4, EDU_LIVENESS, 2, e, "e");
	ioev(4, EDU_LIVENESS, 0x100000001, e, "e");
	ioev(2, EDU_LIVENESS, 1, e, "e");
	ioev(4, EDU_FACTORIAL, 1, e, "e");
	gone(8, EDU_LIVENESS, 1);
	gone(4, EDU_LIVENESS, 3);
	gone(4, EDU_LIVENESS, 1);
	gone(4, EDU_LIVENESS, 1);
	gone(4, EDU_LIVENESS, 2);
	gone(4, EDU_LIVENESS, 0x100000001);
	gone(2, EDU_LIVENESS, 1);
	gone(4, EDU_FACTORIAL, 1);
	close(f);
}

/* A register's value, once it is what is expected or after a while. */
static void becomes(unsigned reg, uint32_t value)
{
	for (int i = 0; i < 5000 && edu_read(device, reg) != value; i++)
		usleep(1000);
	note("register %#x: %x", reg, edu_read(device, reg));
}

static void stays(unsigned reg)
{
	poll(NULL, 0, NEVER);
	note("register %#x still: %x", reg, edu_read(device, reg));
}

static void ring(int fd, uint64_t n)
{
	call(write(fd, &n, 8), "write(%llu)", (unsigned long long)n);
}

static void effects(int e)
{
	section("what it does");
	edu_write(device, EDU_LIVENESS, 0);
	ioev(4, EDU_LIVENESS, 0x12345678, e, "e");
	stays(EDU_LIVENESS);
	ring(e, 1);
	becomes(EDU_LIVENESS, ~0x12345678u);
	note("e holds %lu", counter(e));
	edu_write(device, EDU_LIVENESS, 0);
	ring(e, 1000);
	becomes(EDU_LIVENESS, ~0x12345678u);
	note("e holds %lu", counter(e));
	gone(4, EDU_LIVENESS, 0x12345678);
	edu_write(device, EDU_LIVENESS, 0);
	ring(e, 3);
	stays(EDU_LIVENESS);
	note("e holds %lu", counter(e));
	section("widths");
	edu_write8(device, EDU_SRC, 0);
	ioev(8, EDU_SRC, 0x123456789abcdef0, e, "e");
	ring(e, 1);
	becomes(EDU_SRC, 0x9abcdef0);
	uint64_t v = 0;
	call(pread(device, &v, 8, EDU_SRC), "pread(SRC, 8)");
	more(" %llx", (long long)v);
	gone(8, EDU_SRC, 0x123456789abcdef0);
	ioev(4, EDU_LIVENESS, 0xffffffff00000007, e, "e");
	ring(e, 1);
	becomes(EDU_LIVENESS, ~7u);
	gone(4, EDU_LIVENESS, 0xffffffff00000007);
	for (unsigned width = 1; width <= 2; width++) {
		ioev(width, EDU_LIVENESS, 0x55, e, "e");
		ring(e, 1);
		stays(EDU_LIVENESS);
		note("e holds %lu", counter(e));
		gone(width, EDU_LIVENESS, 0x55);
	}
	section("several at one eventfd, and at two");
	int f = event(0);
	ioev(4, EDU_LIVENESS, 1, e, "e");
	ioev(8, EDU_SRC, 2, e, "e");
	ioev(8, EDU_DST, 3, f, "f");
	ring(e, 1);
	becomes(EDU_LIVENESS, ~1u);
	becomes(EDU_SRC, 2);
	stays(EDU_DST);
	ring(f, 1);
	becomes(EDU_DST, 3);
	gone(8, EDU_SRC, 2);
	edu_write(device, EDU_LIVENESS, 0);
	edu_write8(device, EDU_SRC, 0);
	ring(e, 1);
	becomes(EDU_LIVENESS, ~1u);
	stays(EDU_SRC);
	section("a count that is there already");
	int g = event(5);
	ioev(8, EDU_SRC, 9, g, "g");
	becomes(EDU_SRC, 9);
	note("g holds %lu", counter(g));
	edu_write8(device, EDU_SRC, 0);
	ring(g, 1);
	becomes(EDU_SRC, 9);
	note("g holds %lu", counter(g));
	section("from a child, by a copy, and after close");
	pid_t pid = child_start();
	if (pid == 0) {
		ring(f, 1);
		child_end();
	}
	edu_write8(device, EDU_DST, 0);
	child_wait(pid);
	note("a child rang");
	edu_write8(device, EDU_DST, 0);
	int copy = dup(f);
	close(f);
	ring(copy, 1);
	becomes(EDU_DST, 3);
	close(copy);
	ioev(8, EDU_DST, 3, e, "e");
	gone(8, EDU_DST, 3);
	gone(8, EDU_DST, 3);
	section("memory is disabled");
	config_put(device, 4, 0x101);
	ring(e, 1);
	ioev(8, EDU_DST, 4, e, "e");
	ring(e, 1);
	poll(NULL, 0, NEVER);
	note("e holds %lu", counter(e));
	config_put(device, 4, 0x103);
	edu_write(device, EDU_LIVENESS, 0);
	stays(EDU_LIVENESS);
	stays(EDU_DST);
	ring(e, 1);
	becomes(EDU_LIVENESS, ~1u);
	becomes(EDU_DST, 4);
	gone(4, EDU_LIVENESS, 1);
	gone(8, EDU_DST, 4);
	gone(8, EDU_SRC, 9);
	section("a doorbell: the factorial of 10, with an interrupt as its end");
	int irq = event(0);
	struct {
		struct vfio_irq_set s;
		int fd;
	} r = { { 24, 0x24, 1, 0, 1 }, irq };
	call(ioctl(device, VFIO_DEVICE_SET_IRQS, &r), "SET_IRQS(MSI)");
	config_put(device, 4, 0x107);
	edu_write(device, EDU_STATUS, 0x80);
	ioev(4, EDU_FACTORIAL, 10, e, "e");
	ring(e, 1);
	unsigned long n = edu_signalled(irq, SOON);
	note("signalled %lu, factorial %u", n, edu_read(device, EDU_FACTORIAL));
	edu_write(device, EDU_ACK, 0xffffffff);
	edu_write(device, EDU_STATUS, 0);
	section("an eventfd that is also the interrupt's");
	ioev(4, EDU_LIVENESS, 0x77, irq, "irq");
	edu_write(device, EDU_RAISE, 1);
	becomes(EDU_LIVENESS, ~0x77u);
	note("irq holds %lu", counter(irq));
	edu_write(device, EDU_ACK, 0xffffffff);
	close(irq);
}

static void limit(int e)
{
	section("a thousand");
	int added = 0;
	long r;
	while ((r = raw(32, 4, EDU_LIVENESS, 0x1000 + added, e)) == 0)
		added++;
	call(r, "IOEVENTFD(one too many)");
	more(" after %d", added);
	ioev(4, EDU_LIVENESS, 0x1000, e, "exists");
	ioev(4, EDU_LIVENESS, 0x5000, -1, "-1");
	ioev(4, EDU_LIVENESS, 0x5000, INT_MAX, "INT_MAX");
	ioev(4, REGION(7), 0x5000, e, "config");
	gone(4, EDU_LIVENESS, 0x1010);
	ioev(4, EDU_LIVENESS, 0x5000, INT_MAX, "INT_MAX");
	ioev(4, EDU_LIVENESS, 0x5000, e, "e");
	ioev(4, EDU_LIVENESS, 0x5001, e, "e");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	int e = event(0);
	pointers(e);
	forms(e);
	offsets(e);
	identity(e);
	effects(e);
	limit(e);
	section("they go with the device");
	call(close(device), "close(device)");
	poll(NULL, 0, NEVER);
	ring(e, 1);
	poll(NULL, 0, NEVER);
	note("e holds %lu", counter(e));
	s.device = device = callfd(ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	gone(4, EDU_LIVENESS, 0x5000);
	ioev(4, EDU_LIVENESS, 0x5000, e, "e");
	gone(4, EDU_LIVENESS, 0x5000);
	detach(&s);
	return finish();
}
