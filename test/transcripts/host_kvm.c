/*
 * A processor's KVM beside VFIO: the KVM-VFIO device of a machine with an IOMMU. Under Viaduct /dev/kvm is the host's, and what is printed here is
 * Viaduct's part of it; without a /dev/kvm that makes machines the program is skipped.
 */
#include "edu.h"
#include "iommufd.h"
#include <linux/kvm.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int kvm, vm, dev, g, c, d;

static void skip(const char *what)
{
	note("%s: %s", what, strerror(errno));
	flush();
	_exit(77);
}

/* A virtual machine, with nothing printed. */
static int new_vm(void)
{
	int fd = ioctl(kvm, KVM_CREATE_VM, 0);
	if (fd < 0)
		skip("KVM_CREATE_VM");
	return fd;
}

static int create(int fd, const char *name, unsigned type, unsigned flags)
{
	struct kvm_create_device a = { type, 0xaaaaaaaa, flags };
	long r = call(ioctl(fd, KVM_CREATE_DEVICE, &a), "%s: KVM_CREATE_DEVICE(type=%u, flags=%x)", name, type, flags);
	if (a.type != type || a.flags != flags)
		more(" type=%u flags=%x", a.type, a.flags);
	if (a.fd != 0xaaaaaaaa)
		more(" fd");
	return r == 0 && a.fd != 0xaaaaaaaa ? (int)a.fd : -1;
}

static long set_attr(int fd, unsigned group, uint64_t attr, const void *addr, const char *what)
{
	struct kvm_device_attr a = { 0, group, attr, (uintptr_t)addr };
	return call(ioctl(fd, KVM_SET_DEVICE_ATTR, &a), "SET_DEVICE_ATTR(group=%u, attr=%lu, %s)", group, attr, what);
}

static long file_add(int fd, int file, const char *name)
{
	struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, (uintptr_t)&file };
	return call(ioctl(fd, KVM_SET_DEVICE_ATTR, &a), "FILE_ADD(%s)", name);
}

static long file_del(int fd, int file, const char *name)
{
	struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL, (uintptr_t)&file };
	return call(ioctl(fd, KVM_SET_DEVICE_ATTR, &a), "FILE_DEL(%s)", name);
}

static void close_it(int fd, const char *name)
{
	call(close(fd), "close(%s)", name);
}

static void creation(void)
{
	section("KVM_CREATE_DEVICE");
	create(vm, "vm", KVM_DEV_TYPE_VFIO, KVM_CREATE_DEVICE_TEST);
	create(vm, "vm", KVM_DEV_TYPE_VFIO, 3);
	create(vm, "vm", 1000, KVM_CREATE_DEVICE_TEST);
	create(vm, "vm", -1u, 0);
	create(kvm, "/dev/kvm", KVM_DEV_TYPE_VFIO, 0);
	create(-1, "-1", KVM_DEV_TYPE_VFIO, 0);
	int event = eventfd(0, EFD_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	create(event, "eventfd", KVM_DEV_TYPE_VFIO, 0);
	create(null, "/dev/null", KVM_DEV_TYPE_VFIO, 0);
	create(g, "group", KVM_DEV_TYPE_VFIO, 0);
	close(event);
	close(null);
	section("where the structure is");
	call(ioctl(vm, KVM_CREATE_DEVICE, NULL), "NULL");
	call(ioctl(vm, KVM_CREATE_DEVICE, UNMAPPED), "unmapped");
	call(ioctl(vm, KVM_CREATE_DEVICE, KERNEL_ADDRESS), "the kernel's");
	call(ioctl(vm, KVM_CREATE_DEVICE, NONCANONICAL), "none at all");
	for (unsigned size = 4; size < 12; size += 4) {
		struct kvm_create_device *p = edge(size);
		p->type = KVM_DEV_TYPE_VFIO;
		call(ioctl(vm, KVM_CREATE_DEVICE, p), "%u bytes accessible", size);
	}
	section("a structure that cannot be written");
	struct kvm_create_device *p = pages(1);
	*p = (struct kvm_create_device){ KVM_DEV_TYPE_VFIO, 0, KVM_CREATE_DEVICE_TEST };
	mprotect(p, PAGE, PROT_READ);
	call(ioctl(vm, KVM_CREATE_DEVICE, p), "TEST");
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	p->flags = 0;
	mprotect(p, PAGE, PROT_READ);
	call(ioctl(vm, KVM_CREATE_DEVICE, p), "not TEST");
	create(vm, "and then", KVM_DEV_TYPE_VFIO, 0);
	close_it(vm, "vm");
	vm = new_vm();
	section("one a machine");
	dev = create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	create(vm, "vm", KVM_DEV_TYPE_VFIO, KVM_CREATE_DEVICE_TEST);
	int copy = dup(vm), got = passed(vm);
	create(copy, "its copy", KVM_DEV_TYPE_VFIO, 0);
	create(got, "the same over a socket", KVM_DEV_TYPE_VFIO, 0);
	close_it(vm, "vm");
	vm = copy;
	create(vm, "its copy", KVM_DEV_TYPE_VFIO, 0);
	close(got);
	int other = new_vm(), second = create(other, "another vm", KVM_DEV_TYPE_VFIO, 0);
	create(other, "another vm", KVM_DEV_TYPE_VFIO, 0);
	close_it(second, "the other's device");
	second = create(other, "another vm", KVM_DEV_TYPE_VFIO, 0);
	close_it(other, "another vm");
	file_add(second, g, "g");
	file_del(second, g, "g");
	close_it(second, "the other's device");
	section("its descriptor");
	call(fcntl(dev, F_GETFD), "F_GETFD");
	call(fcntl(dev, F_GETFL) & ~0100000, "F_GETFL");
	fd_link(dev, "device");
	call(lseek(dev, 0, SEEK_SET), "lseek");
	char byte;
	call(read(dev, &byte, 1), "read");
	call(write(dev, &byte, 1), "write");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, dev, 0), "mmap");
}

static void full(void)
{
	section("no descriptor is free");
	int other = new_vm(), top = dup(other);
	struct rlimit old, low = { top + 1, top + 1 };
	getrlimit(RLIMIT_NOFILE, &old);
	low.rlim_max = old.rlim_max;
	for (int fd = 0; fd <= top; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			dup2(other, fd);
	setrlimit(RLIMIT_NOFILE, &low);
	create(other, "vm", KVM_DEV_TYPE_VFIO, 0);
	create(other, "vm", KVM_DEV_TYPE_VFIO, KVM_CREATE_DEVICE_TEST);
	setrlimit(RLIMIT_NOFILE, &old);
	int made = create(other, "with room", KVM_DEV_TYPE_VFIO, 0);
	close(made);
	close(top);
	close(other);
}

static void attributes(void)
{
	section("which attributes there are");
	static const unsigned long nr[] = { KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR };
	static const char *const names[] = { "HAS", "GET", "SET" };
	static const uint64_t attrs[] = { 0, 1, 2, 3, 4, 5, 0x100000001, -1ul };
	int low = dup2(dev, 100);
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
		call(ioctl(low, nr[n], &a), "%s_DEVICE_ATTR by a copy", names[n]);
		call(ioctl(g, nr[n], &a), "%s_DEVICE_ATTR on a group", names[n]);
	}
	close(low);
	call(ioctl(dev, KVM_CREATE_DEVICE, NULL), "KVM_CREATE_DEVICE on the device");
	call(ioctl(dev, KVM_CHECK_EXTENSION, KVM_CAP_DEVICE_CTRL), "KVM_CHECK_EXTENSION on the device");
	section("where the descriptor is");
	for (uint64_t attr = 1; attr <= 3; attr++) {
		set_attr(dev, 1, attr, UNMAPPED, "unmapped");
		set_attr(dev, 1, attr, KERNEL_ADDRESS, "kernel");
		set_attr(dev, 1, attr, edge(2), "2 bytes accessible");
		int *p = edge(4);
		*p = -1;
		set_attr(dev, 1, attr, p, "4 bytes accessible, -1");
	}
	unsigned char odd[8] = { 0 };
	memcpy(odd + 1, &g, 4);
	set_attr(dev, 1, 1, odd + 1, "the group, at an odd address");
	set_attr(dev, 1, 2, odd + 1, "the group, at an odd address");
}

static void other_files(void)
{
	section("files that are none of VFIO's, and descriptors that are none");
	int event = eventfd(0, EFD_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC), i = open_iommu();
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), path = open("/dev/null", O_PATH | O_CLOEXEC);
	const struct {
		int fd;
		const char *name;
	} files[] = { { -1, "-1" }, { -100, "-100" }, { 999, "999" }, { INT_MAX, "INT_MAX" }, { INT_MIN, "INT_MIN" },
		{ event, "eventfd" }, { null, "/dev/null" }, { path, "O_PATH" }, { folder, "folder" }, { kvm, "kvm" },
		{ vm, "vm" }, { dev, "the device itself" }, { c, "container" }, { i, "iommufd" } };
	for (size_t n = 0; n < COUNT(files); n++) {
		file_add(dev, files[n].fd, files[n].name);
		file_del(dev, files[n].fd, files[n].name);
	}
	close(event);
	close(null);
	close(i);
	close(path);
	close(folder);
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
	file_del(dev, g, "g");
	close(copy);
	close(got);
	section("a group in a container, and a device of it");
	file_add(dev, g, "g");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	call(ioctl(c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "SET_IOMMU");
	callfd(d = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	file_add(dev, d, "d");
	file_add(dev, d, "d");
	file_del(dev, d, "d");
	file_del(dev, g, "g");
	file_add(dev, g, "g, with its device open");
	close_it(d, "d");
	section("closed, and held by the device");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	close_it(g, "g");
	callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	close_it(dev, "device");
	callfd(g = open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	section("the machine is closed first");
	dev = create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	close_it(vm, "vm");
	file_add(dev, g, "g");
	close_it(g, "g");
	callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group)");
	close_it(dev, "device");
	vm = new_vm();
	dev = create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
}

static void node(void)
{
	section("a device's own node");
	int i = open_iommu(), n = open_cdev();
	file_add(dev, n, "node");
	file_add(dev, n, "node");
	bind_device(n, i, "node");
	attach_pt(n, ioas(i));
	file_del(dev, n, "node");
	file_add(dev, n, "node");
	close_it(n, "node");
	n = open_cdev();
	file_del(dev, n, "node, opened again");
	file_add(dev, n, "node, opened again");
	bind_device(n, i, "node, opened again");
	close_it(dev, "device");
	bind_device(n, i, "node, opened again");
	close_it(n, "node");
	n = open_cdev();
	bind_device(n, i, "node, opened a third time");
	close(n);
	close(i);
	dev = create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
}

static void processes(void)
{
	section("another process");
	pid_t child = child_start();
	if (child == 0) {
		create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
		create(vm, "vm", KVM_DEV_TYPE_VFIO, KVM_CREATE_DEVICE_TEST);
		file_add(dev, -1, "-1");
		set_attr(dev, 9, 9, NULL, "NULL");
		call(ioctl(dev, 0x1234), "0x1234");
		int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), mine = ioctl(fd, KVM_CREATE_VM, 0);
		int its = create(mine, "its own vm", KVM_DEV_TYPE_VFIO, 0);
		file_add(its, -1, "-1");
		create(vm, "the parent's vm", KVM_DEV_TYPE_VFIO, 0);
		child_end();
	}
	child_wait(child);
	create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	section("a device that lives on in a child");
	child = child_start();
	if (child == 0) {
		close(vm);
		pause();
	}
	close_it(dev, "device");
	create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	kill(child, SIGKILL);
	child_wait(child);
	dev = create(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
}

static void mappable(const char *who)
{
	struct vfio_region_info i = { .argsz = sizeof(i), .index = 0 };
	call(ioctl(d, VFIO_DEVICE_GET_REGION_INFO, &i), "%s: GET_REGION_INFO(0)", who);
	more(" flags=%x size=%#llx cap_offset=%u", i.flags, i.size, i.cap_offset);
	void *p = callptr(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, d, 0), "%s: mmap", who);
	if (p != MAP_FAILED)
		munmap(p, PAGE);
}

/* A guest's processor could not load from a page that Viaduct traps, so that a process with a machine is shown none. */
static void mapping(void)
{
	section("what may be mapped");
	g = open_group();
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	call(ioctl(c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "SET_IOMMU");
	callfd(d = ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	mappable("with a machine");
	pid_t child = child_start();
	if (child == 0) {
		mappable("another process");
		child_end();
	}
	child_wait(child);
	close_it(d, "d");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	close_it(g, "g");
}

static void many(void)
{
	section("often");
	unsigned busy = 0, made = 0, added = 0;
	for (int i = 0; i < 1000; i++) {
		struct kvm_create_device a = { KVM_DEV_TYPE_VFIO, 0, 0 };
		if (i % 2)
			close(dev);
		int r = ioctl(vm, KVM_CREATE_DEVICE, &a);
		if (r == 0)
			dev = a.fd;
		made += r == 0;
		busy += r < 0 && errno == EBUSY;
	}
	note("%u made, %u EBUSY of 1000", made, busy);
	g = open_group();
	for (int i = 0; i < 1000; i++) {
		struct kvm_device_attr a = { 0, 1, 1 + i % 2, (uintptr_t)&g };
		added += ioctl(dev, KVM_SET_DEVICE_ATTR, &a) == 0;
	}
	note("%u added and deleted of 1000", added);
	file_add(dev, g, "g");
	section("process ends with all of it open");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		skip("/dev/kvm");
	vm = new_vm();
	g = open_group();
	c = open_container();
	creation();
	full();
	attributes();
	other_files();
	groups();
	node();
	processes();
	mapping();
	many();
	return finish();
}
