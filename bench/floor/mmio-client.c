/* SPDX-License-Identifier: MIT
 *
 * The price of one trapped 4-byte load and store. Opens the device BDF as VFIO's documentation has it (container,
 * group, type1v2, device), maps BAR 0 and accesses one register through the mapping.
 *
 * The register is edu's liveness check (QEMU's edu specification, offset 0x04): a load gives the inverse of what was
 * stored, which proves that every access arrived, and no cache answered. --offset picks another one where --unchecked is
 * given as well.
 *
 * --unbacked maps a page beyond a memfd's end instead, for tracer-floor, which has no VFIO and behaves like edu.
 */
#include "bench.h"
#include "mov32.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

struct options {
	const char *bdf;
	int cpu;
	long calls, batches, offset;
	bool unbacked, unchecked;
};

static struct options parse(int argc, char **argv)
{
	struct options options = { .cpu = -1, .calls = 500, .batches = 15, .offset = 4 };

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--cpu"))
			options.cpu = parse_number(value, 0, CPU_SETSIZE - 1, argv[i++]);
		else if (!strcmp(argv[i], "--calls"))
			options.calls = parse_number(value, 1, 100000000, argv[i++]);
		else if (!strcmp(argv[i], "--batches"))
			options.batches = parse_number(value, 1, 100000, argv[i++]);
		else if (!strcmp(argv[i], "--offset"))
			options.offset = parse_number(value, 0, 4092, argv[i++]);
		else if (!strcmp(argv[i], "--unbacked"))
			options.unbacked = true;
		else if (!strcmp(argv[i], "--unchecked"))
			options.unchecked = true;
		else if (argv[i][0] != '-' && !options.bdf)
			options.bdf = argv[i];
		else
			usage("[--cpu N] [--calls N] [--batches N] [--offset N --unchecked] BDF|--unbacked");
	}
	if (!options.bdf == !options.unbacked)
		usage("[--cpu N] [--calls N] [--batches N] [--offset N --unchecked] BDF|--unbacked");
	return options;
}

static volatile uint8_t *map_unbacked(size_t *size)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = memfd_create("bar", MFD_CLOEXEC);
	void *bar;

	if (fd < 0)
		die("memfd_create");
	bar = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		die("mmap of an empty memfd");
	*size = page;
	return bar;
}

/* The group's node, /dev/vfio/N, from the link that sysfs has for the device. */
static int open_group(const char *bdf)
{
	char link[PATH_MAX], target[PATH_MAX], node[PATH_MAX];
	const char *number;
	ssize_t length;
	int fd;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		die("readlink(%s)", link);
	target[length] = '\0';
	number = strrchr(target, '/');
	if (!number || (size_t)snprintf(node, sizeof(node), "/dev/vfio%s", number) >= sizeof(node))
		die("%s leads to '%s', which is no group", link, target);
	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open(%s)", node);
	return fd;
}

static int open_device(const char *bdf)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), group, device;

	if (container < 0)
		die("open(/dev/vfio/vfio)");
	group = open_group(bdf);
	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status))
		die("VFIO_GROUP_GET_STATUS");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		errno = 0;
		die("the group of %s is not viable: some of its devices are bound to other drivers", bdf);
	}
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU(VFIO_TYPE1v2_IOMMU)");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (device < 0)
		die("VFIO_GROUP_GET_DEVICE_FD(%s)", bdf);
	return device;
}

static volatile uint8_t *map_bar(int device, size_t *size)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX };
	void *bar;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("VFIO_DEVICE_GET_REGION_INFO(BAR 0)");
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		errno = 0;
		die("BAR 0 cannot be mapped (flags %#x, size %#llx)", info.flags, info.size);
	}
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, info.offset);
	if (bar == MAP_FAILED)
		die("mmap of BAR 0, %#llx bytes at %#llx", info.size, info.offset);
	*size = info.size;
	return bar;
}

static double load_batch(volatile uint8_t *address, const struct options *options)
{
	uint32_t stored = 0x5a5aa5a5, sum = 0, expected = ~stored * (uint32_t)options->calls;
	int64_t start;

	mov32_store(address, stored);
	start = now_ns();
	for (long i = 0; i < options->calls; i++)
		sum += mov32_load(address);
	start = now_ns() - start;
	if (!options->unchecked && sum != expected) {
		errno = 0;
		die("%ld loads gave the sum %#x, not %#x", options->calls, sum, expected);
	}
	return (double)start / options->calls;
}

static double store_batch(volatile uint8_t *address, const struct options *options)
{
	uint32_t last = (uint32_t)options->calls - 1, read;
	int64_t start = now_ns();

	for (long i = 0; i < options->calls; i++)
		mov32_store(address, (uint32_t)i);
	start = now_ns() - start;
	read = mov32_load(address);
	if (!options->unchecked && read != ~last) {
		errno = 0;
		die("after a store of %#x a load gave %#x", last, read);
	}
	return (double)start / options->calls;
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	double *loads = calloc(options.batches, sizeof(*loads)), *stores = calloc(options.batches, sizeof(*stores));
	volatile uint8_t *bar;
	size_t size;

	if (!loads || !stores)
		die("no memory for %ld batches", options.batches);
	pin_to(options.cpu);
	bar = options.unbacked ? map_unbacked(&size) : map_bar(open_device(options.bdf), &size);
	if (size < (size_t)options.offset + sizeof(uint32_t)) {
		errno = 0;
		die("BAR 0 has %zu bytes, offset %ld is beyond", size, options.offset);
	}
	bar += options.offset;
	load_batch(bar, &options); /* warms caches, and a JIT */
	store_batch(bar, &options);
	for (long i = 0; i < options.batches; i++) {
		loads[i] = load_batch(bar, &options);
		stores[i] = store_batch(bar, &options);
	}
	report("load", loads, options.batches);
	report("store", stores, options.batches);
	return 0;
}
