/*
 * /dev/kvm as far as VFIO's programs need it on POWER: virtual machines, what they say they can, memory slots, and KVM_CREATE_DEVICE.
 * There are no processors here.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "kvm.h"

static const struct {
	const char *name;
	long cap;
} caps[] = { { "USER_MEMORY", KVM_CAP_USER_MEMORY },
	{ "DESTROY_MEMORY_REGION_WORKS", KVM_CAP_DESTROY_MEMORY_REGION_WORKS }, { "SPAPR_TCE", KVM_CAP_SPAPR_TCE },
	{ "SPAPR_TCE_64", KVM_CAP_SPAPR_TCE_64 }, { "SPAPR_TCE_VFIO", KVM_CAP_SPAPR_TCE_VFIO },
	{ "SPAPR_MULTITCE", KVM_CAP_SPAPR_MULTITCE }, { "DEVICE_CTRL", KVM_CAP_DEVICE_CTRL },
	{ "VM_ATTRIBUTES", KVM_CAP_VM_ATTRIBUTES }, { "READONLY_MEM", KVM_CAP_READONLY_MEM },
	{ "SYNC_MMU", KVM_CAP_SYNC_MMU }, { "ENABLE_CAP_VM", KVM_CAP_ENABLE_CAP_VM }, { "0", 0 }, { "-1", -1 },
	{ "9999", 9999 } };

static void files(int fd, const char *name)
{
	char buffer[16];
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	fd_link(fd, name);
	open_flags(fd);
	call(fcntl(fd, F_GETFD), "%s: fcntl(F_GETFD)", name);
	call(read(fd, buffer, 16), "%s: read(16)", name);
	call(write(fd, buffer, 16), "%s: write(16)", name);
	call(pread(fd, buffer, 16, 0), "%s: pread(16, 0)", name);
	call(lseek(fd, 0, SEEK_SET), "%s: lseek(0, SET)", name);
	call(lseek(fd, 0, SEEK_END), "%s: lseek(0, END)", name);
	call(poll(&p, 1, 0), "%s: poll(IN|OUT)", name);
	more(" revents=%x", p.revents);
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), "%s: mmap", name);
	call(ftruncate(fd, 0), "%s: ftruncate(0)", name);
	call(ioctl(fd, 0, 0), "%s: ioctl(0)", name);
	call(ioctl(fd, VFIO_GET_API_VERSION), "%s: ioctl(VFIO_GET_API_VERSION)", name);
	call(ioctl(fd, _IO(KVMIO, 0xff), 0), "%s: ioctl(KVM's 0xff)", name);
}

static void system_file(void)
{
	section("/dev/kvm");
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK };
	for (size_t i = 0; i < COUNT(flags); i++) {
		int k = callfd(open("/dev/kvm", flags[i] | O_CLOEXEC), "open(/dev/kvm, %#o)", flags[i]);
		if (k < 0)
			continue;
		call(ioctl(k, KVM_GET_API_VERSION, 0), "GET_API_VERSION(0)");
		int vm = callfd(ioctl(k, KVM_CREATE_VM, 0), "CREATE_VM(0)");
		if (vm >= 0)
			close(vm);
		close(k);
	}
	int k = open_kvm();
	call(ioctl(k, KVM_GET_API_VERSION, 1), "GET_API_VERSION(1)");
	files(k, "kvm");
	for (size_t i = 0; i < COUNT(caps); i++)
		call(ioctl(k, KVM_CHECK_EXTENSION, caps[i].cap), "kvm: CHECK_EXTENSION(%s)", caps[i].name);
	static const long types[] = { 0, 1, 2, 3, 4, 99, -1, 0x100000000l };
	for (size_t i = 0; i < COUNT(types); i++) {
		int vm = callfd(ioctl(k, KVM_CREATE_VM, types[i]), "CREATE_VM(%ld)", types[i]);
		if (vm >= 0)
			close(vm);
	}
	struct kvm_create_device d = { KVM_DEV_TYPE_VFIO, 0, 0 };
	call(ioctl(k, KVM_CREATE_DEVICE, &d), "kvm: KVM_CREATE_DEVICE");
	struct t_kvm_spapr_tce t = { 1, 0x10000 };
	call(ioctl(k, T_KVM_CREATE_SPAPR_TCE, &t), "kvm: KVM_CREATE_SPAPR_TCE");
	close(k);
}

static void machine(void)
{
	section("a virtual machine");
	int vm = new_vm();
	files(vm, "vm");
	for (size_t i = 0; i < COUNT(caps); i++)
		call(ioctl(vm, KVM_CHECK_EXTENSION, caps[i].cap), "vm: CHECK_EXTENSION(%s)", caps[i].name);
	call(ioctl(vm, KVM_GET_API_VERSION, 0), "vm: GET_API_VERSION");
	call(ioctl(vm, KVM_CREATE_VM, 0), "vm: CREATE_VM");
	close(vm);
	section("two, and one that outlives /dev/kvm");
	int a = new_vm(), b = new_vm();
	int t = table(a, 1, 0x10000);
	int u = table(b, 1, 0x10000);
	close(t);
	close(u);
	close(a);
	close(b);
	locked();
}

static void another_process(void)
{
	section("another process");
	int vm = new_vm(), t = table(vm, 1, 0x10000), dev = vfio_device(vm);
	pid_t pid = child_start();
	if (pid == 0) {
		t_locked = locked_now();
		call(ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_SPAPR_TCE), "child: vm: CHECK_EXTENSION(SPAPR_TCE)");
		table(vm, 2, 0x10000);
		table64(vm, 2, 16, 0, 16);
		create_device(vm, "child", KVM_DEV_TYPE_VFIO, 1);
		struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, 0 };
		call(ioctl(dev, KVM_HAS_DEVICE_ATTR, &a), "child: HAS_DEVICE_ATTR(ADD)");
		file_add(dev, vm, "vm");
		uint64_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, t, 0);
		callptr(p, "child: mmap(table)");
		if (p != MAP_FAILED)
			touch(p, true, 5, "the table");
		close_it(t, "child's table");
		close_it(dev, "child's device");
		close_it(vm, "child's vm");
		child_end();
	}
	child_wait(pid);
	locked();
	close_it(t, "table");
	close_it(dev, "device");
	close_it(vm, "vm");
}

static int vm;

static void slot(unsigned number, unsigned flags, uint64_t gpa, uint64_t size, const void *p, const char *name)
{
	struct kvm_userspace_memory_region r = { number, flags, gpa, size, (uintptr_t)p };
	call(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &r),
		"SET_USER_MEMORY_REGION(slot=%#x, flags=%x, gpa=%#lx, size=%#lx, %s)", number, flags, gpa, size, name);
}

static void slots(void)
{
	section("memory slots");
	unsigned char *m = memory(64);
	vm = new_vm();
	slot(0, 0, 0, 16 * PAGE, m, "page 0");
	slot(0, 0, 0, 16 * PAGE, m, "page 0");
	slot(0, 0, 0, 8 * PAGE, m, "page 0");
	slot(0, 0, 0, 32 * PAGE, m, "page 0");
	slot(0, 0, 0, 16 * PAGE, m + PAGE, "page 1");
	slot(1, 0, 8 * PAGE, 16 * PAGE, m, "page 0");
	slot(1, 0, 15 * PAGE, PAGE, m, "page 0");
	slot(1, 0, 16 * PAGE, 16 * PAGE, m, "page 0");
	slot(2, 0, 0, 64 * PAGE, m, "page 0");
	section("a slot moves, and goes");
	slot(1, 0, 64 * PAGE, 16 * PAGE, m, "page 0");
	slot(2, 0, 16 * PAGE, 16 * PAGE, m, "page 0");
	slot(1, 0, 0, 16 * PAGE, m, "page 0");
	slot(1, 0, 64 * PAGE, 0, m, "page 0");
	slot(1, 0, 64 * PAGE, 0, m, "page 0");
	slot(9, 0, 0, 0, m, "page 0");
	slot(1, 0, 64 * PAGE, 4 * PAGE, m, "page 0");
	section("arguments");
	static const unsigned off[] = { 1, 0x800, 0x8001, 0xffff };
	for (size_t i = 0; i < COUNT(off); i++) {
		slot(3, 0, 256 * PAGE + off[i], PAGE, m, "page 0");
		slot(3, 0, 256 * PAGE, PAGE + off[i], m, "page 0");
		slot(3, 0, 256 * PAGE, PAGE, m + off[i], "page 0, misaligned");
		slot(3, 0, 256 * PAGE, off[i], m, "page 0");
	}
	static const unsigned flags[] = { 1, 2, 3, 4, 8, 0x80000000 };
	for (size_t i = 0; i < COUNT(flags); i++)
		slot(3, flags[i], 256 * PAGE, PAGE, m, "page 0");
	slot(3, 0, 256 * PAGE, 0, m, "page 0");
	slot(0xffff, 0, 256 * PAGE, PAGE, m, "page 0");
	slot(0x10000, 0, 256 * PAGE, PAGE, m, "page 0");
	slot(0x20000, 0, 256 * PAGE, PAGE, m, "page 0");
	slot(0xffffffff, 0, 256 * PAGE, PAGE, m, "page 0");
	slot(4, 0, 512 * PAGE, PAGE, UNMAPPED, "unmapped");
	slot(5, 0, 513 * PAGE, PAGE, KERNEL_ADDRESS, "kernel");
	slot(5, 0, 514 * PAGE, PAGE, NULL, "NULL");
	slot(6, 0, 0xffffffffffff0000, PAGE, m, "page 0");
	slot(6, 0, 0xffffffffffff0000, 2 * PAGE, m, "page 0");
	slot(6, 0, 0x1000000000000000, PAGE, m, "page 0");
	slot(7, 0, 1024 * PAGE, 1ul << 63, m, "page 0");
	slot(7, 0, 1024 * PAGE, -PAGE, m, "page 0");
	call(ioctl(vm, KVM_SET_USER_MEMORY_REGION, NULL), "SET_USER_MEMORY_REGION(NULL)");
	for (unsigned n = 8; n < 32; n += 8)
		call(ioctl(vm, KVM_SET_USER_MEMORY_REGION, edge(n)), "SET_USER_MEMORY_REGION(%u bytes accessible)", n);
	locked();
	close(vm);
}

static void devices(void)
{
	section("KVM_CREATE_DEVICE");
	vm = new_vm();
	static const unsigned none[] = { 0, 9, 10, 32, 99, 1000, 0x7fffffff, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(none); i++)
		for (unsigned flags = 0; flags < 2; flags++)
			create_device(vm, "vm", none[i], flags);
	static const unsigned flags[] = { 1, 2, 3, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++) {
		int fd = create_device(vm, "vm", KVM_DEV_TYPE_VFIO, flags[i]);
		if (fd >= 0)
			close(fd);
	}
	call(ioctl(vm, KVM_CREATE_DEVICE, NULL), "KVM_CREATE_DEVICE(NULL)");
	for (unsigned n = 4; n < 12; n += 4)
		call(ioctl(vm, KVM_CREATE_DEVICE, edge(n)), "KVM_CREATE_DEVICE(%u bytes accessible)", n);
	int first = create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 1);
	files(first, "device");
	note("it closes, and another comes:");
	close(first);
	first = create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	int copy = dup(first);
	close(first);
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	close(copy);
	copy = create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	note("one for each virtual machine:");
	int other = new_vm();
	int second = create_device(other, "other", KVM_DEV_TYPE_VFIO, 0);
	close(other);
	close(second);
	note("the structure cannot be written to: is the device there?");
	close(copy);
	struct kvm_create_device *d = pages(1);
	d->type = KVM_DEV_TYPE_VFIO;
	mprotect(d, PAGE, PROT_READ);
	call(ioctl(vm, KVM_CREATE_DEVICE, d), "KVM_CREATE_DEVICE(read-only)");
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	close(vm);
}

static void full(void)
{
	section("no descriptor is free");
	vm = new_vm();
	int k = open_kvm();
	struct rlimit r, old;
	getrlimit(RLIMIT_NOFILE, &old);
	int fd = dup(vm);
	close(fd);
	r = old;
	r.rlim_cur = fd;
	setrlimit(RLIMIT_NOFILE, &r);
	call(ioctl(k, KVM_CREATE_VM, 0), "CREATE_VM(0)");
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 1);
	struct t_kvm_spapr_tce t = { 1, 0x10000 };
	callfd(ioctl(vm, T_KVM_CREATE_SPAPR_TCE, &t), "KVM_CREATE_SPAPR_TCE(liobn=1, window_size=0x10000)");
	setrlimit(RLIMIT_NOFILE, &old);
	locked();
	fd = table(vm, 1, 0x10000);
	close(fd);
	locked();
	create_device(vm, "vm", KVM_DEV_TYPE_VFIO, 0);
	close(vm);
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	catch_signals();
	system_file();
	machine();
	slots();
	devices();
	full();
	another_process();
	return finish();
}
