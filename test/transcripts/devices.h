/*
 * Programs on a machine with several devices: four edus, of which two are functions of one card.
 *
 *	0000:00:05.0  R   on the root bus
 *	0000:01:00.0  A0  behind a root port, with
 *	0000:01:00.1  A1  in one group, since nothing keeps the two apart
 *	0000:02:00.0  B   behind another root port, alone
 */
#ifndef TRANSCRIPTS_DEVICES_H
#define TRANSCRIPTS_DEVICES_H

#include "edu.h"
#include "iommufd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { R, A0, A1, B, DEVICES };

static const char *const bdfs[] = { "0000:00:05.0", "0000:01:00.0", "0000:01:00.1", "0000:02:00.0" };
static const char *const names[] = { "R", "A0", "A1", "B" };

/* The number of a device's group. */
static unused int group_of(int d)
{
	t_bdf = bdfs[d];
	t_find_group();
	return t_group;
}

/* open() of a device's group, printed. */
static unused int group_open(int d)
{
	group_of(d);
	return callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group of %s)", names[d]);
}

static unused int get_device(int g, int d)
{
	return callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, bdfs[d]), "GET_DEVICE_FD(%s)", names[d]);
}

static unused long set_container(int g, int c, const char *what)
{
	return call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER(%s)", what);
}

static unused void status(int g, const char *what)
{
	struct vfio_group_status s = { sizeof(s), 0 };
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &s), "GET_STATUS(%s)", what);
	more(" flags=%x", s.flags);
}

/* The device's own node, printed. */
static unused int cdev_open(int d)
{
	char path[160];
	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/vfio%d", bdfs[d], i);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", i);
		return callfd(open(path, O_RDWR | O_CLOEXEC), "open(node of %s)", names[d]);
	}
	die("%s has no node", bdfs[d]);
}

static unused void closing(int *fd, const char *what)
{
	call(close(*fd), "close(%s)", what);
	*fd = -1;
}

/* A container with one group in it and the device open, without printing. */
static unused struct setup open_device(int d)
{
	group_of(d);
	return attach_device(T_TYPE1v2);
}

#endif
