/*
 * KVM's tables of TCEs: what KVM_CREATE_SPAPR_TCE and its 64-bit successor take, what they lock, and the file: mmap, loads and stores,
 * where it ends, copies, and what outlives what.
 */
/* machine: real power ; ours --iommu spapr,page=64k --device edu,addr=0000:00:00.0 */
/* machine powernv: real powernv ; ours --iommu spapr,platform=powernv,page=64k --device edu,addr=0000:01:00.0 */
#include "kvm.h"

/* TCEs in a page of 64 KiB. */
#define TCES (PAGE / 8)

static int vm;

static void shown_table(int fd)
{
	if (fd >= 0)
		close(fd);
	locked();
}

static void arguments(void)
{
	section("32-bit: window_size");
	static const unsigned sizes[] = { 0, 1, 0xfff, 0x1000, 0x1001, 0x10000, 0x8000000, 0x10000000, 0x40000000,
		0x80000000, 0xfffff000, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++)
		shown_table(table(vm, 1, sizes[i]));
	section("64-bit: page_shift");
	static const unsigned shifts[] = { 0, 1, 11, 12, 13, 16, 17, 20, 21, 24, 30, 33, 34, 35, 36, 63, 64, 0x80000000,
		0xffffffff };
	for (size_t i = 0; i < COUNT(shifts); i++)
		shown_table(table64(vm, 1, shifts[i], 0, 16));
	section("64-bit: size");
	static const uint64_t n[] = { 0, 1, TCES - 1, TCES, TCES + 1, 3 * TCES, 1 << 16, 1 << 20, 1 << 24, 1ul << 28,
		1ul << 40, 1ul << 48, 1ul << 52, (1ul << 52) - 1, (1ul << 52) + 1, 1ul << 60, 1ul << 61, 1ul << 63, -1ul };
	for (size_t i = 0; i < COUNT(n); i++)
		shown_table(table64(vm, 1, 12, 0, n[i]));
	for (size_t i = 0; i < COUNT(n); i++)
		if (n[i] == 0 || n[i] > 1 << 24)
			shown_table(table64(vm, 1, 16, 0, n[i]));
	section("64-bit: offset");
	static const uint64_t offsets[] = { 0, 1, 0x80000000000, 0xfffffffffff0, 0xfffffffffffe, 0xffffffffffff,
		0x1000000000000, 1ul << 52, 1ul << 63, -1ul, -2ul, -16ul };
	for (size_t i = 0; i < COUNT(offsets); i++)
		for (unsigned shift = 12; shift <= 16; shift += 4)
			shown_table(table64(vm, 1, shift, offsets[i], 1));
	shown_table(table64(vm, 1, 16, 0xffffffffffef, 16));
	shown_table(table64(vm, 1, 16, 0xfffffffffff0, 16));
	shown_table(table64(vm, 1, 34, (~0ul >> 34) - 1, 1));
	shown_table(table64(vm, 1, 34, ~0ul >> 34, 1));
	section("64-bit: flags");
	static const unsigned flags[] = { 1, 2, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < COUNT(flags); i++)
		shown_table(table64_flags(vm, 1, 16, flags[i], 0, 16));
	shown_table(table64_flags(vm, 1, 0, 1, 0, 0));
	section("liobn");
	static const uint64_t liobns[] = { 0, 1, 0x80000000, 0xffffffff, 0x100000000, 0x180000001, 1ul << 63, -1ul };
	for (size_t i = 0; i < COUNT(liobns); i++) {
		shown_table(table(vm, liobns[i], 0x10000));
		shown_table(table64(vm, liobns[i], 16, 0, 16));
	}
	section("pointers");
	call(ioctl(vm, T_KVM_CREATE_SPAPR_TCE, NULL), "KVM_CREATE_SPAPR_TCE(NULL)");
	call(ioctl(vm, T_KVM_CREATE_SPAPR_TCE_64, NULL), "KVM_CREATE_SPAPR_TCE_64(NULL)");
	call(ioctl(vm, T_KVM_CREATE_SPAPR_TCE_64, UNMAPPED), "KVM_CREATE_SPAPR_TCE_64(unmapped)");
	for (unsigned n8 = 8; n8 < 32; n8 += 8) {
		if (n8 < 16)
			call(ioctl(vm, T_KVM_CREATE_SPAPR_TCE, edge(n8)), "KVM_CREATE_SPAPR_TCE(%u bytes accessible)", n8);
		call(ioctl(vm, T_KVM_CREATE_SPAPR_TCE_64, edge(n8)), "KVM_CREATE_SPAPR_TCE_64(%u bytes accessible)", n8);
	}
	struct t_kvm_spapr_tce *t = pages(1);
	*t = (struct t_kvm_spapr_tce){ 1, 0x10000 };
	mprotect(t, PAGE, PROT_READ);
	shown_table(callfd(ioctl(vm, T_KVM_CREATE_SPAPR_TCE, t), "KVM_CREATE_SPAPR_TCE(read-only)"));
	call(ioctl(vm, _IOC(_IOC_WRITE, KVMIO, 0xa8, 24), t), "KVM's 0xa8 with a size of 24");
	call(ioctl(vm, _IOC(_IOC_READ, KVMIO, 0xa8, 16), t), "KVM's 0xa8 that reads");
}

static void busy(void)
{
	section("the same LIOBN");
	int a = table(vm, 1, 0x10000);
	table(vm, 1, 0x10000);
	table64(vm, 1, 16, 0, 16);
	table64(vm, 1, 16, DYNAMIC >> 16, 4096);
	table64(vm, 0x100000001, 16, 0, 16);
	table64(vm, 1, 16, 0, 0);
	table64(vm, 1, 99, 0, 16);
	int copy = dup(a);
	close_it(a, "table");
	table(vm, 1, 0x10000);
	close_it(copy, "its copy");
	a = table(vm, 1, 0x10000);
	note("it is mapped, and its descriptor closed:");
	uint64_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0);
	close_it(a, "table");
	table(vm, 1, 0x10000);
	touch(p, true, 1, "the table");
	munmap(p, PAGE);
	a = table(vm, 1, 0x10000);
	int other = new_vm();
	int b = table(other, 1, 0x10000);
	close_it(other, "other vm");
	close_it(b, "other's table");
	close_it(a, "table");
}

static void file(void)
{
	section("the file");
	int t = table64(vm, 1, 12, 0, TCES + 1);
	char buffer[16];
	struct pollfd p = { t, POLLIN | POLLOUT, 0 };
	fd_link(t, "table");
	open_flags(t);
	call(fcntl(t, F_GETFD), "fcntl(F_GETFD)");
	call(read(t, buffer, 8), "read(8)");
	call(write(t, buffer, 8), "write(8)");
	call(pread(t, buffer, 8, 0), "pread(8, 0)");
	call(pwrite(t, buffer, 8, 0), "pwrite(8, 0)");
	call(lseek(t, 0, SEEK_SET), "lseek(0, SET)");
	call(lseek(t, 0, SEEK_END), "lseek(0, END)");
	call(poll(&p, 1, 0), "poll(IN|OUT)");
	more(" revents=%x", p.revents);
	call(ftruncate(t, 0), "ftruncate(0)");
	call(ftruncate(t, PAGE), "ftruncate(one page)");
	call(fallocate(t, 0, 0, PAGE), "fallocate(one page)");
	call(fsync(t), "fsync");
	call(ioctl(t, 0, 0), "ioctl(0)");
	call(ioctl(t, KVM_CHECK_EXTENSION, KVM_CAP_SPAPR_TCE), "ioctl(KVM_CHECK_EXTENSION)");
	call(ioctl(t, VFIO_GET_API_VERSION), "ioctl(VFIO_GET_API_VERSION)");
	close_it(t, "table");
}

static uint64_t *mapped(int t, size_t n, int prot, int flags, off_t offset, const char *what)
{
	return callptr(mmap(NULL, n * PAGE, prot, flags, t, offset * (off_t)PAGE), "mmap(%zu pages, %s, offset=%ld pages)",
		n, what, (long)offset);
}

static void mapping(void)
{
	section("mmap: a table of one page and one TCE, which is two pages");
	int t = table64(vm, 1, 12, 0, TCES + 1);
	uint64_t *p = mapped(t, 2, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "RW, SHARED");
	touch(p, false, 0, "the first");
	touch(p, true, 0x1234, "the first");
	touch(p + TCES, true, 0x5678, "the last");
	touch(p + TCES + 1, true, 0x9abc, "one behind the last");
	touch(p + 2 * TCES - 1, false, 0, "the end of its page");
	uint64_t *q = mapped(t, 4, PROT_READ | PROT_WRITE, MAP_SHARED, 1, "RW, SHARED");
	touch(q, false, 0, "page 1");
	touch(q + TCES, false, 0, "page 2");
	touch(q + TCES, true, 1, "page 2");
	touch(q + 3 * TCES, true, 1, "page 4");
	q = mapped(t, 1, PROT_READ, MAP_SHARED, 2, "R, SHARED");
	if (q != MAP_FAILED)
		touch(q, false, 0, "page 2");
	q = mapped(t, 1, PROT_READ, MAP_SHARED, 1l << 40, "R, SHARED");
	if (q != MAP_FAILED)
		touch(q, false, 0, "far behind");
	callptr(mmap(NULL, 0, PROT_READ, MAP_SHARED, t, 0), "mmap(size 0)");
	section("mmap: protections");
	q = mapped(t, 1, PROT_READ, MAP_SHARED, 0, "R, SHARED");
	touch(q, false, 0, "the first");
	touch(q, true, 1, "the first");
	call(mprotect(q, PAGE, PROT_READ | PROT_WRITE), "mprotect(RW)");
	touch(q, true, 2, "the first");
	touch(p, false, 0, "the first, by the other mapping");
	q = mapped(t, 1, PROT_NONE, MAP_SHARED, 0, "NONE, SHARED");
	touch(q, false, 0, "the first");
	q = mapped(t, 1, PROT_READ | PROT_EXEC, MAP_SHARED, 0, "RX, SHARED");
	q = mapped(t, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, "RW, PRIVATE");
	if (q != MAP_FAILED) {
		touch(q, false, 0, "the first, private");
		touch(q, true, 3, "the first, private");
		touch(p, false, 0, "the first");
		touch(p + 1, true, 4, "the second");
		touch(q + 1, false, 0, "the second, private");
	}
	section("mmap: more of it");
	call(msync(p, PAGE, MS_SYNC), "msync");
	call(mlock(p, PAGE), "mlock(one page)");
	locked();
	call(munlock(p, PAGE), "munlock(one page)");
	locked();
	pid_t pid = child_start();
	if (pid == 0) {
		touch(p, false, 0, "child: the first");
		touch(p, true, 6, "child: the first");
		child_end();
	}
	child_wait(pid);
	touch(p, false, 0, "the first");
	note("all descriptors close:");
	close_it(t, "table");
	close_it(vm, "vm");
	touch(p, true, 7, "the first");
	touch(p + TCES, false, 0, "the last");
	call(munmap(p, 2 * PAGE), "munmap");
	locked();
	vm = new_vm();
	t = table64(vm, 1, 12, 0, 16);
	p = mapped(t, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "RW, SHARED");
	touch(p, false, 0, "the first of a new table");
	close_it(t, "table");
	call(munmap(p, PAGE), "munmap");
	locked();
}

static void ends(void)
{
	section("what is counted, and when it goes");
	static const uint64_t n[] = { 1, TCES, TCES + 1, 4 * TCES, 1 << 20 };
	for (size_t i = 0; i < COUNT(n); i++)
		shown_table(table64(vm, 1, 16, 0, n[i]));
	int a = table64(vm, 1, 16, 0, 16), b = table64(vm, 2, 16, 0, 16);
	close_it(vm, "vm");
	close_it(a, "table 1");
	close_it(b, "table 2");
	vm = new_vm();
	note("a child has the last descriptor:");
	a = table64(vm, 1, 16, 0, 16);
	int hold[2];
	if (pipe(hold))
		die("pipe");
	pid_t pid = child_start();
	if (pid == 0) {
		char byte;
		close(hold[1]);
		if (read(hold[0], &byte, 1) < 0)
			die("read");
		close(a);
		t_locked = locked_now();
		child_end();
	}
	close(hold[0]);
	close_it(a, "table");
	table64(vm, 1, 16, 0, 16);
	close(hold[1]);
	child_wait(pid);
	note("the child has closed it:");
	locked();
	a = table64(vm, 1, 16, 0, 16);
	close_it(a, "table");
	note("many:");
	int fds[100], made = 0;
	for (int i = 0; i < 100; i++) {
		struct t_kvm_spapr_tce t = { 1000 + i, 0x10000 };
		made += (fds[i] = ioctl(vm, T_KVM_CREATE_SPAPR_TCE, &t)) >= 0;
	}
	note("%d of 100 tables", made);
	locked();
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	note("closed");
	locked();
}

int main(int argc, char **argv)
{
	spapr_start(argc, argv);
	catch_signals();
	vm = new_vm();
	arguments();
	busy();
	file();
	mapping();
	ends();
	close_it(vm, "vm");
	return finish();
}
