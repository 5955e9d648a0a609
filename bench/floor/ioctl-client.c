/* SPDX-License-Identifier: MIT
 *
 * The price of one intercepted ioctl: VFIO_GET_API_VERSION, which carries no memory and changes nothing, so that all
 * that is measured is the way to the answer and back. Runs unchanged under supervisor-floor, under `viaduct run` and on a
 * kernel that has VFIO.
 *
 * Under the floor there is no /dev/vfio/vfio: --path names any file that can be opened, because seccomp decides
 * before the kernel looks at the fd.
 */
#include "bench.h"
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

struct options {
	const char *path;
	int cpu;
	long calls, batches;
};

static struct options parse(int argc, char **argv)
{
	struct options options = { .path = "/dev/vfio/vfio", .cpu = -1, .calls = 2000, .batches = 15 };

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--cpu"))
			options.cpu = parse_number(value, 0, CPU_SETSIZE - 1, "--cpu");
		else if (!strcmp(argv[i], "--calls"))
			options.calls = parse_number(value, 1, 100000000, "--calls");
		else if (!strcmp(argv[i], "--batches"))
			options.batches = parse_number(value, 1, 100000, "--batches");
		else if (!strcmp(argv[i], "--path") && value)
			options.path = value;
		else
			usage("[--cpu N] [--calls N] [--batches N] [--path FILE]");
		i++;
	}
	return options;
}

static double batch(int fd, long calls)
{
	int64_t start = now_ns();

	for (long i = 0; i < calls; i++) {
		int version = ioctl(fd, VFIO_GET_API_VERSION);

		if (version != VFIO_API_VERSION)
			die("call %ld: VFIO_GET_API_VERSION returned %d, not %d", i, version, VFIO_API_VERSION);
	}
	return (double)(now_ns() - start) / calls;
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	double *samples = calloc(options.batches, sizeof(*samples));
	int fd;

	if (!samples)
		die("no memory for %ld batches", options.batches);
	pin_to(options.cpu);
	fd = open(options.path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("open(%s)", options.path);
	batch(fd, options.calls); /* warms caches, and a JIT */
	for (long i = 0; i < options.batches; i++)
		samples[i] = batch(fd, options.calls);
	report("ioctl", samples, options.batches);
	return 0;
}
