/*
 * A table of KVM's is connected to a window of VFIO's (KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE): what has to fit, each error in its order,
 * repeats, two tables and two windows, windows and groups and tables that go, and orders of closing.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine host: real power ; ours --iommu spapr,page=64k,kvm=host --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "kvm.h"

#define WINDOW (512 * MIB)
static int vm, dev, c, g, low, high;
static unsigned char *m;

/* Two windows, a table for each, and the group added; the tables are not connected. */
static void begin(int type)
{
	struct setup s = spapr_attach(type);
	c = s.container;
	g = s.group;
	vm = new_vm();
	dev = vfio_device(vm);
	m = memory(16);
	if (type == T_SPAPR_TCE_v2) {
		reg(c, m, 0, 16);
		create(c, 16, WINDOW, 1);
	} else {
		enable(c);
		unmap(c, 0, 0);
	}
	low = table64(vm, 1, 12, 0, GIB >> 12);
	high = table64(vm, 2, 16, DYNAMIC >> 16, WINDOW >> 16);
	file_add(dev, g, "g");
}

static void closed(int *fd, const char *name)
{
	if (*fd >= 0)
		close_it(*fd, name);
	*fd = -1;
}

static void end(void)
{
	close(dev);
	close(low);
	close(high);
	close(vm);
	close(g);
	close(c);
	note("all closed");
	locked();
}

static void errors(void)
{
	section("errors, in their order");
	begin(T_SPAPR_TCE_v2);
	file_del(dev, g, "g");
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", -1, "-1");
	set_tce(dev, -1, "-1", -1, "-1");
	set_tce(dev, -1, "-1", high, "high");
	set_tce(dev, c, "c", high, "high");
	set_tce(dev, vm, "vm", high, "high");
	file_add(dev, g, "g");
	set_tce(dev, g, "g", -1, "-1");
	set_tce(dev, g, "g", 999, "999");
	set_tce(dev, g, "g", g, "g");
	set_tce(dev, g, "g", c, "c");
	set_tce(dev, g, "g", vm, "vm");
	set_tce(dev, g, "g", dev, "device");
	int event = eventfd(0, EFD_CLOEXEC);
	set_tce(dev, g, "g", event, "eventfd");
	close(event);
	set_tce(dev, c, "c", -1, "-1");
	set_tce(dev, high, "high", g, "g");
	int other = new_vm(), theirs = table64(other, 2, 16, DYNAMIC >> 16, WINDOW >> 16);
	set_tce(dev, g, "g", theirs, "another machine's");
	int dev2 = vfio_device(other);
	set_tce(dev2, g, "g, not added there", theirs, "theirs");
	file_add(dev2, g, "g");
	set_tce(dev2, g, "g", theirs, "theirs");
	set_tce(dev2, g, "g", high, "high");
	set_tce(dev, g, "g", high, "high");
	close(dev2);
	close_it(theirs, "theirs");
	close(other);
	section("copies of descriptors");
	int copy = dup(g), t = passed(high);
	set_tce(dev, copy, "g's copy", t, "high's copy");
	close(copy);
	close(t);
	section("pointers");
	for (unsigned n = 2; n <= 8; n += 2) {
		int *p = edge(n);
		memset(p, 0xff, n);
		set_attr(dev, 1, 3, p,
			n == 2   ? "2 bytes accessible"
			: n == 4 ? "4 bytes accessible"
			: n == 6 ? "6 bytes accessible"
					 : "8 bytes accessible, -1");
	}
	section("the file that was added, which is a device's");
	int d = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	set_tce(dev, d, "d, not added", high, "high");
	file_add(dev, d, "d");
	set_tce(dev, d, "d", high, "high");
	set_tce(dev, d, "d", -1, "-1");
	set_tce(dev, g, "g", high, "high");
	close_it(d, "d");
	file_del(dev, g, "g");
	end();
}

static void try_table(unsigned shift, uint64_t offset, uint64_t size)
{
	int t = table64(vm, 99, shift, offset, size);
	if (t >= 0) {
		set_tce(dev, g, "g", t, "it");
		close_it(t, "it");
	}
}

static void shapes(void)
{
	section("what fits: the 32-bit window, pages of 2^12, and a window of pages of 2^16");
	begin(T_SPAPR_TCE_v2);
	static const unsigned shifts[] = { 12, 13, 16, 20, 21, 24, 30, 34 };
	for (size_t i = 0; i < COUNT(shifts); i++) {
		unsigned s = shifts[i];
		try_table(s, 0, (GIB >> s) ? GIB >> s : 1);
		try_table(s, DYNAMIC >> s, (WINDOW >> s) ? WINDOW >> s : 1);
	}
	static const uint64_t sizes[] = { 1, 2, WINDOW >> 17, (WINDOW >> 16) - 1, WINDOW >> 16, (WINDOW >> 16) + 1,
		WINDOW >> 15, 1ul << 30 };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		try_table(16, DYNAMIC >> 16, sizes[i]);
		try_table(16, 0, sizes[i]);
	}
	try_table(12, 0, GIB >> 12);
	try_table(12, 0, (GIB >> 12) + 1);
	try_table(12, 1, 16);
	try_table(16, (DYNAMIC >> 16) + 1, 16);
	try_table(16, (DYNAMIC >> 16) - 1, 16);
	try_table(12, DYNAMIC >> 12, 16);
	note("KVM_CREATE_SPAPR_TCE's:");
	static const unsigned windows[] = { 0x1000, 0x10000, 0x3ffff000, 0x40000000, 0x40001000, 0x80000000 };
	for (size_t i = 0; i < COUNT(windows); i++) {
		int t = table(vm, 99, windows[i]);
		set_tce(dev, g, "g", t, "it");
		close_it(t, "it");
	}
	end();
}

static void windows(void)
{
	section("before and after there are windows");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	c = s.container;
	g = s.group;
	vm = new_vm();
	dev = vfio_device(vm);
	m = memory(16);
	low = table64(vm, 1, 12, 0, GIB >> 12);
	high = table64(vm, 2, 16, DYNAMIC >> 16, WINDOW >> 16);
	file_add(dev, g, "g");
	set_tce(dev, g, "g", low, "low");
	set_tce(dev, g, "g", high, "high");
	reg(c, m, 0, 16);
	set_tce(dev, g, "g", low, "low");
	unmap(c, 0, 0);
	set_tce(dev, g, "g", low, "low");
	set_tce(dev, g, "g", high, "high");
	create(c, 16, WINDOW, 1);
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", low, "low");
	section("mappings by the container go on");
	map(c, m, 0, 0, 4);
	map(c, m, 0, DYNAMIC, 4);
	unmap(c, 0, 4 * PAGE);
	unmap(c, DYNAMIC, 4 * PAGE);
	section("a connected window goes, and another comes in its place");
	tce_remove(c, DYNAMIC);
	set_tce(dev, g, "g", high, "high");
	create(c, 16, WINDOW, 1);
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", high, "high");
	tce_remove(c, DYNAMIC);
	create(c, 16, 2 * WINDOW, 1);
	set_tce(dev, g, "g", high, "high");
	tce_remove(c, DYNAMIC);
	create(c, 16, WINDOW / 2, 1);
	set_tce(dev, g, "g", high, "high");
	tce_remove(c, DYNAMIC);
	create(c, 12, WINDOW, 1);
	set_tce(dev, g, "g", high, "high");
	tce_remove(c, DYNAMIC);
	create(c, 21, WINDOW, 1);
	set_tce(dev, g, "g", high, "high");
	tce_remove(c, 0);
	set_tce(dev, g, "g", low, "low");
	tce_remove(c, DYNAMIC);
	set_tce(dev, g, "g", low, "low");
	set_tce(dev, g, "g", high, "high");
	section("two tables on one window");
	create(c, 12, GIB, 1);
	create(c, 16, WINDOW, 1);
	int second = table64(vm, 3, 16, DYNAMIC >> 16, WINDOW >> 17);
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", second, "second");
	set_tce(dev, g, "g", second, "second");
	close_it(high, "high");
	set_tce(dev, g, "g", high, "high, closed");
	set_tce(dev, g, "g", second, "second");
	tce_remove(c, DYNAMIC);
	set_tce(dev, g, "g", second, "second");
	close_it(second, "second");
	high = -1;
	end();
}

static void leaving(void)
{
	section("FILE_DEL and FILE_ADD of a group whose tables are connected");
	begin(T_SPAPR_TCE_v2);
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", low, "low");
	file_del(dev, g, "g");
	set_tce(dev, g, "g", high, "high");
	file_add(dev, g, "g");
	set_tce(dev, g, "g", high, "high");
	tce_remove(c, DYNAMIC);
	create(c, 16, WINDOW, 1);
	set_tce(dev, g, "g", high, "high");
	section("the container loses the group");
	unset_container(g, "g");
	set_tce(dev, g, "g", high, "high");
	set_tce(dev, g, "g", low, "low");
	set_container(g, c, "c");
	set_tce(dev, g, "g", low, "low");
	set_iommu(c, T_SPAPR_TCE_v2);
	set_tce(dev, g, "g", low, "low");
	reg(c, m, 0, 16);
	create(c, 16, WINDOW, 1);
	set_tce(dev, g, "g", low, "low");
	set_tce(dev, g, "g", high, "high");
	end();
	section("version 1");
	begin(T_SPAPR_TCE);
	set_tce(dev, g, "g", low, "low");
	set_tce(dev, g, "g", low, "low");
	set_tce(dev, g, "g", high, "high");
	map(c, m, 0, 0, 4);
	unmap(c, 0, 4 * PAGE);
	disable(c);
	set_tce(dev, g, "g", low, "low");
	end();
	section("a group without a container");
	g = open_group();
	vm = new_vm();
	dev = vfio_device(vm);
	low = table64(vm, 1, 12, 0, GIB >> 12);
	file_add(dev, g, "g");
	set_tce(dev, g, "g", low, "low");
	c = high = -1;
	end();
}

static void orders(void)
{
	static const char *const order[] = { "vdgct", "tvdgc", "cgtdv", "gctvd", "dtvcg", "ctdvg", "gdtcv", "vtcgd" };
	for (size_t i = 0; i < COUNT(order); i++) {
		note("== closing: %s (v the virtual machine, d its device, t tables, g group, c container)", order[i]);
		begin(T_SPAPR_TCE_v2);
		set_tce(dev, g, "g", high, "high");
		set_tce(dev, g, "g", low, "low");
		map(c, m, 0, DYNAMIC, 4);
		for (const char *p = order[i]; *p; p++) {
			switch (*p) {
			case 'v': closed(&vm, "vm"); break;
			case 'd': closed(&dev, "device"); break;
			case 'g': closed(&g, "g"); break;
			case 'c': closed(&c, "c"); break;
			case 't':
				closed(&low, "low");
				closed(&high, "high");
				break;
			}
			if (dev >= 0 && g >= 0) {
				set_tce(dev, g, "g", high, "high");
				file_add(dev, g, "g");
			}
			if (c >= 0) {
				unmap(c, DYNAMIC, PAGE);
				map(c, m, 0, DYNAMIC, 1);
			}
			if (vm >= 0) {
				int t = table64(vm, 1, 12, 0, 16);
				if (t >= 0)
					close_it(t, "it");
			}
		}
		callfd(g = open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
		close(g);
	}
	section("memory that is registered, when all but the tables are closed");
	begin(T_SPAPR_TCE_v2);
	set_tce(dev, g, "g", high, "high");
	closed(&c, "c");
	closed(&g, "g");
	closed(&dev, "device");
	struct setup s = spapr_attach(T_SPAPR_TCE_v2);
	reg(s.container, m, 0, 8);
	create(s.container, 16, WINDOW, 1);
	spapr_detach(&s);
	closed(&low, "low");
	closed(&high, "high");
	closed(&vm, "vm");
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	errors();
	shapes();
	windows();
	leaving();
	orders();
	return finish();
}
