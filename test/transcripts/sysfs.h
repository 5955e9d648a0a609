/* Attributes below /sys, read and written; a process that writes while the program goes on; and a driver's request for a device. */
#ifndef TRANSCRIPTS_SYSFS_H
#define TRANSCRIPTS_SYSFS_H

#include "edu.h"

/* A path or a text on one line, with what differs between machines left out. */
static unused const char *shown(const char *text)
{
	static char out[2][512];
	static int turn;
	char *o = out[turn = !turn], *p = o;
	for (; *text && p < o + 500; text++)
		if (*text == '\n')
			*p++ = '|';
		else
			*p++ = *text;
	*p = 0;
	return o;
}

static long put_bytes(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return call(-1, "open(%s)", path);
	long r = n > 64 ? call(write(fd, text, n), "write(%s, %zu bytes)", path, n)
			: call(write(fd, text, n), "write(%s, \"%s\")", path, shown(text));
	close(fd);
	return r;
}

static unused long put(const char *path, const char *text)
{
	return put_bytes(path, text, strlen(text));
}

static unused void get(const char *path)
{
	char b[4097];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		call(-1, "open(%s)", path);
		return;
	}
	long n = call(read(fd, b, sizeof(b) - 1), "read(%s)", path);
	if (n >= 0) {
		b[n] = 0;
		more(" \"%s\"", shown(b));
	}
	close(fd);
}

struct writer {
	pid_t pid;
	int go[2], done[2];
};

/* A process that has nothing of ours open and writes when it is told to. */
static unused struct writer writer(const char *path, const char *text)
{
	struct writer w;
	if (pipe(w.go) || pipe(w.done))
		die("pipe");
	flush();
	w.pid = fork();
	if (w.pid == 0) {
		char b;
		read(w.go[0], &b, 1);
		int fd = open(path, O_WRONLY);
		int r = write(fd, text, strlen(text)) < 0 ? errno : 0;
		write(w.done[1], &r, sizeof(r));
		_exit(0);
	}
	return w;
}

static unused void go(struct writer *w)
{
	write(w->go[1], "", 1);
}

static unused bool finished(struct writer *w, int milliseconds)
{
	struct pollfd p = { w->done[0], POLLIN, 0 };
	return poll(&p, 1, milliseconds) == 1;
}

static unused void result(struct writer *w, const char *what)
{
	int r = 0;
	if (!finished(w, SOON)) {
		note("%s: not answered", what);
		return;
	}
	read(w->done[0], &r, sizeof(r));
	waitpid(w->pid, NULL, 0);
	errno = r;
	call(r ? -1 : 0, "%s, answered", what);
}

static unused void set_request(int d, int e)
{
	struct {
		struct vfio_irq_set s;
		int fd;
	} a = { { sizeof(a), VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_REQ_IRQ_INDEX, 0, 1 }, e };
	call(ioctl(d, VFIO_DEVICE_SET_IRQS, &a), "SET_IRQS(REQ, eventfd)");
}

#endif
