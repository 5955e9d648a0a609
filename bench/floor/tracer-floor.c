/* SPDX-License-Identifier: MIT
 *
 * The floor under a trapped MMIO access: a ptrace tracer that takes the SIGBUS or SIGSEGV of a load or store, learns
 * where and by which instruction, emulates it if it is the one 32-bit mov it knows (mov32.h), and lets the program go
 * on. Every tracer has to make these six system calls (wait, siginfo, registers, instruction, registers, continue)
 * unless it caches, so the ratio to it is what our own decoding, dispatch and device model cost.
 *
 *     tracer-floor [--cpu N] [--pin same|other|none] -- PROGRAM [ARG]...
 *
 * One register stands for the device: a store sets it, a load returns its inverse (as edu's liveness register does, so
 * that the client can check what it reads). One thread only: this is a floor, not a tracer for real programs.
 */
#include "floor.h"
#include "mov32.h"
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

/* The signals of an access that has no memory behind it, or none that it may use. */
static bool is_access_fault(int signal)
{
	return signal == SIGBUS || signal == SIGSEGV;
}

/* Emulates the access that stopped the program. False: the signal is the program's own. */
static bool emulate(pid_t child)
{
	static uint32_t device;
	struct user_regs_struct registers;
	siginfo_t info;
	uint8_t code[15]; /* the longest instruction there is */
	struct iovec local = { .iov_base = code, .iov_len = sizeof(code) }, remote;

	if (ptrace(PTRACE_GETSIGINFO, child, NULL, &info) || ptrace(PTRACE_GETREGS, child, NULL, &registers))
		die("cannot read the program's state");
	remote = (struct iovec){ .iov_base = (void *)registers.rip, .iov_len = sizeof(code) };
	if (process_vm_readv(child, &local, 1, &remote, 1, 0) < MOV32_LENGTH)
		return false;
	if (code[1] != MOV32_MODRM || (uint64_t)info.si_addr != registers.rcx)
		return false;
	if (code[0] == MOV32_LOAD)
		registers.rax = (uint32_t)~device; /* a 32-bit load clears the upper half */
	else if (code[0] == MOV32_STORE)
		device = (uint32_t)registers.rax;
	else
		return false;
	registers.rip += MOV32_LENGTH;
	if (ptrace(PTRACE_SETREGS, child, NULL, &registers))
		die("PTRACE_SETREGS");
	return true;
}

static int trace(pid_t child)
{
	bool started = false;

	for (;;) {
		int status, signal;

		if (waitpid(child, &status, __WALL) != child)
			die("waitpid");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (!started && ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL))
			die("PTRACE_SETOPTIONS");
		started = true;
		signal = WSTOPSIG(status);
		/* SIGTRAP is the stop at exec. */
		if (signal == SIGTRAP || (is_access_fault(signal) && emulate(child)))
			signal = 0;
		if (ptrace(PTRACE_CONT, child, NULL, signal))
			die("PTRACE_CONT");
	}
}

int main(int argc, char **argv)
{
	struct floor_options options = floor_parse(argc, argv);
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			die("ptrace(PTRACE_TRACEME): this kernel or container forbids tracing");
		execvp(options.program[0], options.program);
		fprintf(stderr, "tracer-floor: cannot run %s: %s\n", options.program[0], strerror(errno));
		_exit(127);
	}
	floor_pin(&options);
	return trace(child);
}
