/*
 * What the programs about POWER's IOMMU share: sPAPR TCE containers. The real kernel has pages of 64 KiB, and so has this file,
 * whatever the host's are. VmLck follows a call whenever it has changed.
 */
#ifndef SPAPR_H
#define SPAPR_H

#define PAGE 65536ul
#define T_BDF "0000:00:00.0"
#include "transcript.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KIB 1024ul
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
/* Where nothing is mapped on either architecture; POWER's programs begin at transcript.h's address. */
#undef UNMAPPED
#define UNMAPPED ((void *)0x40000000000ul)

static long t_locked;

static long locked_now(void)
{
	char line[256];
	long kilobytes = -1;
	FILE *f = fopen("/proc/self/status", "r");
	if (!f)
		die("/proc/self/status");
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "VmLck:", 6) == 0)
			kilobytes = atol(line + 6);
	fclose(f);
	return kilobytes;
}

/* What has changed since the last call. */
static void locked(void)
{
	long now = locked_now();
	if (now != t_locked)
		more(" VmLck %+ld kB", now - t_locked);
	t_locked = now;
}

/* Memory that is there, of PAGE-sized pages and no larger ones. */
static unused unsigned char *memory(size_t count)
{
	unsigned char *p = pages(count);
	madvise(p, count * PAGE, MADV_NOHUGEPAGE);
	memset(p, 1, count * PAGE);
	return p;
}

/* Where there is a root port, the device is behind it. */
static unused void spapr_start(int argc, char **argv)
{
	if (access("/sys/bus/pci/devices/" T_BDF "/iommu_group", F_OK))
		t_bdf = "0000:01:00.0";
	start(argc, argv);
	t_locked = locked_now();
}

static unused long set_container(int g, int c, const char *name)
{
	long r = call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER(%s)", name);
	locked();
	return r;
}

static unused long unset_container(int g, const char *name)
{
	long r = call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER(%s)", name);
	locked();
	return r;
}

static unused long set_iommu(int c, long type)
{
	long r = call(ioctl(c, VFIO_SET_IOMMU, type), "SET_IOMMU(%ld)", type);
	locked();
	return r;
}

/*
 * The pSeries machine. On powernv under QEMU Linux 7.3 reads zeros, or what else is there, through some pointers that are the kernel's
 * instead of failing, so programs pass none there.
 */
static unused bool hypervised(void)
{
	return strcmp(t_bdf, T_BDF) == 0;
}

/* The size of the 32-bit window: 1 GiB on the pSeries machine, 2 GiB on powernv. */
static unused uint64_t low_size(void)
{
	struct setup s = attach(T_SPAPR_TCE);
	struct vfio_iommu_spapr_tce_info i = { .argsz = sizeof(i) };
	if (ioctl(s.container, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &i))
		die("GET_INFO");
	detach(&s);
	return i.dma32_window_size;
}

static unused void close_it(int fd, const char *name)
{
	call(close(fd), "close(%s)", name);
	locked();
}

/* A buffer whose bytes after argsz are 0xaa before the call, so that what is not written shows. */
static unused long info(int c, unsigned argsz)
{
	struct {
		struct vfio_iommu_spapr_tce_info i;
		uint64_t after;
	} b;
	memset(&b, 0xaa, sizeof(b));
	b.i.argsz = argsz;
	long r = call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_GET_INFO, &b), "GET_INFO(argsz=%u)", argsz);
	if (r == 0 || b.i.flags != 0xaaaaaaaa)
		more(" argsz=%u flags=%x dma32=%#x+%#x pgsizes=%#llx windows=%u levels=%u after=%lx", b.i.argsz, b.i.flags,
			b.i.dma32_window_start, b.i.dma32_window_size, (long long)b.i.ddw.pgsizes,
			b.i.ddw.max_dynamic_windows_supported, b.i.ddw.levels, b.after);
	return r;
}

static unused long enable(int c)
{
	long r = call(ioctl(c, VFIO_IOMMU_ENABLE), "ENABLE()");
	locked();
	return r;
}

static unused long disable(int c)
{
	long r = call(ioctl(c, VFIO_IOMMU_DISABLE), "DISABLE()");
	locked();
	return r;
}

/* Both registering and its opposite: first page of `base` and number of pages are printed. */
static unused long reg_bytes(int c, const void *p, const char *name, uint64_t size)
{
	struct vfio_iommu_spapr_register_memory m = { sizeof(m), 0, (uintptr_t)p, size };
	long r = call(ioctl(c, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, &m), "REGISTER(%s, size=%#lx)", name, size);
	locked();
	return r;
}

static unused long unreg_bytes(int c, const void *p, const char *name, uint64_t size)
{
	struct vfio_iommu_spapr_register_memory m = { sizeof(m), 0, (uintptr_t)p, size };
	long r = call(ioctl(c, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, &m), "UNREGISTER(%s, size=%#lx)", name, size);
	locked();
	return r;
}

static unused long reg(int c, unsigned char *base, unsigned first, unsigned count)
{
	char name[32];
	snprintf(name, sizeof(name), "page %u", first);
	return reg_bytes(c, base + first * PAGE, name, count * PAGE);
}

static unused long unreg(int c, unsigned char *base, unsigned first, unsigned count)
{
	char name[32];
	snprintf(name, sizeof(name), "page %u", first);
	return unreg_bytes(c, base + first * PAGE, name, count * PAGE);
}

static unused long create_at(int c, unsigned shift, uint64_t size, unsigned levels, uint64_t *start)
{
	struct vfio_iommu_spapr_tce_create w = { .argsz = sizeof(w),
		.page_shift = shift,
		.window_size = size,
		.levels = levels,
		.start_addr = 0xaaaaaaaaaaaaaaaaull };
	long r = call(
		ioctl(c, VFIO_IOMMU_SPAPR_TCE_CREATE, &w), "TCE_CREATE(shift=%u, size=%#lx, levels=%u)", shift, size, levels);
	if (w.start_addr != 0xaaaaaaaaaaaaaaaaull)
		more(" start=%#llx", (long long)w.start_addr);
	if (w.argsz != sizeof(w) || w.flags || w.page_shift != shift || w.window_size != size || w.levels != levels)
		more(" now argsz=%u flags=%x shift=%u size=%#llx levels=%u", w.argsz, w.flags, w.page_shift,
			(long long)w.window_size, w.levels);
	locked();
	if (start)
		*start = w.start_addr;
	return r;
}

static unused long create(int c, unsigned shift, uint64_t size, unsigned levels)
{
	return create_at(c, shift, size, levels, NULL);
}

static unused long tce_remove(int c, uint64_t start)
{
	struct vfio_iommu_spapr_tce_remove w = { sizeof(w), 0, start };
	long r = call(ioctl(c, VFIO_IOMMU_SPAPR_TCE_REMOVE, &w), "TCE_REMOVE(%#lx)", start);
	locked();
	return r;
}

static unused long map_bytes(int c, const void *p, const char *name, uint64_t iova, uint64_t size, unsigned flags)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), flags, (uintptr_t)p, iova, size };
	long r = call(ioctl(c, VFIO_IOMMU_MAP_DMA, &m), "MAP(%s, iova=%#lx, size=%#lx, flags=%x)", name, iova, size, flags);
	locked();
	return r;
}

static unused long map(int c, unsigned char *base, unsigned first, uint64_t iova, unsigned count)
{
	char name[32];
	snprintf(name, sizeof(name), "page %u", first);
	return map_bytes(c, base + first * PAGE, name, iova, count * PAGE, 3);
}

static unused long unmap(int c, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, iova, size };
	long r = call(ioctl(c, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP(iova=%#lx, size=%#lx)", iova, size);
	if (u.argsz != sizeof(u) || u.size != size)
		more(" now argsz=%u size=%#llx", u.argsz, (long long)u.size);
	locked();
	return r;
}

/* A container with the group in it, and an IOMMU of that type: 2 is version 1, 7 is version 2. */
static unused struct setup spapr_attach(int type)
{
	struct setup s = attach(type);
	note("a new container, SET_IOMMU(%d)", type);
	locked();
	return s;
}

static unused void spapr_detach(struct setup *s)
{
	detach(s);
	note("all closed");
	locked();
}

#endif
