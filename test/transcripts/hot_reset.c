/*
 * PCI hot reset: what VFIO_DEVICE_GET_PCI_HOT_RESET_INFO tells, which descriptors VFIO_DEVICE_PCI_HOT_RESET wants, through
 * groups and through the devices' own nodes, and what a reset leaves of a device. Also VFIO_DEVICE_RESET, which is a reset
 * of the bus for a function that is alone on it.
 */
/* machine: real -d pcie-root-port,id=p1,chassis=1,addr=06.0 -d edu,bus=p1,addr=00.0,multifunction=on -d edu,bus=p1,addr=00.1 -d pcie-root-port,id=p2,chassis=2,addr=07.0 -d edu,bus=p2,addr=00.0 -d edu,addr=05.0 ; ours --device edu,addr=0000:00:05.0 --device edu,addr=0000:01:00.0 --device edu,addr=0000:01:00.1 --device edu,addr=0000:02:00.0 */
#include "devices.h"

struct info {
	__u32 argsz, flags, count;
	struct {
		__u32 id;
		__u16 segment;
		__u8 bus, devfn;
	} devices[8];
};

#define ENTRY sizeof(((struct info *)0)->devices[0])

static const char *group_name(__u32 id)
{
	static char text[16];
	for (int d = 0; d < DEVICES; d++)
		if (group_of(d) == (int)id)
			return d == A1 ? "A" : d == A0 ? "A" : names[d];
	snprintf(text, sizeof(text), "%u?", id);
	return text;
}

/* The entries, with groups as letters and the ids of devices as they are. */
static void entries(const struct info *i, unsigned room)
{
	for (unsigned n = 0; n < i->count && n < room; n++) {
		more(" %04x:%02x:%02x.%x", i->devices[n].segment, i->devices[n].bus, i->devices[n].devfn >> 3,
			i->devices[n].devfn & 7);
		if (i->flags & 1)
			more("=%d", (int)i->devices[n].id);
		else
			more("=group %s", group_name(i->devices[n].id));
	}
}

static long info_of(int fd, const char *what)
{
	struct info i = { sizeof(i), 0xaaaaaaaa, 0xaaaaaaaa, { { 0 } } };
	long r = call(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &i), "HOT_RESET_INFO(%s)", what);
	more(" argsz=%u flags=%x count=%x", i.argsz, i.flags, i.count);
	if (r == 0)
		entries(&i, 8);
	return r;
}

static void info_sizes(int fd, const char *what)
{
	static const __u32 sizes[] = { 0, 1, 4, 8, 11, 12, 13, 19, 20, 21, 23, 24, 27, 28, 29, 35, 36, 44, 4096, 0x7fffffff,
		0xfffffffb, 0xffffffff };
	for (size_t n = 0; n < COUNT(sizes); n++) {
		struct info i;
		memset(&i, 0xaa, sizeof(i));
		i.argsz = sizes[n];
		long r = call(
			ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &i), "HOT_RESET_INFO(%s, argsz=%#x)", what, sizes[n]);
		more(" argsz=%#x flags=%x count=%x", i.argsz, i.flags, i.count);
		for (unsigned e = 0; e < 4; e++)
			more(" %s", i.devices[e].segment == 0xaaaa ? "-" : "entry");
		if (r == 0)
			entries(&i, 4);
	}
}

static void info_pointers(int fd)
{
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { (void *)1, "1" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" }, { (void *)-1l, "-1" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, bad[i].p), "HOT_RESET_INFO(%s)", bad[i].name);
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, bad[i].p), "PCI_HOT_RESET(%s)", bad[i].name);
	static const unsigned room[] = { 4, 8, 11, 12, 16, 19, 20, 24, 27, 28, 32 };
	for (size_t n = 0; n < COUNT(room); n++) {
		__u32 *p = edge(room[n]);
		__u32 head[3] = { 28, 7, 9 };
		memcpy(p, head, room[n] < 12 ? room[n] : 12);
		call(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, p),
			"HOT_RESET_INFO(argsz=28, %u bytes before unmapped memory)", room[n]);
		if (room[n] >= 12)
			more(" flags=%x count=%x", p[1], p[2]);
		for (unsigned at = 12; at + 8 <= room[n]; at += 8)
			more(" %s", p[at / 4 + 1] ? "entry" : "-");
	}
	struct info *i = pages(1);
	*i = (struct info){ sizeof(*i), 0, 0, { { 0 } } };
	mprotect(i, PAGE, PROT_READ);
	call(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, i), "HOT_RESET_INFO(read-only)");
	mprotect(i, PAGE, PROT_READ | PROT_WRITE);
	i->argsz = 12;
	mprotect(i, PAGE, PROT_READ);
	call(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, i), "HOT_RESET_INFO(read-only, argsz=12)");
	mprotect(i, PAGE, PROT_READ | PROT_WRITE);
	i->argsz = 11;
	mprotect(i, PAGE, PROT_READ);
	call(ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, i), "HOT_RESET_INFO(read-only, argsz=11)");
}

struct reset {
	__u32 argsz, flags, count;
	__s32 fds[16];
};

static long reset_raw(int fd, __u32 argsz, __u32 flags, __u32 count, const int *fds, unsigned n)
{
	struct reset r = { argsz, flags, count, { 0 } };
	for (unsigned i = 0; i < n && i < COUNT(r.fds); i++)
		r.fds[i] = fds[i];
	return ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, &r);
}

static long reset_by(int fd, const int *fds, unsigned n, const char *what)
{
	return call(reset_raw(fd, 12 + 4 * n, 0, n, fds, n), "PCI_HOT_RESET(%s)", what);
}

/* Every form of the request that is wrong by itself. */
static void reset_forms(int fd, int g, const char *what)
{
	static const __u32 sizes[] = { 0, 4, 11, 12, 13, 15, 16, 64, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++)
		call(reset_raw(fd, sizes[i], 0, 1, &g, 1), "PCI_HOT_RESET(%s, argsz=%#x, count=1)", what, sizes[i]);
	static const __u32 flags[] = { 1, 2, 4, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++)
		call(reset_raw(fd, 16, flags[i], 1, &g, 1), "PCI_HOT_RESET(%s, flags=%#x, count=1)", what, flags[i]);
	static const __u32 counts[] = { 0, 3, 4, 16, 0x7fffffff, 0x80000000, 0xffffffff };
	const int many[] = { g, g, g, g };
	for (size_t i = 0; i < COUNT(counts); i++)
		call(reset_raw(fd, 28, 0, counts[i], many, 4), "PCI_HOT_RESET(%s, count=%#x)", what, counts[i]);
	call(reset_raw(fd, 11, 0, 0, many, 0), "PCI_HOT_RESET(%s, argsz=11, count=0)", what);
	call(reset_raw(fd, 12, 1, 0, many, 0), "PCI_HOT_RESET(%s, flags=1, count=0)", what);
}

static void reset_descriptors(int fd, int g, int other, int container)
{
	section("descriptors that are no group's, or another group's");
	int closed = dup(g), e = eventfd(0, EFD_CLOEXEC), path = open(t_group_path, O_PATH), copy = dup(g);
	int file = open("/proc/self/exe", O_RDONLY), fresh = open_container();
	close(closed);
	const struct {
		const char *name;
		int fd;
	} kinds[] = { { "-1", -1 }, { "-2", -2 }, { "INT_MIN", INT_MIN }, { "INT_MAX", INT_MAX }, { "closed", closed },
		{ "eventfd", e }, { "regular file", file }, { "container", container }, { "another container", fresh },
		{ "device", fd }, { "O_PATH of a group", path }, { "another group", other }, { "a copy", copy },
		{ "the group", g } };
	for (size_t i = 0; i < COUNT(kinds); i++)
		reset_by(fd, &kinds[i].fd, 1, kinds[i].name);
	const struct {
		const char *name;
		int fds[2];
	} pairs[] = { { "group, -1", { g, -1 } }, { "-1, group", { -1, g } }, { "group, eventfd", { g, e } },
		{ "eventfd, -1", { e, -1 } }, { "-1, eventfd", { -1, e } }, { "group, group", { g, g } },
		{ "group, copy", { g, copy } }, { "other, group", { other, g } }, { "group, other", { g, other } },
		{ "other, other", { other, other } }, { "other, container", { other, container } } };
	for (size_t i = 0; i < COUNT(pairs); i++)
		reset_by(fd, pairs[i].fds, 2, pairs[i].name);
	static const unsigned room[] = { 12, 13, 14, 16, 18, 20 };
	for (size_t i = 0; i < COUNT(room); i++) {
		unsigned char *p = edge(room[i]);
		struct reset r = { 20, 0, 2, { g, g } };
		memcpy(p, &r, room[i]);
		call(ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, p), "PCI_HOT_RESET(count=2, %u bytes before unmapped memory)", room[i]);
	}
	struct reset *r = pages(1);
	*r = (struct reset){ 16, 0, 1, { g } };
	mprotect(r, PAGE, PROT_READ);
	call(ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, r), "PCI_HOT_RESET(read-only)");
	close(e);
	close(path);
	close(copy);
	close(file);
	close(fresh);
}

static void device_info(int fd, const char *what)
{
	struct t_device_info i = { sizeof(i), 0, 0, 0, 0, 0 };
	call(ioctl(fd, VFIO_DEVICE_GET_INFO, &i), "GET_INFO(%s)", what);
	more(" flags=%x", i.flags);
}

static void config_header(int fd, const char *what)
{
	unsigned char b[64];
	call(pread(fd, b, sizeof(b), CONFIG), "pread(config of %s)", what);
	memset(b + 0x10, 0, 0x18); /* where the BARs are */
	b[0x3c] = 0;               /* the line */
	more(" ");
	hex(b, sizeof(b));
}

static void msi_capability(int fd, const char *what)
{
	unsigned char b[14];
	call(pread(fd, b, sizeof(b), CONFIG + 0x40), "pread(MSI of %s)", what);
	more(" ");
	hex(b, sizeof(b));
}

static long set_irq(int fd, unsigned flags, unsigned index, unsigned count, int e)
{
	struct {
		struct vfio_irq_set s;
		int fd;
	} r = { { 20 + (flags & 4 ? 4 : 0), flags, index, 0, count }, e };
	return ioctl(fd, VFIO_DEVICE_SET_IRQS, &r);
}

static volatile uint32_t *map_bar(int fd)
{
	void *p = mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap of BAR0");
	return p;
}

static void mark(int fd, uint32_t seed)
{
	edu_write(fd, EDU_LIVENESS, seed);
	edu_write8(fd, EDU_SRC, 0x1000 + seed);
	edu_write8(fd, EDU_DST, 0x2000 + seed);
	uint16_t scratch = (uint16_t)(0x5a00 + seed);
	if (pwrite(fd, &scratch, 2, CONFIG + 0x50) != 2)
		die("scratch");
}

static void marks(int fd, const char *what)
{
	note("marks of %s: liveness=%x src=%x dst=%x scratch=%x command=%x", what, edu_read(fd, EDU_LIVENESS),
		edu_read(fd, EDU_SRC), edu_read(fd, EDU_DST), config_get(fd, 0x50), config_get(fd, 4));
}

/* What a reset of the bus leaves: registers, configuration, interrupts, mappings. */
static void effects(int fd, int sibling, int g)
{
	section("what a hot reset leaves");
	volatile uint32_t *bar = map_bar(fd), *other = map_bar(sibling);
	mark(fd, 0x11);
	mark(sibling, 0x22);
	config_put(fd, 4, 0x107);
	config_put(sibling, 4, 0x102);
	marks(fd, "A0");
	marks(sibling, "A1");
	int e = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), req = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	call(set_irq(fd, 0x24, 1, 1, e), "SET_IRQS(A0, MSI)");
	call(set_irq(fd, 0x24, 4, 1, req), "SET_IRQS(A0, REQ)");
	msi_capability(fd, "A0");
	reset_by(fd, &g, 1, "A");
	marks(fd, "A0");
	marks(sibling, "A1");
	config_header(fd, "A0");
	config_header(sibling, "A1");
	msi_capability(fd, "A0");
	note("through the mappings: id=%x %x liveness=%x %x", bar[0], other[0], bar[1], other[1]);
	call(set_irq(fd, 0x21, 1, 1, 0), "SET_IRQS(A0, MSI, loop-back)");
	more(" counter %lu", counter(e));
	call(set_irq(fd, 0x21, 4, 1, 0), "SET_IRQS(A0, REQ, loop-back)");
	more(" counter %lu", counter(req));
	note("raising: %lu", (edu_write(fd, EDU_RAISE, 1), edu_signalled(e, SOON)));
	edu_write(fd, EDU_ACK, 1);
	reset_by(sibling, &g, 1, "A, by A1");
	note("raising: %lu", (edu_write(fd, EDU_RAISE, 1), edu_signalled(e, SOON)));
	edu_write(fd, EDU_ACK, 1);
	call(set_irq(fd, 0x21, 1, 0, 0), "SET_IRQS(A0, MSI, off)");
	section("with memory disabled, and INTx disabled");
	config_put(fd, 4, 0x500);
	reset_by(fd, &g, 1, "A");
	note("command=%x", config_get(fd, 4));
	uint32_t v;
	call(pread(fd, &v, 4, 0), "pread(BAR0)");
	config_put(fd, 4, 0x103);
	note("id=%x command=%x", edu_read(fd, EDU_ID), config_get(fd, 4));
	section("with BARs moved in configuration space");
	v = 0xfff00000;
	call(pwrite(fd, &v, 4, CONFIG + 0x10), "pwrite(BAR0, fff00000)");
	reset_by(fd, &g, 1, "A");
	call(pread(fd, &v, 4, CONFIG + 0x10), "pread(BAR0)");
	more(" %08x", v);
	note("id=%x", edu_read(fd, EDU_ID));
	section("with INTx in use");
	call(set_irq(fd, 0x24, 0, 1, e), "SET_IRQS(A0, INTx)");
	note("raising: %lu", (edu_write(fd, EDU_RAISE, 1), edu_signalled(e, SOON)));
	reset_by(fd, &g, 1, "A");
	edu_write(fd, EDU_ACK, 1);
	call(set_irq(fd, 0x11, 0, 1, 0), "SET_IRQS(A0, INTx, unmask)");
	note("counter %lu", counter(e));
	note("raising: %lu", (edu_write(fd, EDU_RAISE, 1), edu_signalled(e, SOON)));
	edu_write(fd, EDU_ACK, 1);
	call(set_irq(fd, 0x21, 0, 0, 0), "SET_IRQS(A0, INTx, off)");
	munmap((void *)bar, EDU_BAR_SIZE);
	munmap((void *)other, EDU_BAR_SIZE);
	close(e);
	close(req);
}

static void by_groups(void)
{
	section("a device on the root bus");
	struct setup r = open_device(R);
	device_info(r.device, "R");
	call(ioctl(r.device, VFIO_DEVICE_RESET), "RESET(R)");
	info_of(r.device, "R");
	info_sizes(r.device, "R");
	reset_forms(r.device, r.group, "R");
	reset_by(r.device, &r.group, 1, "R");

	section("a device that is alone on its bus");
	struct setup b = open_device(B);
	device_info(b.device, "B");
	mark(b.device, 0x33);
	call(ioctl(b.device, VFIO_DEVICE_RESET), "RESET(B)");
	marks(b.device, "B");
	info_of(b.device, "B");
	info_sizes(b.device, "B");
	info_pointers(b.device);
	reset_forms(b.device, b.group, "B");
	reset_by(b.device, &b.group, 1, "B");
	marks(b.device, "B");

	section("two functions of one device, one of them open");
	struct setup a = open_device(A0);
	device_info(a.device, "A0");
	call(ioctl(a.device, VFIO_DEVICE_RESET), "RESET(A0)");
	info_of(a.device, "A0");
	info_sizes(a.device, "A0");
	info_pointers(a.device);
	reset_forms(a.device, a.group, "A");
	reset_by(a.device, &a.group, 1, "A");
	reset_descriptors(a.device, a.group, b.group, a.container);

	section("both open");
	int a1 = get_device(a.group, A1);
	device_info(a1, "A1");
	call(ioctl(a1, VFIO_DEVICE_RESET), "RESET(A1)");
	info_of(a1, "A1");
	reset_by(a1, &a.group, 1, "A, by A1");
	reset_by(a1, &b.group, 1, "B, by A1");
	reset_by(b.device, &a.group, 1, "A, by B");
	reset_by(r.device, &a.group, 1, "A, by R");
	effects(a.device, a1, a.group);

	section("from a process that has no group, and one that is sent it");
	pid_t pid = child_start();
	if (pid == 0) {
		int g = a.group;
		reset_by(a1, &g, 1, "inherited");
		close(g);
		reset_by(a1, &g, 1, "closed");
		child_end();
	}
	child_wait(pid);
	int sent = passed(a.group);
	reset_by(a1, &sent, 1, "passed");
	close(sent);

	section("after the group's descriptor was closed");
	int g = a.group;
	closing(&a.group, "group A");
	info_of(a1, "A1");
	reset_by(a1, &g, 1, "closed");
	closing(&a1, "A1");
	info_of(a.device, "A0");
	closing(&a.device, "A0");
	closing(&a.container, "container");
	detach(&b);
	detach(&r);
}

/* What the next opener finds of registers that the one before left; the last close of a set resets its bus. */
static void reopening(void)
{
	section("what the next opener finds");
	for (int d = R; d < DEVICES; d++) {
		struct setup s = open_device(d);
		marks(s.device, names[d]);
		mark(s.device, 0x40 + d);
		config_put(s.device, 4, 0x106);
		detach(&s);
		s = open_device(d);
		marks(s.device, names[d]);
		detach(&s);
	}
}

static int bound(int d, int i, const char *what)
{
	int fd = cdev_open(d);
	bind_device(fd, i, what);
	return fd;
}

static void by_nodes(void)
{
	section("through the devices' own nodes, not bound");
	int i = open_iommu(), i2 = open_iommu(), none = -1;
	int r = cdev_open(R), a0 = cdev_open(A0);
	info_of(r, "R");
	info_of(a0, "A0");
	reset_by(a0, &none, 0, "A0, no descriptor");
	section("bound");
	bind_device(r, i, "R");
	bind_device(a0, i, "A0");
	info_of(r, "R");
	info_of(a0, "A0");
	info_sizes(a0, "A0");
	info_pointers(a0);
	reset_by(r, &none, 0, "R, no descriptor");
	reset_by(a0, &none, 0, "A0, no descriptor");
	reset_forms(a0, i, "A0");
	reset_by(a0, &i, 1, "A0, the iommufd");
	section("the sibling in another iommufd");
	int a1 = bound(A1, i2, "A1, another iommufd");
	info_of(a0, "A0");
	info_of(a1, "A1");
	reset_by(a0, &none, 0, "A0, no descriptor");
	closing(&a1, "A1");
	section("the sibling in the same iommufd");
	a1 = bound(A1, i, "A1");
	info_of(a0, "A0");
	info_of(a1, "A1");
	info_sizes(a1, "A1");
	reset_by(a0, &none, 0, "A0, no descriptor");
	reset_by(a1, &none, 0, "A1, no descriptor");
	section("attached");
	__u32 id = ioas(i);
	attach_pt(a0, id);
	info_of(a0, "A0");
	reset_by(a0, &none, 0, "A0, no descriptor");
	reset_by(a1, &none, 0, "A1, no descriptor");
	attach_pt(a1, id);
	mark(a0, 0x51);
	mark(a1, 0x52);
	reset_by(a0, &none, 0, "A0, no descriptor");
	marks(a0, "A0");
	marks(a1, "A1");
	call(ioctl(a0, VFIO_DEVICE_RESET), "RESET(A0)");
	detach_pt(a0);
	info_of(a1, "A1");
	closing(&a0, "A0");
	info_of(a1, "A1");
	reset_by(a1, &none, 0, "A1, no descriptor");
	section("a group's descriptor that is not open, or another's");
	int g = group_open(A0);
	struct setup b = open_device(B);
	reset_by(a1, &b.group, 1, "A1, group B");
	reset_by(b.device, &none, 0, "B, no descriptor");
	info_of(b.device, "B");
	detach(&b);
	if (g >= 0)
		close(g);
	section("alone on its bus");
	int nb = bound(B, i, "B");
	info_of(nb, "B");
	reset_by(nb, &none, 0, "B, no descriptor");
	int nb2 = cdev_open(B);
	bind_device(nb2, i, "B again");
	info_of(nb2, "B, not bound");
	closing(&nb2, "B, not bound");
	destroy(i, id);
	closing(&nb, "B");
	closing(&a1, "A1");
	closing(&r, "R");
	destroy(i, id);
	close(i);
	close(i2);
}

int main(int argc, char **argv)
{
	t_bdf = bdfs[R];
	start(argc, argv);
	by_groups();
	reopening();
	by_nodes();
	reopening();
	return finish();
}
