/* Sixteen MSI and sixteen MSI-X vectors where interrupts are not remapped, so that a device may have one MSI only: SET_IRQS then
 * says how many there are. And IOEVENTFD on a BAR that has MSI-X's table in it. */
/* machine iommu: real -n -c vfio_iommu_type1.allow_unsafe_interrupts=1 -d nec-usb-xhci,msi=on,msix=on ; ours --interrupt-remapping=off --allow-unsafe-interrupts --device replica,config=@machines@/xhci.lspci,bar0=0x4000,addr=0000:00:05.0 */
/* machine none: real -i -u -d nec-usb-xhci,msi=on,msix=on ; ours --iommu none --device replica,config=@machines@/xhci.lspci,bar0=0x4000,addr=0000:00:05.0 */
#include "irqs.h"

#define VECTORS 16

static int fds[VECTORS];

static void enable(unsigned index, unsigned start, unsigned count)
{
	call(set_raw(20 + 4 * count, EVENTFD | TRIGGER, index, start, count, fds, 4 * count), "SET_IRQS(%s, start=%u, count=%u)",
		index_names[index], start, count);
	long r = set_raw(20, NONE | TRIGGER, index, 0, VECTORS, NULL, 0);
	more(", ring %s:", r ? strerrorname_np(errno) : "0");
	for (int i = 0; i < VECTORS; i++)
		if (counter(fds[i]))
			more(" %d", i);
}

static void vectors(unsigned index)
{
	note("== %s", index_names[index]);
	static const struct {
		unsigned start, count;
	} ranges[] = { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 16 }, { 1, 1 }, { 5, 2 }, { 15, 1 } };
	for (size_t i = 0; i < COUNT(ranges); i++) {
		enable(index, ranges[i].start, ranges[i].count);
		call(set_raw(20, NONE | TRIGGER, index, 0, 0, NULL, 0), "disable");
	}
	note("one, and then more");
	enable(index, 0, 1);
	enable(index, 1, 1);
	enable(index, 0, 2);
	enable(index, 0, 1);
	call(set_raw(20, NONE | TRIGGER, index, 0, 0, NULL, 0), "disable");
}

static void ioev(unsigned width, __u64 offset, int fd)
{
	struct vfio_device_ioeventfd e = { sizeof(e), width, offset, 1, fd };
	call(ioctl(device, VFIO_DEVICE_IOEVENTFD, &e), "IOEVENTFD(%u, %#llx, %s)", width, (unsigned long long)offset,
		fd < 0 ? "-1" : "fd");
}

static void beside_the_table(void)
{
	section("IOEVENTFD, around the table at 0x3000 with 16 entries of 16 bytes");
	static const unsigned offsets[] = { 0x2ff0, 0x2ff8, 0x2ffc, 0x2ffe, 0x2fff, 0x3000, 0x3001, 0x3004, 0x3080, 0x30f8, 0x30fc,
		0x30ff, 0x3100, 0x3800, 0x3ff8, 0x3ffc, 0x3fff, 0x4000 };
	for (unsigned width = 1; width <= 8; width *= 2)
		for (size_t i = 0; i < COUNT(offsets); i++) {
			ioev(width, offsets[i], fds[0]);
			ioev(width, offsets[i], -1);
		}
}

int main(int argc, char **argv)
{
	start(argc, argv);
	char group[64];
	snprintf(group, sizeof(group), "/dev/vfio/noiommu-%d", t_group);
	bool none = access(group, F_OK) == 0;
	if (none)
		strcpy(t_group_path, group);
	struct setup s = attach_device(none ? 8 : T_TYPE1v2);
	device = s.device;
	for (int i = 0; i < VECTORS; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	vectors(MSI);
	vectors(MSIX);
	beside_the_table();
	detach(&s);
	return finish();
}
