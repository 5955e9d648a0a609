/* What the programs about RLIMIT_MEMLOCK on POWER share. */
#ifndef SPAPR_LIMIT_H
#define SPAPR_LIMIT_H

#include "spapr.h"
#include <linux/capability.h>

static void drop_ipc_lock(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	if (syscall(SYS_capget, &h, d))
		die("capget");
	d[0].effective &= ~(1u << CAP_IPC_LOCK);
	d[0].permitted &= ~(1u << CAP_IPC_LOCK);
	if (syscall(SYS_capset, &h, d))
		die("capset");
}

static void limit(unsigned long bytes)
{
	struct rlimit r;
	getrlimit(RLIMIT_MEMLOCK, &r);
	r.rlim_cur = bytes;
	call(setrlimit(RLIMIT_MEMLOCK, &r), "setrlimit(MEMLOCK, %#lx)", bytes);
}

static bool has_ipc_lock(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	if (syscall(SYS_capget, &h, d))
		die("capget");
	return d[0].effective & (1u << CAP_IPC_LOCK);
}

/* Ends the program where no process may have as high a limit, and where it has not the capability that it shows as well. */
static void needs_limit(unsigned long bytes)
{
	struct rlimit r;
	if (!has_ipc_lock()) {
		note("needs CAP_IPC_LOCK");
		flush();
		_exit(77);
	}
	getrlimit(RLIMIT_MEMLOCK, &r);
	if (r.rlim_max >= bytes)
		return;
	r.rlim_max = bytes;
	if (setrlimit(RLIMIT_MEMLOCK, &r) == 0)
		return;
	note("RLIMIT_MEMLOCK cannot be %lu KiB here", bytes / KIB);
	flush();
	_exit(77);
}

/* Children, so that each starts with nothing locked. */
static unused void in_a_child(void (*what)(void), bool drop)
{
	pid_t pid = child_start();
	if (pid == 0) {
		if (drop)
			drop_ipc_lock();
		t_locked = locked_now();
		what();
		child_end();
	}
	child_wait(pid);
}

#endif
