/*
 * /proc/self/pagemap on a machine without an IOMMU, as far as it does not depend on the memory manager: how it is read, and what the
 * bits say of memory that is there, that is not, and that is shared.
 */
/* machine: real -i -u -d edu ; ours --iommu none --device edu,addr=0000:00:05.0 */
#include "noiommu.h"

static int open_map(const char *path, int flags)
{
	return callfd(open(path, flags), "open(%s, %#x)", strncmp(path, "/proc/self/task", 15) ? path : "/proc/self/task/N/pagemap", flags);
}

static void files(void)
{
	section("the file");
	char path[64];
	int fd = open_map("/proc/self/pagemap", O_RDONLY);
	struct stat st;
	call(fstat(fd, &st), "fstat()");
	more(" mode=%o size=%ld nlink=%ld", st.st_mode, (long)st.st_size, (long)st.st_nlink);
	open_flags(fd);
	uint64_t e[4];
	call(write(fd, e, 8), "write()");
	call(ioctl(fd, T_IO(0x64), 0), "a container's ioctl");
	call(ftruncate(fd, 0), "ftruncate(0)");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), "mmap()");
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	call(poll(&p, 1, 0), "poll()");
	more(" revents=%x", p.revents);
	close(fd);
	fd = open_map("/proc/self/pagemap", O_RDWR);
	close(fd);
	fd = open_map("/proc/self/pagemap", O_WRONLY);
	if (fd >= 0) {
		call(read(fd, e, 8), "read()");
		close(fd);
	}
	open_map("/proc/self/pagemap/", O_RDONLY);
	open_map("/proc/self/pagemap", O_RDONLY | O_DIRECTORY);
	open_map("/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/task/%d/pagemap", (int)getpid());
	open_map(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)getpid());
	call(access(path, R_OK), "access(/proc/PID/pagemap)");
}

static void seeking(int fd)
{
	section("lseek");
	call(lseek(fd, 0, SEEK_CUR), "lseek(0, CUR)");
	call(lseek(fd, 24, SEEK_SET), "lseek(24, SET)");
	call(lseek(fd, -8, SEEK_CUR), "lseek(-8, CUR)");
	call(lseek(fd, -24, SEEK_CUR), "lseek(-24, CUR)");
	call(lseek(fd, 3, SEEK_SET), "lseek(3, SET)");
	call(lseek(fd, 0, SEEK_CUR), "lseek(0, CUR)");
	call(lseek(fd, 0, SEEK_END), "lseek(0, END)");
	call(lseek(fd, 0, SEEK_DATA), "lseek(0, DATA)");
	call(lseek(fd, 0, 9), "lseek(0, 9)");
	call(lseek(fd, LONG_MAX, SEEK_SET), "lseek(LONG_MAX, SET)");
	call(lseek(fd, -1, SEEK_SET), "lseek(-1, SET)");
	call(lseek(fd, 1l << 60, SEEK_SET), "lseek(2^60, SET)");
	uint64_t e;
	call(read(fd, &e, 8), "read()");
	call(lseek(fd, 0, SEEK_SET), "lseek(0, SET)");
}

static void reading(int fd)
{
	section("read");
	char *m = pages(3);
	m[0] = 1;
	off_t at = (uintptr_t)m / PAGE * 8;
	uint64_t e[8] = { 0 };
	call(lseek(fd, at, SEEK_SET) == at, "lseek()");
	call(read(fd, e, 8), "read(8)");
	more(" present %d", (int)(e[0] >> 63));
	call(read(fd, e, 16), "read(16)");
	more(" present %d %d", (int)(e[0] >> 63), (int)(e[1] >> 63));
	call(lseek(fd, 0, SEEK_CUR) == at + 24, "where it has gone to");
	call(pread(fd, e, 16, at - 8), "pread(16)");
	more(" present %d %d", (int)(e[0] >> 63), (int)(e[1] >> 63));
	call(pread(fd, e, 0, at), "pread(0)");
	call(pread(fd, e, 4, at), "pread(4)");
	call(pread(fd, e, 12, at), "pread(12)");
	call(pread(fd, e, 8, at + 4), "pread(8, unaligned)");
	call(pread(fd, e, 0, at + 4), "pread(0, unaligned)");
	call(pread(fd, e, 8, -8), "pread(8, -8)");
	call(pread(fd, NULL, 8, at), "pread(NULL, 8)");
	call(pread(fd, NULL, 0, at), "pread(NULL, 0)");
	call(pread(fd, KERNEL_ADDRESS, 8, at), "pread(kernel, 8)");
	call(pread(fd, edge(8), 16, at), "pread(16, 8 bytes before the end)");
	call(pread(fd, edge(4), 8, at), "pread(8, 4 bytes before the end)");
	struct iovec v[2] = { { e, 8 }, { e + 1, 16 } };
	call(preadv(fd, v, 2, at), "preadv(8 + 16)");
	more(" present %d %d %d", (int)(e[0] >> 63), (int)(e[1] >> 63), (int)(e[2] >> 63));
	v[0].iov_len = 4;
	call(preadv(fd, v, 2, at), "preadv(4 + 16)");
	uint64_t *many = pages(17);
	call(pread(fd, many, 17 * PAGE, 0x10000000ul / PAGE * 8), "pread(17 pages)");
	many[0] = 7;
	call(pread(fd, many, 17 * PAGE - 4, 0x10000000ul / PAGE * 8), "pread(17 pages less 4 bytes)");
	more(" %llu", (unsigned long long)many[0]);
	call(pread(fd, many, 8, 1ll << 57), "pread(8, 2^57)");
	call(pread(fd, many, 8, 0x7ffffffffffffff8), "pread(8, 2^63 - 8)");
	call(pread(fd, many, 8, (uintptr_t)KERNEL_ADDRESS / PAGE * 8), "pread(8, the kernel's)");
}

/* Without soft-dirty, which is up to the kernel's configuration, and whether the frame is known only. */
static void entry(const char *what, const void *p)
{
	uint64_t e = pagemap_entry(p);
	note("%s: %s%s%s%s%s", what, e & PM_PRESENT ? "present " : "", e & (1ull << 62) ? "swapped " : "",
		e & (1ull << 61) ? "file or shared " : "", e & (1ull << 56) ? "exclusive " : "", e & PM_FRAME ? "frame" : "none");
}

static void kinds(void)
{
	section("what is there");
	char *m = pages(4), *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	entry("never touched", m);
	m[0] = 1;
	entry("written", m);
	entry("nothing", UNMAPPED);
	entry("the guard", m - PAGE);
	mprotect(m, PAGE, PROT_NONE);
	entry("no access", m);
	mprotect(m, PAGE, PROT_READ);
	entry("read only", m);
	shared[0] = 1;
	entry("shared, written", shared);
	entry("shared, never touched", shared + PAGE);
	int f = memfd("f", PAGE);
	char *one = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
	one[0] = 1;
	entry("a file", one);
	private[0] = 2;
	entry("a file, private copy", private);
	section("frames");
	m[PAGE] = m[2 * PAGE] = 1;
	uint64_t a = physical(m + PAGE), b = physical(m + 2 * PAGE);
	note("of two pages: %s", a == b ? "the same" : "not the same");
	note("asked again: %s", physical(m + PAGE) == a ? "the same" : "another");
	munmap(one, PAGE);
	entry("a file, unmapped", one);
}

/* A program that forks: what a child has is its own, and can be seen from outside. */
static void others(void)
{
	section("another process");
	int ready[2], stop[2];
	char *m = pages(1), byte;
	m[0] = 1;
	if (pipe(ready) || pipe(stop))
		die("pipe");
	pid_t pid = child_start();
	if (pid == 0) {
		m[0] = 2;
		close(stop[1]);
		_exit(write(ready[1], "", 1) != 1 || read(stop[0], &byte, 1) != 0);
	}
	if (read(ready[0], &byte, 1) != 1)
		die("read");
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	int fd = callfd(open(path, O_RDONLY | O_CLOEXEC), "open(/proc/CHILD/pagemap)");
	uint64_t e = 0;
	call(pread(fd, &e, 8, (uintptr_t)m / PAGE * 8), "pread(8)");
	more(" present %d, frame %s", (int)(e >> 63), (e & PM_FRAME) == (pagemap_entry(m) & PM_FRAME) ? "ours" : "another");
	close(stop[0]);
	close(stop[1]);
	child_wait(pid);
	e = 7;
	call(pread(fd, &e, 8, (uintptr_t)m / PAGE * 8), "pread(8), when it has ended");
	call(pread(fd, &e, 7, 0), "pread(7), when it has ended");
	callfd(open(path, O_RDONLY | O_CLOEXEC), "open(/proc/CHILD/pagemap)");
	close(fd);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	files();
	int fd = open_map("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	seeking(fd);
	reading(fd);
	close(fd);
	kinds();
	others();
	return finish();
}
