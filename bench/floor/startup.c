/* SPDX-License-Identifier: MIT
 *
 * How long a command takes from its start to its end: spawn, exec and wait, N times. stdin and stdout are /dev/null,
 * stderr is ours, so that a command that fails says why. A status other than 0 ends the measurement.
 *
 *     startup [--runs N] -- PROGRAM [ARG]...
 */
#include "bench.h"
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static double run_once(char **program, const posix_spawn_file_actions_t *actions)
{
	int64_t start = now_ns();
	pid_t child;
	int status;

	errno = posix_spawnp(&child, program[0], actions, NULL, program, environ);
	if (errno)
		die("cannot run %s", program[0]);
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	if (status) {
		errno = 0;
		die("%s ended with %s %d", program[0], WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return now_ns() - start;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	double *samples;
	long runs = 20;
	int i = 1;

	if (i + 1 < argc && !strcmp(argv[i], "--runs")) {
		runs = parse_number(argv[i + 1], 1, 100000, "--runs");
		i += 2;
	}
	if (i + 1 >= argc || strcmp(argv[i], "--"))
		usage("[--runs N] -- PROGRAM [ARG]...");
	argv += i + 1;

	samples = calloc(runs, sizeof(*samples));
	if (!samples || posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0))
		die("no memory for %ld runs", runs);
	run_once(argv, &actions); /* brings the files into the page cache */
	for (long run = 0; run < runs; run++)
		samples[run] = run_once(argv, &actions);
	report("startup", samples, runs);
	return 0;
}
