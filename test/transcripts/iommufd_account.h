/*
 * Who pays for locked pages, in each mode of IOMMU_OPTION_RLIMIT_MODE, of which 1 takes CAP_SYS_RESOURCE. Without CAP_IPC_LOCK: with it
 * nothing is charged, and Linux 7.3 then forgets to move VmPin in CHANGE_PROCESS, which wraps below zero.
 */
#ifndef TRANSCRIPTS_IOMMUFD_ACCOUNT_H
#define TRANSCRIPTS_IOMMUFD_ACCOUNT_H

#include "edu.h"
#include "iommufd.h"

static void processes(int mode)
{
	section("CHANGE_PROCESS");
	int i = open_iommu();
	if (mode)
		option(i, 0, 0, 0, mode);
	__u32 s = ioas(i), t = ioas(i);
	int good = memfd("good", 8 * PAGE);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, 4 * PAGE, 0x10000);
	int d = bound_device(i, NULL);
	struct t_attach a = { 12, 0, s, 0 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH(%u)", s);
	locked("attached");
	change_process(i);
	locked("changed to the same process");
	copy(i, t, s, T_FIXED_RW, 2 * PAGE, 0x20000, 0x10000);
	copy(i, s, s, T_FIXED_RW, 2 * PAGE, 0x30000, 0x10000);
	locked("copied");
	int go[2], done[2];
	char byte = 0;
	if (pipe(go) || pipe(done))
		die("pipe");
	pid_t pid = child_start();
	if (pid == 0) {
		locked("the child");
		change_process(i);
		locked("the child, changed");
		flush();
		if (write(done[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
			die("pipe");
		locked("the child, when the parent has changed back");
		child_end();
	}
	if (read(done[0], &byte, 1) != 1)
		die("pipe");
	locked("the parent");
	change_process(i);
	locked("the parent, changed back");
	flush();
	if (write(go[1], &byte, 1) != 1)
		die("pipe");
	child_wait(pid);
	unmap(i, s, 0x30000, 2 * PAGE);
	unmap(i, s, 0x10000, 4 * PAGE);
	locked("unmapped");
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, 4 * PAGE, 0x10000);
	locked("mapped");
	close(d);
	locked("the device is closed");
	close(i);
	locked("all is closed");
}

static void accounts(int mode)
{
	section("who pays");
	int i = open_iommu();
	if (mode)
		option(i, 0, 0, 0, mode);
	__u32 s = ioas(i), t = ioas(i);
	char *p = pages(8);
	locked("before");
	map(i, s, T_FIXED_RW, p, 8 * PAGE, 0x10000, "va");
	locked("mapped");
	int d = bound_device(i, NULL);
	struct t_attach a = { 12, 0, s, 0 };
	call(ioctl(d, T_ATTACH, &a), "ATTACH(%u)", s);
	locked("attached");
	map(i, s, T_FIXED_RW, p, 4 * PAGE, 0x30000, "the same memory");
	locked("the same memory mapped again");
	copy(i, s, s, T_FIXED_RW, 4 * PAGE, 0x50000, 0x10000);
	locked("copied");
	unmap(i, s, 0x10000, 8 * PAGE);
	locked("unmapped the first");
	copy(i, t, s, T_FIXED_RW, 2 * PAGE, 0x10000, 0x50000);
	unmap(i, s, 0, -1);
	locked("unmapped all that is attached");
	a.pt_id = t;
	call(ioctl(d, T_ATTACH, &a), "ATTACH(%u)", t);
	locked("attached to the other");
	close(d);
	locked("device closed");
	close(i);
}

#endif
