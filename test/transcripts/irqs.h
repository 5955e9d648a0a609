/* SET_IRQS for the programs that are about it. */
#ifndef TRANSCRIPTS_IRQS_H
#define TRANSCRIPTS_IRQS_H

#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { NONE = 1, BOOL = 2, EVENTFD = 4, MASK = 8, UNMASK = 16, TRIGGER = 32 };
enum { INTX, MSI, MSIX, ERR, REQ };

static int device;
static const char *const index_names[] = { "INTX", "MSI", "MSIX", "ERR", "REQ" };

static const char *flag_names(unsigned flags)
{
	static char text[128];
	static const char *const names[] = { "NONE", "BOOL", "EVENTFD", "MASK", "UNMASK", "TRIGGER" };
	char *p = text;
	*p = 0;
	for (int i = 0; i < 6; i++)
		if (flags & (1u << i))
			p += sprintf(p, "%s%s", p > text ? "|" : "", names[i]);
	if (flags & ~0x3fu || p == text)
		p += sprintf(p, "%s%#x", p > text ? "|" : "", flags & ~0x3fu);
	return text;
}

static long set_raw(
	unsigned argsz, unsigned flags, unsigned index, unsigned start, unsigned count, const void *data, size_t n)
{
	unsigned char b[sizeof(struct vfio_irq_set) + 256] = { 0 };
	struct vfio_irq_set *s = (void *)b;
	*s = (struct vfio_irq_set){ argsz, flags, index, start, count };
	memcpy(b + sizeof(*s), data, n);
	return ioctl(device, VFIO_DEVICE_SET_IRQS, b);
}

/* With eventfds, as many as count; what names them. */
static unused long set_fds(
	unsigned flags, unsigned index, unsigned start, unsigned count, const int *fds, const char *what)
{
	return call(set_raw(20 + 4 * count, EVENTFD | flags, index, start, count, fds, 4 * count),
		"SET_IRQS(%s, EVENTFD|%s, start=%u, count=%u, %s)", index_names[index], flag_names(flags), start, count, what);
}

static unused long set_fd(unsigned flags, unsigned index, int fd, const char *what)
{
	return set_fds(flags, index, 0, 1, &fd, what);
}

static unused long set_bools(unsigned flags, unsigned index, unsigned start, unsigned count, const char *bools)
{
	return call(set_raw(20 + count, BOOL | flags, index, start, count, bools, count),
		"SET_IRQS(%s, BOOL|%s, start=%u, count=%u)", index_names[index], flag_names(flags), start, count);
}

static unused long set_none(unsigned flags, unsigned index, unsigned start, unsigned count)
{
	return call(set_raw(20, NONE | flags, index, start, count, "", 0), "SET_IRQS(%s, NONE|%s, start=%u, count=%u)",
		index_names[index], flag_names(flags), start, count);
}

static unused void all_off(void)
{
	for (unsigned i = 0; i < 5; i++)
		set_raw(20, NONE | TRIGGER, i, 0, 0, "", 0);
}

static unused int event(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		die("eventfd");
	return fd;
}

#endif
