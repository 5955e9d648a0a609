/*
 * Programs on a machine without an IOMMU, whose module was loaded with enable_unsafe_noiommu_mode=1. Devices reach memory by its
 * physical address, which a program finds in /proc/self/pagemap.
 */
#ifndef TRANSCRIPTS_NOIOMMU_H
#define TRANSCRIPTS_NOIOMMU_H

#include "edu.h"
#include "iommufd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The devices, unless a program has others. */
#ifndef NOIOMMU_BDFS
#define NOIOMMU_BDFS "0000:00:05.0", "0000:00:06.0"
#define NOIOMMU_NAMES "D", "E"
#endif
static const char *const names[] = { NOIOMMU_NAMES };
static const char *const bdfs[] = { NOIOMMU_BDFS };
enum { D, E };

#define PM_PRESENT (1ull << 63)
#define PM_FRAME ((1ull << 55) - 1)

/* The entry of /proc/self/pagemap for an address; 0 where it cannot be had. */
static unused uint64_t pagemap_entry(const void *p)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)p / PAGE * 8) != 8)
		die("pagemap");
	close(fd);
	return entry;
}

/* The physical address behind an address of memory that is there. */
static unused uint64_t physical(const void *p)
{
	return (pagemap_entry(p) & PM_FRAME) * PAGE + (uintptr_t)p % PAGE;
}

/* From here on the other functions mean this device. */
static unused void use(int d)
{
	t_bdf = bdfs[d];
	t_find_group();
	snprintf(t_group_path, sizeof(t_group_path), "/dev/vfio/noiommu-%d", t_group);
}

/* The name of the device's own node. */
static unused const char *node_name(int d)
{
	static char name[64];
	char dir[160];
	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "noiommu-vfio%d", i);
		snprintf(dir, sizeof(dir), "/sys/bus/pci/devices/%s/vfio-dev/%s", bdfs[d], name);
		if (access(dir, F_OK) == 0)
			return name;
	}
	die("%s has no node", bdfs[d]);
}

static unused int node_open(int d)
{
	char path[128];
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", node_name(d));
	return callfd(open(path, O_RDWR | O_CLOEXEC), "open(node of %s)", names[d]);
}

static unused int group_open(int d)
{
	use(d);
	return callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group of %s)", names[d]);
}

static unused long set_container(int g, int c, const char *what)
{
	return call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER(%s)", what);
}

static unused long unset_container(int g)
{
	return call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER()");
}

static unused void status(int g)
{
	struct vfio_group_status s = { sizeof(s), 0xaa };
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &s), "GET_STATUS()");
	more(" flags=%x", s.flags);
}

static unused int get_device(int g, int d)
{
	return callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, bdfs[d]), "GET_DEVICE_FD(%s)", names[d]);
}

static unused long set_iommu(int c, unsigned long type)
{
	return call(ioctl(c, VFIO_SET_IOMMU, type), "SET_IOMMU(%ld)", (long)type);
}

static unused void extensions(int c)
{
	flush();
	more("CHECK_EXTENSION of -1 to 11 and 99:");
	for (long x = -1; x <= 11; x++)
		more(" %d", ioctl(c, VFIO_CHECK_EXTENSION, x));
	more(" %d", ioctl(c, VFIO_CHECK_EXTENSION, 99));
}

static unused void closing(int *fd, const char *what)
{
	call(close(*fd), "close(%s)", what);
	*fd = -1;
}

/* What the device says, and that its registers and interrupts work. */
static unused void works(int d)
{
	struct t_device_info info = { sizeof(info), 0, 0, 0, 0, 0 };
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "GET_INFO()");
	more(" flags=%x regions=%u irqs=%u", info.flags, info.num_regions, info.num_irqs);
	struct vfio_region_info region = { sizeof(region), 0, 0, 0, 0, 0 };
	call(ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &region), "GET_REGION_INFO(0)");
	more(" flags=%x size=%llx", region.flags, (long long)region.size);
	struct vfio_irq_info irq = { sizeof(irq), 0, 1, 0 };
	call(ioctl(d, VFIO_DEVICE_GET_IRQ_INFO, &irq), "GET_IRQ_INFO(MSI)");
	more(" flags=%x count=%u", irq.flags, irq.count);
	uint32_t v = 0;
	call(pread(d, &v, 4, EDU_ID), "pread(ID)");
	more(" %x", v);
	volatile uint32_t *bar = callptr(mmap(NULL, EDU_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, d, 0), "mmap(BAR0)");
	if (bar != MAP_FAILED) {
		bar[EDU_LIVENESS / 4] = 0x12345678;
		note("liveness %x", bar[EDU_LIVENESS / 4]);
		munmap((void *)bar, EDU_BAR_SIZE);
	}
	config_put(d, 4, 0x0506);
	note("COMMAND %04x", config_get(d, 4));
	struct {
		struct vfio_irq_set set;
		int fd;
	} s = { { sizeof(s), VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, 1 },
		eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	call(ioctl(d, VFIO_DEVICE_SET_IRQS, &s), "SET_IRQS(MSI)");
	edu_write(d, EDU_RAISE, 1);
	note("signalled %lu", edu_signalled(s.fd, SOON));
	edu_write(d, EDU_ACK, 1);
	close(s.fd);
}

/* The device writes to a physical address and reads from it. */
static unused void dma(int d, uint64_t address, volatile uint64_t *memory)
{
	*memory = 0x1122334455667788ull;
	edu_dma(d, address, false);
	*memory = 0;
	edu_dma(d, address, true);
	note("DMA: %llx", (unsigned long long)*memory);
}

/* IOMMU_IOAS_NOIOMMU_GET_PA. */
struct t_get_pa {
	__u32 size, flags, ioas_id, reserved;
	__u64 iova, length, phys;
};

#endif
