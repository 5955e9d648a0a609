/* Pointers that are bad in every way, for each ioctl that takes one, on each kind of file. */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct setup s;
static unsigned char *memory;

struct target {
	const char *name;
	const int *fd;
	unsigned long nr;
	size_t size;             /* of what a call that is right reads or writes */
	unsigned char bytes[64]; /* an argument that is right */
};

/* The arguments hold an address of ours, so they are made at run time. */
static struct target targets[12];
static size_t n_targets;

static void add(const char *name, const int *fd, unsigned long nr, size_t size, const void *bytes, size_t n)
{
	struct target *t = &targets[n_targets++];
	*t = (struct target){ .name = name, .fd = fd, .nr = nr, .size = size };
	memcpy(t->bytes, bytes, n);
}

static void prepare(void)
{
	struct t_type1_info ti = { .argsz = 24 };
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)memory, 0x10000, PAGE };
	struct vfio_iommu_type1_dma_unmap u = { 24, 0, 0x20000, PAGE };
	struct vfio_iommu_type1_dirty_bitmap dirty = { 8, T_DIRTY_START };
	struct vfio_group_status st = { 8, 0 };
	struct t_device_info di = { .argsz = 24 };
	struct vfio_region_info r = { .argsz = 32, .index = 0 };
	struct vfio_irq_info q = { 16, 0, 1, 0 };
	struct vfio_irq_set none = { 20, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, 0 };
	unsigned char eventfds[24];
	struct vfio_irq_set set = { 24, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, 1 };
	int e = eventfd(0, EFD_CLOEXEC);
	memcpy(eventfds, &set, 20);
	memcpy(eventfds + 20, &e, 4);
	add("container IOMMU_GET_INFO", &s.container, VFIO_IOMMU_GET_INFO, 24, &ti, 24);
	add("container MAP_DMA", &s.container, VFIO_IOMMU_MAP_DMA, 32, &m, 32);
	add("container UNMAP_DMA", &s.container, VFIO_IOMMU_UNMAP_DMA, 24, &u, 24);
	add("container DIRTY_PAGES", &s.container, VFIO_IOMMU_DIRTY_PAGES, 8, &dirty, 8);
	add("group GET_STATUS", &s.group, VFIO_GROUP_GET_STATUS, 8, &st, 8);
	add("group SET_CONTAINER", &s.group, VFIO_GROUP_SET_CONTAINER, 4, &s.container, 4);
	add("group GET_DEVICE_FD", &s.group, VFIO_GROUP_GET_DEVICE_FD, strlen(t_bdf) + 1, t_bdf, strlen(t_bdf) + 1);
	add("device GET_INFO", &s.device, VFIO_DEVICE_GET_INFO, 24, &di, 24);
	add("device GET_REGION_INFO", &s.device, VFIO_DEVICE_GET_REGION_INFO, 32, &r, 32);
	add("device GET_IRQ_INFO", &s.device, VFIO_DEVICE_GET_IRQ_INFO, 16, &q, 16);
	add("device SET_IRQS none", &s.device, VFIO_DEVICE_SET_IRQS, 20, &none, 20);
	add("device SET_IRQS eventfd", &s.device, VFIO_DEVICE_SET_IRQS, 24, eventfds, 24);
}

/* As it was before a call, whatever that did: one mapping at 0x20000, no interrupts. */
static void settle(void)
{
	struct vfio_iommu_type1_dma_unmap u = { 24, T_UNMAP_ALL_FLAG, 0, 0 };
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)memory, 0x20000, PAGE };
	struct vfio_irq_set none = { 20, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 1, 0, 0 };
	if (ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u) || ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m))
		die("settling");
	ioctl(s.device, VFIO_DEVICE_SET_IRQS, &none);
}

static void go(const struct target *t, void *p, const char *format, ...)
{
	char text[96];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	long r = ioctl(*t->fd, t->nr, p);
	if (t->nr == VFIO_GROUP_GET_DEVICE_FD && r >= 0) {
		callfd(r, "%s(%s)", t->name, text);
		close(r);
	} else {
		call(r, "%s(%s)", t->name, text);
	}
	if (t->nr == VFIO_IOMMU_UNMAP_DMA || t->nr == VFIO_IOMMU_MAP_DMA) {
		/* What really happened: an error may come after the effect. */
		struct vfio_iommu_type1_dma_unmap u = { 24, T_UNMAP_ALL_FLAG, 0, 0 };
		ioctl(s.container, VFIO_IOMMU_UNMAP_DMA, &u);
		more(" mapped %#llx", (long long)u.size);
	}
	settle();
}

static void nowhere(const struct target *t)
{
	note("== %s", t->name);
	static const struct {
		void *p;
		const char *name;
	} bad[] = {
		{ NULL, "NULL" },
		{ (void *)1, "1" },
		{ (void *)0xfff, "0xfff" },
		{ UNMAPPED, "unmapped" },
		{ KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" },
		{ (void *)0x7ffffffff000, "the last page" },
		{ (void *)0x7ffffffffffc, "the last bytes" },
		{ (void *)-1l, "-1" },
		{ (void *)-4096l, "-4096" },
		{ (void *)LONG_MAX, "LONG_MAX" },
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		go(t, bad[i].p, "%s", bad[i].name);
}

static void edges(const struct target *t)
{
	for (size_t n = 0; n <= t->size; n++) {
		unsigned char *p = edge(n);
		memcpy(p, t->bytes, n);
		go(t, p, "%zu of %zu bytes before unmapped memory", n, t->size);
		munmap((void *)((uintptr_t)(p - 1) & ~(PAGE - 1)), PAGE);
	}
	unsigned char *ro = pages(1);
	memcpy(ro, t->bytes, t->size);
	mprotect(ro, PAGE, PROT_READ);
	go(t, ro, "read-only memory");
	mprotect(ro, PAGE, PROT_NONE);
	go(t, ro, "PROT_NONE memory");
	for (size_t n = 4; n < t->size; n += 4) {
		unsigned char *two = pages(2), *p = two + PAGE - n;
		memcpy(p, t->bytes, t->size);
		mprotect(two + PAGE, PAGE, PROT_READ);
		go(t, p, "%zu bytes writable, the rest read-only", n);
	}
	for (size_t n = 1; n < 4; n++) {
		unsigned char *p = pages(1);
		memcpy(p + n, t->bytes, t->size);
		go(t, p + n, "aligned to %zu", n & 1 ? 1ul : 2ul);
	}
	unsigned char *file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd_create("x", 0), 0);
	go(t, file, "past the end of a file");
	munmap(file, 2 * PAGE);
}

static void sizes(const struct target *t)
{
	if (t->nr == VFIO_GROUP_SET_CONTAINER || t->nr == VFIO_GROUP_GET_DEVICE_FD)
		return;
	static const unsigned argsz[] = { 0, 1, 3, 4, 7, 8, 12, 15, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe,
		0xffffffff };
	for (size_t i = 0; i < COUNT(argsz); i++) {
		unsigned char *p = edge(t->size);
		memcpy(p, t->bytes, t->size);
		memcpy(p, &argsz[i], 4);
		go(t, p, "argsz=%#x", argsz[i]);
	}
}

static void capabilities(void)
{
	section("capabilities that do not fit where they are to go");
	for (unsigned n = 24; n <= 128; n += 8) {
		unsigned char *p = edge(n);
		unsigned argsz = 128;
		memset(p, 0, n);
		memcpy(p, &argsz, 4);
		call(ioctl(s.container, VFIO_IOMMU_GET_INFO, p),
			"container IOMMU_GET_INFO(argsz=128, %u bytes before unmapped memory)", n);
		more(" ");
		hex(p, n);
	}
}

static void descriptors(void)
{
	section("descriptors that are not there");
	static const int fds[] = { -1, -2, 1000, INT_MAX, INT_MIN };
	static const unsigned long nrs[] = { VFIO_GET_API_VERSION, VFIO_IOMMU_GET_INFO, VFIO_GROUP_GET_STATUS,
		VFIO_DEVICE_GET_INFO };
	for (size_t i = 0; i < COUNT(fds); i++)
		for (size_t k = 0; k < COUNT(nrs); k++)
			call(ioctl(fds[i], nrs[k], NULL), "ioctl(%d, %#lx)", fds[i], nrs[k]);
	int null = open("/dev/null", O_RDWR), e = eventfd(0, 0), p[2];
	if (pipe(p))
		die("pipe");
	for (size_t k = 0; k < COUNT(nrs); k++) {
		call(ioctl(null, nrs[k], NULL), "ioctl(/dev/null, %#lx)", nrs[k]);
		call(ioctl(e, nrs[k], NULL), "ioctl(eventfd, %#lx)", nrs[k]);
		call(ioctl(p[0], nrs[k], NULL), "ioctl(pipe, %#lx)", nrs[k]);
	}
	close(null);
	close(e);
	close(p[0]);
	close(p[1]);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	s = attach_device(T_TYPE1v2);
	memory = pages(1);
	prepare();
	settle();
	for (size_t i = 0; i < n_targets; i++) {
		nowhere(&targets[i]);
		edges(&targets[i]);
		sizes(&targets[i]);
	}
	capabilities();
	descriptors();
	detach(&s);
	return finish();
}
