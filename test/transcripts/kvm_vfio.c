/*
 * KVM's VFIO device: which attributes there are, files that are added and deleted by their descriptors, and what ends first. Nothing of
 * it needs a window.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "kvm.h"

static int vm, dev, g, c, d;

static void attributes(void)
{
	section("which attributes there are");
	static const unsigned long nr[] = { KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR };
	static const char *const names[] = { "HAS", "GET", "SET" };
	static const uint64_t attrs[] = { 0, 1, 2, 3, 4, 5, 0x100000001, -1ul };
	for (size_t n = 0; n < COUNT(nr); n++) {
		for (unsigned group = 0; group <= 3; group++)
			for (size_t i = 0; i < COUNT(attrs); i++) {
				struct kvm_device_attr a = { 0, group, attrs[i], 0 };
				call(ioctl(dev, nr[n], &a), "%s_DEVICE_ATTR(group=%u, attr=%#lx, NULL)", names[n], group, attrs[i]);
			}
		for (unsigned flags = 1; flags < 4; flags++) {
			struct kvm_device_attr a = { flags, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, 0 };
			call(ioctl(dev, nr[n], &a), "%s_DEVICE_ATTR(flags=%u, group=1, attr=1, NULL)", names[n], flags);
		}
		call(ioctl(dev, nr[n], NULL), "%s_DEVICE_ATTR(NULL)", names[n]);
		for (unsigned size = 8; size < 24; size += 8)
			call(ioctl(dev, nr[n], edge(size)), "%s_DEVICE_ATTR(%u bytes accessible)", names[n], size);
		struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, 0 };
		call(ioctl(vm, nr[n], &a), "%s_DEVICE_ATTR on the virtual machine", names[n]);
		call(ioctl(g, nr[n], &a), "%s_DEVICE_ATTR on a group", names[n]);
	}
}

static void pointers(void)
{
	section("where the descriptor is");
	for (uint64_t attr = 1; attr <= 3; attr++) {
		set_attr(dev, 1, attr, UNMAPPED, "unmapped");
		if (hypervised()) {
			set_attr(dev, 1, attr, (void *)-1l, "-1");
			set_attr(dev, 1, attr, (void *)0xc000000000000000ul, "kernel");
		}
		set_attr(dev, 1, attr, edge(2), "2 bytes accessible");
		int *p = edge(4);
		*p = -1;
		set_attr(dev, 1, attr, p, "4 bytes accessible, -1");
	}
	unsigned char odd[8] = { 0 };
	int fd = g;
	memcpy(odd + 1, &fd, 4);
	set_attr(dev, 1, 1, odd + 1, "the group, at an odd address");
	set_attr(dev, 1, 2, odd + 1, "the group, at an odd address");
}

static void other_files(void)
{
	section("files that are none of VFIO's, and descriptors that are none");
	int event = eventfd(0, EFD_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC), k = open_kvm(),
		t = table(vm, 1, 0x10000);
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), path = open("/dev/null", O_PATH | O_CLOEXEC);
	const struct {
		int fd;
		const char *name;
	} files[] = { { -1, "-1" }, { -100, "-100" }, { 999, "999" }, { INT_MAX, "INT_MAX" }, { INT_MIN, "INT_MIN" },
		{ event, "eventfd" }, { null, "/dev/null" }, { path, "O_PATH" }, { folder, "folder" }, { k, "kvm" },
		{ vm, "vm" }, { dev, "the device itself" }, { t, "table" }, { c, "container" } };
	for (size_t i = 0; i < COUNT(files); i++) {
		file_add(dev, files[i].fd, files[i].name);
		file_del(dev, files[i].fd, files[i].name);
		set_tce(dev, files[i].fd, files[i].name, t, "table");
		set_tce(dev, files[i].fd, files[i].name, -1, "-1");
	}
	close(event);
	close(null);
	close(path);
	close(folder);
	close(k);
	close(t);
	locked();
}

static void groups(void)
{
	section("a group");
	file_del(dev, g, "g");
	file_add(dev, g, "g");
	file_add(dev, g, "g");
	int copy = dup(g), got = passed(g);
	file_add(dev, copy, "its copy");
	file_add(dev, got, "the same over a socket");
	file_del(dev, copy, "its copy");
	file_del(dev, g, "g");
	file_add(dev, got, "the same over a socket");
	file_add(dev, g, "g");
	file_del(dev, g, "g");
	file_del(dev, g, "g");
	close(copy);
	close(got);
	section("a group without a container, in one, and after it");
	file_add(dev, g, "g");
	set_container(g, c, "c");
	file_del(dev, g, "g");
	file_add(dev, g, "g");
	unset_container(g, "g");
	set_container(g, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	file_add(dev, g, "g");
	file_del(dev, g, "g");
	file_add(dev, g, "g");
	section("a device");
	callfd(d = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	file_add(dev, d, "d");
	file_add(dev, d, "d");
	file_del(dev, d, "d");
	file_del(dev, d, "d");
	file_add(dev, g, "g");
	file_del(dev, g, "g");
	note("the device is open, and g not there:");
	file_del(dev, g, "g");
	file_add(dev, g, "g");
	close_it(d, "d");
	d = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf);
	file_add(dev, d, "d, opened with g there");
	file_del(dev, g, "g");
	file_del(dev, d, "d");
	file_del(dev, d, "d");
	close_it(d, "d");
}

static void held(void)
{
	section("a group that is closed while the device has it");
	file_add(dev, g, "g");
	close_it(g, "g");
	callfd(g = open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	file_add(dev, g, "its descriptor");
	file_del(dev, g, "its descriptor");
	section("and the device closes");
	close_it(dev, "device");
	if (g >= 0)
		close(g);
	callfd(g = open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	set_container(g, c, "c");
	dev = vfio_device(vm);
	file_add(dev, g, "g");
	section("the virtual machine closes first");
	close_it(vm, "vm");
	file_add(dev, g, "g");
	file_del(dev, g, "g");
	file_add(dev, g, "g");
	close_it(g, "g");
	callfd(g = open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	close_it(dev, "device");
	callfd(g = open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	section("a group in two virtual machines");
	vm = new_vm();
	dev = vfio_device(vm);
	int other = new_vm(), second = vfio_device(other);
	file_add(dev, g, "g");
	file_add(second, g, "g");
	file_del(second, g, "g");
	file_add(second, g, "g");
	file_del(dev, g, "g");
	file_del(second, g, "g");
	section("a device that is open in between");
	struct setup s = { c, g, -1 };
	set_container(g, c, "c");
	set_iommu(c, T_SPAPR_TCE_v2);
	file_add(dev, g, "g");
	callfd(s.device = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	file_add(second, g, "g");
	file_add(second, s.device, "d");
	close_it(dev, "device");
	close_it(vm, "vm");
	close_it(s.device, "d");
	close_it(second, "second device");
	close_it(other, "other vm");
	vm = new_vm();
	dev = vfio_device(vm);
	section("many, and the same one often");
	unsigned ok = 0;
	for (int i = 0; i < 1000; i++) {
		struct kvm_device_attr a = { 0, 1, 1 + i % 2, (uintptr_t)&g };
		ok += ioctl(dev, KVM_SET_DEVICE_ATTR, &a) == 0;
	}
	note("%u of 1000", ok);
	file_add(dev, g, "g");
	section("process ends with all of it open");
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	vm = new_vm();
	dev = vfio_device(vm);
	g = open_group();
	c = open_container();
	attributes();
	pointers();
	other_files();
	groups();
	held();
	return finish();
}
