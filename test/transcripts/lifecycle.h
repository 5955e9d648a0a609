/*
 * What the life-cycle programs look at: a few descriptors and a mapping of BAR0, what each of them still does, and whether
 * somebody else can have the device. A line of output is a step; after it, in braces, comes what is left:
 *
 *	C{1 map 0}           a container: CHECK_EXTENSION(UPDATE_VADDR), which is 1 with an IOMMU only, and MAP_DMA
 *	I{ranges 2 map 0}    an iommufd: how many ranges its address space has, 2 with a device attached, and IOAS_MAP
 *	G{3 dev fd}          a group: GET_STATUS, GET_DEVICE_FD
 *	D{0 010000ed}        a device: GET_INFO, a register
 *	M{010000ed}          a mapping: a load, or the signal that it got
 *	open = fd            another open() of the group, at once
 */
#ifndef TRANSCRIPTS_LIFECYCLE_H
#define TRANSCRIPTS_LIFECYCLE_H

#include "devices.h"

/* What there is; -1 and NULL for what is closed or never was. */
struct life {
	int container, iommufd, group, device;
	__u32 ioas;
	volatile uint32_t *bar;
};

#define LIFELESS ((struct life){ -1, -1, -1, -1, 0, NULL })

static sigjmp_buf life_escape;
static volatile int life_signal;

static void life_caught(int sig)
{
	life_signal = sig;
	siglongjmp(life_escape, 1);
}

static unused void life_handlers(void)
{
	struct sigaction a = { .sa_handler = life_caught };
	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
}

static const char *errno_text(long r)
{
	return r < 0 ? strerrorname_np(errno) : "0";
}

static void map_somewhere(const struct life *l)
{
	static void *memory;
	if (!memory)
		memory = pages(1);
	if (l->container >= 0) {
		struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, 0x10000, PAGE };
		struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)memory, 0x10000, PAGE };
		more(" C{%d", ioctl(l->container, VFIO_CHECK_EXTENSION, 10));
		more(" map %s}", errno_text(ioctl(l->container, VFIO_IOMMU_MAP_DMA, &m)));
		ioctl(l->container, VFIO_IOMMU_UNMAP_DMA, &u);
	}
	if (l->iommufd >= 0) {
		struct t_iova_ranges q = { .size = sizeof(q), .ioas_id = l->ioas };
		struct t_ioas_map m = { sizeof(m), T_FIXED_RW, l->ioas, 0, (uintptr_t)memory, PAGE, 0x10000 };
		struct t_ioas_unmap u = { sizeof(u), l->ioas, 0x10000, PAGE };
		ioctl(l->iommufd, T_IOVA_RANGES, &q);
		more(" I{ranges %u", q.num_iovas);
		more(" map %s}", errno_text(ioctl(l->iommufd, T_IOAS_MAP, &m)));
		ioctl(l->iommufd, T_IOAS_UNMAP, &u);
	}
}

/* Adds what is left to the pending line. */
static unused void look(const struct life *l)
{
	map_somewhere(l);
	if (l->group >= 0) {
		struct vfio_group_status s = { sizeof(s), 0 };
		long r = ioctl(l->group, VFIO_GROUP_GET_STATUS, &s);
		more(" G{%s", r ? errno_text(r) : "");
		if (r == 0)
			more("%u", s.flags);
		int d = ioctl(l->group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
		more(" dev %s}", d < 0 ? errno_text(d) : "fd");
		if (d >= 0)
			close(d);
	}
	if (l->device >= 0) {
		struct t_device_info info = { .argsz = sizeof(info) };
		uint32_t v = 0;
		more(" D{%s", errno_text(ioctl(l->device, VFIO_DEVICE_GET_INFO, &info)));
		if (pread(l->device, &v, 4, EDU_ID) == 4)
			more(" %08x}", v);
		else
			more(" %s}", errno_text(-1));
	}
	if (l->bar) {
		if (sigsetjmp(life_escape, 1))
			more(" M{SIG%s}", sigabbrev_np(life_signal));
		else
			more(" M{%08x}", *l->bar);
	}
	int g = open(t_group_path, O_RDWR | O_CLOEXEC);
	more(" open = %s", g < 0 ? errno_text(g) : "fd");
	if (g >= 0)
		close(g);
}

static void life_map(struct life *l)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, l->device, 0);
	if (p == MAP_FAILED)
		die("mmap");
	l->bar = p;
}

/* A container, its group, the device and a mapping of it. */
static unused struct life live_in_container(void)
{
	struct setup s = attach_device(T_TYPE1v2);
	struct life l = LIFELESS;
	l.container = s.container;
	l.group = s.group;
	l.device = s.device;
	life_map(&l);
	return l;
}

/* The same with an iommufd in the container's place. */
static unused struct life live_in_iommufd(void)
{
	struct life l = LIFELESS;
	struct t_vfio_ioas v = { sizeof(v), 0, 0, 0 };
	l.iommufd = open_iommu();
	l.group = open_group();
	if (ioctl(l.group, VFIO_GROUP_SET_CONTAINER, &l.iommufd) || ioctl(l.iommufd, T_VFIO_IOAS, &v))
		die("SET_CONTAINER");
	l.ioas = v.ioas_id;
	l.device = ioctl(l.group, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	if (l.device < 0)
		die("GET_DEVICE_FD");
	life_map(&l);
	return l;
}

/* An iommufd, the device by its own node, attached, and a mapping of it. */
static unused struct life live_by_node(void)
{
	struct life l = LIFELESS;
	l.iommufd = open_iommu();
	l.device = open_cdev();
	l.ioas = ioas(l.iommufd);
	struct t_bind b = { 16, 0, l.iommufd, 0, 0 };
	struct t_attach a = { 12, 0, l.ioas, 0 };
	if (ioctl(l.device, T_BIND, &b) || ioctl(l.device, T_ATTACH, &a))
		die("BIND, ATTACH");
	life_map(&l);
	return l;
}

/* Ends one of the things, by its letter; prints the step without what is left. */
static unused void end_one(struct life *l, char which)
{
	int *fd = which == 'C' ? &l->container : which == 'I' ? &l->iommufd : which == 'G' ? &l->group : &l->device;
	if (which == 'M') {
		call(munmap((void *)l->bar, PAGE), "munmap(M)");
		l->bar = NULL;
		return;
	}
	call(close(*fd), "close(%c)", which);
	*fd = -1;
}

/* Ends all but those in keep, without printing. */
static unused void end_others(struct life *l, const char *keep)
{
	if (l->bar && !strchr(keep, 'M')) {
		munmap((void *)l->bar, PAGE);
		l->bar = NULL;
	}
	struct {
		int *fd;
		char name;
	} all[] = { { &l->container, 'C' }, { &l->iommufd, 'I' }, { &l->group, 'G' }, { &l->device, 'D' } };
	for (size_t i = 0; i < COUNT(all); i++) {
		if (*all[i].fd >= 0 && !strchr(keep, all[i].name)) {
			close(*all[i].fd);
			*all[i].fd = -1;
		}
	}
}

/* Calls body with each order of the letters. */
static unused void each_order(const char *letters, void (*body)(const char *order))
{
	char order[8];
	size_t n = strlen(letters), total = 1;
	for (size_t i = 2; i <= n; i++)
		total *= i;
	for (size_t k = 0; k < total; k++) {
		char left[8];
		strcpy(left, letters);
		size_t rest = k, step = total;
		for (size_t i = 0; i < n; i++) {
			step /= n - i;
			char *pick = left + rest / step;
			rest %= step;
			order[i] = *pick;
			memmove(pick, pick + 1, strlen(pick));
		}
		order[n] = 0;
		body(order);
	}
}

/* Calls body with each choice of at least one of the letters. */
static unused void each_choice(const char *letters, void (*body)(const char *choice))
{
	size_t n = strlen(letters);
	for (unsigned bits = 1; bits < 1u << n; bits++) {
		char choice[8];
		size_t w = 0;
		for (size_t i = 0; i < n; i++)
			if (bits >> i & 1)
				choice[w++] = letters[i];
		choice[w] = 0;
		body(choice);
	}
}

#endif
