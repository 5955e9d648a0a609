/* The device: what it says of itself, its regions through pread, pwrite and mmap, and the file it is. */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint32_t sizes[] = { 0, 1, 4, 8, 15, 16, 17, 19, 20, 21, 23, 24, 25, 31, 32, 33, 40, 64, 4096, 0x7fffffff,
	0xffffffff };

static void device_info(int d)
{
	section("GET_INFO");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		unsigned char b[40];
		memset(b, 0xaa, sizeof(b));
		memcpy(b, &sizes[i], 4);
		call(ioctl(d, VFIO_DEVICE_GET_INFO, b), "GET_INFO(argsz=%#x)", sizes[i]);
		more(" ");
		hex(b, sizeof(b));
	}
}

static void region_info(int d)
{
	section("GET_REGION_INFO");
	static const uint32_t indexes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 64, 255, 0x7fffffff, 0x80000000,
		0xffffffff };
	for (size_t i = 0; i < COUNT(indexes); i++) {
		unsigned char b[64];
		memset(b, 0xaa, sizeof(b));
		struct vfio_region_info *r = (void *)b;
		r->argsz = sizeof(b);
		r->index = indexes[i];
		call(ioctl(d, VFIO_DEVICE_GET_REGION_INFO, b), "GET_REGION_INFO(argsz=64, index=%#x)", indexes[i]);
		more(" argsz=%u flags=%x cap_offset=%x size=%llx offset=%llx tail=", r->argsz, r->flags, r->cap_offset,
			(long long)r->size, (long long)r->offset);
		hex(b + sizeof(*r), 8);
	}
	static const uint32_t swept[] = { 0, 7, 8, 99 };
	for (size_t k = 0; k < COUNT(swept); k++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			unsigned char b[40];
			memset(b, 0xaa, sizeof(b));
			memcpy(b, &sizes[i], 4);
			memcpy(b + 8, &swept[k], 4);
			call(ioctl(d, VFIO_DEVICE_GET_REGION_INFO, b), "GET_REGION_INFO(argsz=%#x, index=%u)", sizes[i], swept[k]);
			more(" ");
			hex(b, sizeof(b));
		}
	}
}

static void irq_info(int d)
{
	section("GET_IRQ_INFO");
	static const uint32_t indexes[] = { 0, 1, 2, 3, 4, 5, 6, 255, 0x7fffffff, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(indexes); i++) {
		struct vfio_irq_info r = { sizeof(r), 0xaaaaaaaa, indexes[i], 0xaaaaaaaa };
		call(ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &r), "GET_IRQ_INFO(index=%#x)", indexes[i]);
		more(" argsz=%u flags=%x count=%x", r.argsz, r.flags, r.count);
	}
	static const uint32_t swept[] = { 0, 1, 2, 9 };
	for (size_t k = 0; k < COUNT(swept); k++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			unsigned char b[24];
			memset(b, 0xaa, sizeof(b));
			memcpy(b, &sizes[i], 4);
			memcpy(b + 8, &swept[k], 4);
			call(ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, b), "GET_IRQ_INFO(argsz=%#x, index=%u)", sizes[i], swept[k]);
			more(" ");
			hex(b, sizeof(b));
		}
	}
}

/* 0x3b70..0x3b79 belong to features that have transcripts of their own. */
static void unknown_ioctls(int d)
{
	section("ioctls of others, and of nobody");
	for (unsigned nr = 0x60; nr <= 0x84; nr++)
		if ((nr < 0x6b || nr > 0x6f) && (nr < 0x70 || nr > 0x79))
			call(ioctl(d, T_IO(nr), 0), "ioctl(0x3b%02x, NULL)", nr);
	static const unsigned long odd[] = { 0, 0x3a6b, 0x3c6b, 0x6b, 0xc0103b6b, 0xae00, 0x5401, 0xffffffff, 0x13b6b };
	for (size_t i = 0; i < COUNT(odd); i++)
		call(ioctl(d, odd[i], 0), "ioctl(%#lx, NULL)", odd[i]);
	int n = 0;
	call(ioctl(d, FIONREAD, &n), "ioctl(FIONREAD)");
	call(ioctl(d, FIONBIO, &n), "ioctl(FIONBIO, 0)");
}

static void reset(int d)
{
	section("RESET");
	edu_write(d, EDU_LIVENESS, 0x12345678);
	config_put(d, 4, 0x507);
	call(ioctl(d, VFIO_DEVICE_RESET), "RESET()");
	more(" liveness %08x COMMAND %04x", edu_read(d, EDU_LIVENESS), config_get(d, 4));
	call(ioctl(d, VFIO_DEVICE_RESET, -1l), "RESET(-1)");
	config_put(d, 4, 0x103);
}

static void read_at(int d, off_t offset, size_t n)
{
	static unsigned char b[1 << 17];
	memset(b, 0x77, sizeof(b));
	long r = call(pread(d, b, n, offset), "pread(%#lx, %zu)", (long)offset, n);
	if (r > 0) {
		more(" ");
		hex(b, r > 64 ? 64 : r);
	}
}

static void write_at(int d, off_t offset, uint64_t v, size_t n)
{
	unsigned char b[64] = { 0 };
	memcpy(b, &v, 8);
	call(pwrite(d, b, n, offset), "pwrite(%#lx, %#lx, %zu)", (long)offset, (long)v, n);
}

static void bar_reads(int d)
{
	section("BAR0 by pread");
	static const unsigned registers[] = { 0x00, 0x04, 0x08, 0x0c, 0x10, 0x20, 0x24, 0x28, 0x60, 0x64, 0x7c, 0x80, 0x84,
		0x88, 0x8c, 0x90, 0x94, 0x98, 0x9c, 0xa0, 0x1000, 0x40000, 0xffffc };
	static const size_t widths[] = { 1, 2, 4, 8 };
	edu_write(d, EDU_LIVENESS, 0x89abcdef);
	for (size_t i = 0; i < COUNT(registers); i++)
		for (size_t w = 0; w < COUNT(widths); w++)
			read_at(d, registers[i], widths[w]);
	section("unaligned reads of BAR0");
	for (unsigned o = 1; o < 8; o++)
		for (size_t w = 0; w < COUNT(widths); w++)
			read_at(d, o, widths[w]);
	for (unsigned o = 0; o < 4; o++)
		for (size_t n = 3; n < 18; n += 2)
			read_at(d, 0x78 + o, n);
	read_at(d, 0, 64);
	read_at(d, 0x60, 64);
	read_at(d, 0, 65536);
	section("the end of BAR0, and beyond");
	static const struct {
		off_t o;
		size_t n;
	} ends[] = {
		{ 0xffffc, 4 },
		{ 0xffffc, 8 },
		{ 0xfffff, 1 },
		{ 0xfffff, 4 },
		{ 0xffffe, 4 },
		{ 0xffff0, 64 },
		{ 0x100000, 0 },
		{ 0x100000, 1 },
		{ 0x100000, 4 },
		{ 0x100001, 4 },
		{ 0x200000, 4 },
		{ 0xffffffffff, 1 },
		{ 0xfffffffffc, 4 },
		{ 0, 0 },
		{ 0xff000, 4097 },
	};
	for (size_t i = 0; i < COUNT(ends); i++)
		read_at(d, ends[i].o, ends[i].n);
	section("other regions");
	for (unsigned index = 1; index <= 12; index++) {
		if (index == 7)
			continue;
		read_at(d, REGION(index), 4);
		read_at(d, REGION(index), 0);
		write_at(d, REGION(index), 0, 4);
		write_at(d, REGION(index), 0, 0);
	}
	read_at(d, REGION(0x7fffff), 4);
	read_at(d, REGION(0x400000), 4);
	call(pread(d, NULL, 4, -1), "pread(-1, NULL, 4)");
	call(pread(d, NULL, 4, LONG_MIN), "pread(LONG_MIN, NULL, 4)");
	call(pwrite(d, NULL, 4, -1), "pwrite(-1, NULL, 4)");
	call(pread(d, (void *)sizes, 4, LONG_MAX), "pread(LONG_MAX, 4)");
	section("buffers that are not there");
	static const size_t lengths[] = { 0, 1, 4, 8 };
	for (size_t i = 0; i < COUNT(lengths); i++) {
		call(pread(d, NULL, lengths[i], 0), "pread(NULL, %zu)", lengths[i]);
		call(pread(d, UNMAPPED, lengths[i], 0), "pread(unmapped, %zu)", lengths[i]);
		call(pread(d, KERNEL_ADDRESS, lengths[i], 0), "pread(kernel address, %zu)", lengths[i]);
		call(pwrite(d, NULL, lengths[i], 4), "pwrite(NULL, %zu)", lengths[i]);
		call(pwrite(d, UNMAPPED, lengths[i], 4), "pwrite(unmapped, %zu)", lengths[i]);
		call(pread(d, NULL, lengths[i], 0x100000), "pread(NULL, %zu) past the end", lengths[i]);
	}
	for (size_t n = 1; n <= 12; n++) {
		unsigned char *e = edge(n);
		memset(e, 0x77, n);
		call(pread(d, e, 16, 0), "pread(%zu bytes before unmapped memory, 16)", n);
		more(" left ");
		hex(e, n);
	}
	for (size_t n = 4; n <= 8; n += 2) {
		unsigned char *e = edge(n);
		memset(e, 0x11, n);
		edu_write(d, EDU_LIVENESS, 0);
		call(pwrite(d, e, 16, 4), "pwrite(0x4, %zu bytes before unmapped memory, 16)", n);
		more(" liveness %08x", edu_read(d, EDU_LIVENESS));
	}
	unsigned char *e = edge(4);
	memset(e, 0x22, 4);
	call(pwrite(d, e, 8, 4), "pwrite(0x4, 4 bytes before unmapped memory, 8)");
	more(" liveness %08x", edu_read(d, EDU_LIVENESS));
	static unsigned char large[1 << 21];
	call(pread(d, large, sizeof(large), 0xf8000), "pread(0xf8000, 2 MiB)");
	call(pread(d, large, SIZE_MAX, 0), "pread(0, SIZE_MAX)");
	call(pread(d, large, LONG_MAX, 0xfff00), "pread(0xfff00, LONG_MAX)");
}

static void bar_writes(int d)
{
	section("BAR0 by pwrite");
	static const size_t widths[] = { 1, 2, 4, 8 };
	for (unsigned o = 0; o < 12; o++) {
		for (size_t w = 0; w < COUNT(widths); w++) {
			edu_write(d, EDU_LIVENESS, 0);
			write_at(d, o, 0x0000000000000003, widths[w]);
			edu_wait(d, EDU_STATUS, 1);
			more(" id %08x liveness %08x factorial %08x", edu_read(d, EDU_ID), edu_read(d, EDU_LIVENESS),
				edu_read(d, EDU_FACTORIAL));
		}
	}
	section("factorials");
	for (uint32_t n = 0; n < 16; n++) {
		edu_write(d, EDU_FACTORIAL, n);
		edu_wait(d, EDU_STATUS, 1);
		note("%u! = %u", n, edu_read(d, EDU_FACTORIAL));
	}
	section("other registers");
	write_at(d, EDU_STATUS, 0xffffffff, 4);
	edu_wait(d, EDU_STATUS, 1);
	read_at(d, EDU_STATUS, 4);
	write_at(d, EDU_STATUS, 0, 4);
	read_at(d, EDU_STATUS, 4);
	write_at(d, EDU_RAISE, 0, 4);
	read_at(d, EDU_IRQ, 4);
	for (unsigned reg = EDU_SRC; reg <= EDU_COUNT; reg += 8) {
		write_at(d, reg, 0x1122334455667788, 8);
		read_at(d, reg, 8);
		read_at(d, reg, 4);
		read_at(d, reg + 4, 4);
		write_at(d, reg, 0x99aabbcc, 4);
		read_at(d, reg, 8);
		write_at(d, reg + 4, 0x99aabbcc, 4);
		read_at(d, reg, 8);
		write_at(d, reg, 0, 8);
		read_at(d, reg, 8);
	}
	for (unsigned reg = 0xa0; reg < 0xc0; reg += 8) {
		write_at(d, reg, 0x1122334455667788, 8);
		read_at(d, reg, 8);
	}
	write_at(d, 0xffffc, 0x11223344, 4);
	write_at(d, 0xffffc, 0x11223344, 8);
	write_at(d, 0x100000, 0x11223344, 4);
	write_at(d, 0xffffe, 0x11223344, 4);
}

static void vectors(int d)
{
	section("vectors, positions");
	uint32_t a = 0, b = 0;
	struct iovec v[2] = { { &a, 4 }, { &b, 4 } };
	call(preadv(d, v, 2, 0), "preadv(0, 4 + 4)");
	more(" %08x %08x", a, b);
	a = 0x01020304;
	b = 5;
	call(pwritev(d, v, 2, 4), "pwritev(0x4, 4 + 4)");
	edu_wait(d, EDU_STATUS, 1);
	more(" liveness %08x factorial %u", edu_read(d, EDU_LIVENESS), edu_read(d, EDU_FACTORIAL));
	call(lseek(d, 0, SEEK_CUR), "lseek(0, CUR)");
	call(lseek(d, 4, SEEK_SET), "lseek(4, SET)");
	call(lseek(d, 0, SEEK_END), "lseek(0, END)");
	call(read(d, &a, 4), "read(4)");
	more(" %08x", a);
	call(read(d, &a, 4), "read(4)");
	more(" %08x", a);
	call(read(d, &a, 4), "read(4)");
	more(" %08x", a);
	int copy = dup(d);
	call(read(copy, &a, 4), "read(dup, 4)");
	more(" %08x", a);
	call(readv(d, v, 2), "readv(4 + 4)");
	more(" %08x %08x", a, b);
	call(read(d, NULL, 4), "read(NULL, 4)");
	call(read(d, &a, 4), "read(4)");
	more(" %08x", a);
	close(copy);
}

static void file(int d)
{
	section("the file");
	fd_stat(d, "device");
	fd_link(d, "device");
	open_flags(d);
	call(fcntl(d, F_GETFD), "fcntl(F_GETFD)");
	struct pollfd p = { d, POLLIN | POLLOUT, 0 };
	call(poll(&p, 1, 0), "poll(IN|OUT)");
	more(" revents=%x", p.revents);
	call(ftruncate(d, 0), "ftruncate(0)");
	call(fallocate(d, 0, 0, 4096), "fallocate(4096)");
	call(fsync(d), "fsync");
	call(fchdir(d), "fchdir");
	char b[64];
	call(syscall(SYS_getdents64, d, b, sizeof(b)), "getdents64");
	call(flock(d, 0), "flock(0)");
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", d);
	int f = open(path, O_RDONLY);
	ssize_t n = read(f, text, sizeof(text) - 1);
	close(f);
	text[n > 0 ? n : 0] = 0;
	char *line = strstr(text, "vfio-device-syspath: ");
	char *end = line ? strchr(line, '\n') : NULL;
	if (end) {
		*end = 0;
		note("fdinfo: vfio-device-syspath: %.5s.../%s", strchr(line, ' ') + 1, normal(strrchr(line, '/') + 1));
	} else {
		note("fdinfo: no vfio-device-syspath");
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", d);
	callfd(open(path, O_RDWR), "open(/proc/self/fd/device)");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	int d = s.device;
	vectors(d);
	device_info(d);
	region_info(d);
	irq_info(d);
	unknown_ioctls(d);
	reset(d);
	bar_reads(d);
	bar_writes(d);
	file(d);
	detach(&s);
	return finish();
}
