/*
 * What every program of this folder shares: a line of output for a call, and a few ways to get memory that calls should
 *not like.
 *
 *	call(ioctl(fd, NR, &arg), "NR(argsz=%u)", 8);   prints   NR(argsz=8) = -1 EINVAL
 *	more(" flags=%x", arg.flags);                   adds to the line just printed
 *
 * A line is written in one piece when the next one starts. Nothing here prints a number that differs between hosts.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "uapi.h"

#ifndef PAGE
#define PAGE 4096ul
#endif
#define unused __attribute__((unused))

static char t_text[1 << 16];
static size_t t_used;
#ifndef T_BDF
#define T_BDF "0000:00:05.0"
#endif
static const char *t_bdf = T_BDF;
static int t_group;
static char t_group_path[64];

/* Writes the line that is pending. To be called before fork, so that the child does not have it too. */
static void flush(void)
{
	if (t_used == 0)
		return;
	t_text[t_used++] = '\n';
	for (size_t done = 0; done < t_used;) {
		ssize_t n = write(1, t_text + done, t_used - done);
		if (n < 0)
			_exit(99);
		done += n;
	}
	t_used = 0;
}

static void vmore(const char *format, va_list ap)
{
	int n = vsnprintf(t_text + t_used, sizeof(t_text) - t_used - 2, format, ap);
	t_used += n;
	if (t_used > sizeof(t_text) - 2)
		t_used = sizeof(t_text) - 2;
}

/* Adds to the pending line. Keeps errno. */
__attribute__((format(printf, 1, 2))) static void more(const char *format, ...)
{
	int e = errno;
	va_list ap;
	va_start(ap, format);
	vmore(format, ap);
	va_end(ap);
	errno = e;
}

/* A line that is not a call. */
__attribute__((format(printf, 1, 2))) static unused void note(const char *format, ...)
{
	int e = errno;
	flush();
	va_list ap;
	va_start(ap, format);
	vmore(format, ap);
	va_end(ap);
	errno = e;
}

static unused void section(const char *title)
{
	note("== %s", title);
}

static void t_result(long r, int e)
{
	if (r >= 0)
		more(" = %ld", r);
	else if (strerrorname_np(e))
		more(" = -1 %s", strerrorname_np(e));
	else
		more(" = -1 errno %d", e);
}

/* A line for a call that returned r; returns r. */
__attribute__((format(printf, 2, 3))) static unused long call(long r, const char *format, ...)
{
	int e = errno;
	flush();
	va_list ap;
	va_start(ap, format);
	vmore(format, ap);
	va_end(ap);
	t_result(r, e);
	errno = e;
	return r;
}

/* The same for a call that returns a file descriptor, whose number is not printed. */
__attribute__((format(printf, 2, 3))) static unused int callfd(int r, const char *format, ...)
{
	int e = errno;
	flush();
	va_list ap;
	va_start(ap, format);
	vmore(format, ap);
	va_end(ap);
	if (r >= 0)
		more(" = fd");
	else
		t_result(r, e);
	errno = e;
	return r;
}

/* The same for a call that returns an address. */
__attribute__((format(printf, 2, 3))) static unused void *callptr(void *r, const char *format, ...)
{
	int e = errno;
	flush();
	va_list ap;
	va_start(ap, format);
	vmore(format, ap);
	va_end(ap);
	if (r != MAP_FAILED)
		more(" = address");
	else
		t_result(-1, e);
	errno = e;
	return r;
}

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	int e = errno;
	flush();
	va_list ap;
	va_start(ap, format);
	more("cannot go on: ");
	vmore(format, ap);
	va_end(ap);
	more(" (%s)", strerrorname_np(e));
	flush();
	_exit(98);
}

/* Adds n bytes in hexadecimal. */
static unused void hex(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		more("%02x", ((const unsigned char *)p)[i]);
}

/* Private zeroed memory, of whole pages, with an inaccessible page before and after it. */
static unused void *pages(size_t count)
{
	char *p = mmap(NULL, (count + 3) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* PAGE may be larger than the host's. */
	char *first = (char *)(((uintptr_t)p + 2 * PAGE - 1) & ~(PAGE - 1));
	if (p == MAP_FAILED || mprotect(first, count * PAGE, PROT_READ | PROT_WRITE))
		die("no memory");
	return first;
}

/* The address n bytes before memory that cannot be accessed. */
static unused void *edge(size_t n)
{
	return (char *)pages(1) + PAGE - n;
}

/* An address where nothing is mapped, and nothing will be for a while: low, and far from what mmap chooses. */
#define UNMAPPED ((void *)0x10000000ul)
#define KERNEL_ADDRESS ((void *)0xffff888000000000ul)
#define NONCANONICAL ((void *)0x8000000000000000ul)

static void t_find_group(void)
{
	char path[128], link[256];
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", t_bdf);
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		die("readlink %s", path);
	link[n] = 0;
	t_group = atoi(strrchr(link, '/') + 1);
	snprintf(t_group_path, sizeof(t_group_path), "/dev/vfio/%d", t_group);
}

/*
 * Arguments: [--quiet-console] [BDF]. The first is for a real kernel whose console is where the output goes: messages
 * about DMA faults would land in it.
 */
static unused void start(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quiet-console") == 0)
			klogctl(8, NULL, 1);
		else
			t_bdf = argv[i];
	}
	t_find_group();
}

/* Ends the program with a line that shows that it came to its end. */
static unused int finish(void)
{
	note("== end");
	flush();
	return 0;
}

struct setup {
	int container, group, device;
};

static unused int open_container(void)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open container");
	return fd;
}

static unused int open_group(void)
{
	int fd = open(t_group_path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open group");
	return fd;
}

/* A container with our group in it and an IOMMU of that type, without printing. */
static unused struct setup attach(int type)
{
	struct setup s = { open_container(), open_group(), -1 };
	if (ioctl(s.group, VFIO_GROUP_SET_CONTAINER, &s.container))
		die("SET_CONTAINER");
	if (ioctl(s.container, VFIO_SET_IOMMU, type))
		die("SET_IOMMU %d", type);
	return s;
}

static unused struct setup attach_device(int type)
{
	struct setup s = attach(type);
	s.device = ioctl(s.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	if (s.device < 0)
		die("GET_DEVICE_FD");
	return s;
}

static unused void detach(struct setup *s)
{
	if (s->device >= 0)
		close(s->device);
	close(s->group);
	close(s->container);
	s->device = s->group = s->container = -1;
}

/* The name of the group or the device in a path or link: their numbers become N, the address becomes BDF. */
static unused const char *normal(const char *in)
{
	static char out[4][1024];
	static int turn;
	char *o = out[turn = (turn + 1) & 3], *w = o;
	char number[16];
	snprintf(number, sizeof(number), "%d", t_group);
	size_t nl = strlen(number), bl = strlen(t_bdf);
	for (const char *p = in; *p && w < o + 1000;) {
		bool after = p > in && (p[-1] == '/' || p[-1] == '-');
		if (strncmp(p, t_bdf, bl) == 0) {
			w = stpcpy(w, "BDF");
			p += bl;
		} else if (after && strncmp(p, number, nl) == 0 && (p[nl] == 0 || p[nl] == '/')) {
			*w++ = 'N';
			p += nl;
		} else {
			*w++ = *p++;
		}
	}
	*w = 0;
	return o;
}

/* readlink of /proc/self/fd/FD, with the group's number as N. */
static unused void fd_link(int fd, const char *name)
{
	char path[64], link[512];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	call(n < 0 ? -1 : 0, "readlink(/proc/self/fd/%s)", name);
	if (n >= 0) {
		link[n] = 0;
		more(" %s", normal(link));
	}
}

/* What fstat says about a file that is not a regular one: its type, permission bits, and what else is the same
 * everywhere. */
static unused void fd_stat(int fd, const char *name)
{
	struct stat st;
	if (call(fstat(fd, &st), "fstat(%s)", name))
		return;
	more(" type=%o mode=%04o nlink=%lu size=%ld blksize=%ld", st.st_mode & S_IFMT, st.st_mode & 07777,
		(long)st.st_nlink, (long)st.st_size, (long)st.st_blksize);
	if (S_ISCHR(st.st_mode))
		more(" rdev=%s", major(st.st_rdev) == 10 ? (minor(st.st_rdev) == 196 ? "10:196" : "10:*") : "dynamic");
}

/* F_GETFL without what a 64-bit program cannot see in it (O_LARGEFILE is 0 there) or does not mean (how the path was
 * walked). */
static unused void open_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);
#ifdef __powerpc64__
	int large = 0200000;
#else
	int large = 0100000;
#endif
	call(flags < 0 ? -1 : flags & ~(large | O_NOFOLLOW), "fcntl(F_GETFL)");
}

/* Sends a descriptor over a socket pair and gives the received one: the same open file. */
static unused int passed(int fd)
{
	int sv[2], got = -1;
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		die("socketpair");
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(sv[0], &m, 0) != 1 || recvmsg(sv[1], &m, MSG_CMSG_CLOEXEC) != 1)
		die("passing a descriptor");
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	close(sv[0]);
	close(sv[1]);
	return got;
}

/* Forks with nothing pending. In the child, child_end() leaves; the parent waits with child_wait(), which prints a
 * signal. */
static unused pid_t child_start(void)
{
	flush();
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	return pid;
}

__attribute__((noreturn)) static unused void child_end(void)
{
	flush();
	_exit(0);
}

static unused void child_wait(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (WIFSIGNALED(status))
		note("child: killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		note("child: exit status %d", WEXITSTATUS(status));
}

/* The counter of an eventfd, 0 when nothing was signalled. The descriptor must be non-blocking. */
static unused unsigned long counter(int fd)
{
	uint64_t n = 0;
	if (read(fd, &n, sizeof(n)) < 0)
		return 0;
	return n;
}

#endif
