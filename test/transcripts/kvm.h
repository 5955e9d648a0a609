/* What the programs about KVM's side of VFIO share: virtual machines without processors, KVM's VFIO device and its tables of TCEs. */
#ifndef KVM_H
#define KVM_H

#include "spapr.h"
#include <linux/kvm.h>

#define DYNAMIC 0x800000000000000ul

static sigjmp_buf t_escape;

static void t_caught(int signal)
{
	siglongjmp(t_escape, signal);
}

static unused void catch_signals(void)
{
	struct sigaction action = { .sa_handler = t_caught };
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

/* A load, and with `write` a store in front of it. */
static unused void touch(volatile uint64_t *p, bool write, uint64_t value, const char *name)
{
	int signal = sigsetjmp(t_escape, 1);
	if (signal) {
		note("%s %s: SIG%s", write ? "store to" : "load from", name, sigabbrev_np(signal));
		return;
	}
	if (write)
		*p = value;
	uint64_t got = *p;
	if (write)
		note("store %#lx to %s, load %#lx", value, name, got);
	else
		note("load from %s: %#lx", name, got);
}

static unused int open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		note("/dev/kvm: %s", strerror(errno));
		flush();
		_exit(77);
	}
	return fd;
}

/* A virtual machine, with nothing printed. */
static unused int new_vm(void)
{
	int k = open_kvm(), vm = ioctl(k, KVM_CREATE_VM, 0);
	if (vm < 0)
		die("KVM_CREATE_VM");
	close(k);
	return vm;
}

static unused int create_device(int vm, const char *name, unsigned type, unsigned flags)
{
	struct kvm_create_device d = { type, 0xaaaaaaaa, flags };
	long r = call(ioctl(vm, KVM_CREATE_DEVICE, &d), "%s: KVM_CREATE_DEVICE(type=%u, flags=%x)", name, type, flags);
	if (d.type != type || d.flags != flags)
		more(" type=%u flags=%x", d.type, d.flags);
	if (d.fd != 0xaaaaaaaa)
		more(" fd");
	return r == 0 && d.fd != 0xaaaaaaaa ? (int)d.fd : -1;
}

static unused int vfio_device(int vm)
{
	struct kvm_create_device d = { KVM_DEV_TYPE_VFIO, 0, 0 };
	if (ioctl(vm, KVM_CREATE_DEVICE, &d))
		die("KVM_CREATE_DEVICE");
	return d.fd;
}

static unused int table(int vm, uint64_t liobn, unsigned window)
{
	struct t_kvm_spapr_tce t = { liobn, window };
	int r = callfd(
		ioctl(vm, T_KVM_CREATE_SPAPR_TCE, &t), "KVM_CREATE_SPAPR_TCE(liobn=%#lx, window_size=%#x)", liobn, window);
	locked();
	return r;
}

static unused int table64_flags(int vm, uint64_t liobn, unsigned shift, unsigned flags, uint64_t offset, uint64_t size)
{
	struct t_kvm_spapr_tce_64 t = { liobn, shift, flags, offset, size };
	int r = callfd(ioctl(vm, T_KVM_CREATE_SPAPR_TCE_64, &t),
		"KVM_CREATE_SPAPR_TCE_64(liobn=%#lx, shift=%u, flags=%x, offset=%#lx, size=%#lx)", liobn, shift, flags, offset,
		size);
	locked();
	return r;
}

static unused int table64(int vm, uint64_t liobn, unsigned shift, uint64_t offset, uint64_t size)
{
	return table64_flags(vm, liobn, shift, 0, offset, size);
}

/* KVM's VFIO device: a file is added or deleted by a descriptor, which is what `addr` points to. */
static unused long set_attr(int dev, unsigned group, uint64_t attr, const void *addr, const char *what)
{
	struct kvm_device_attr a = { 0, group, attr, (uintptr_t)addr };
	return call(ioctl(dev, KVM_SET_DEVICE_ATTR, &a), "SET_DEVICE_ATTR(group=%u, attr=%lu, %s)", group, attr, what);
}

static unused long file_add(int dev, int fd, const char *name)
{
	struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, (uintptr_t)&fd };
	return call(ioctl(dev, KVM_SET_DEVICE_ATTR, &a), "FILE_ADD(%s)", name);
}

static unused long file_del(int dev, int fd, const char *name)
{
	struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL, (uintptr_t)&fd };
	return call(ioctl(dev, KVM_SET_DEVICE_ATTR, &a), "FILE_DEL(%s)", name);
}

static unused long set_tce(int dev, int group, const char *gname, int tablefd, const char *tname)
{
	struct kvm_vfio_spapr_tce t = { group, tablefd };
	struct kvm_device_attr a = { 0, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, (uintptr_t)&t };
	long r = call(ioctl(dev, KVM_SET_DEVICE_ATTR, &a), "SET_SPAPR_TCE(%s, %s)", gname, tname);
	locked();
	return r;
}

#endif
