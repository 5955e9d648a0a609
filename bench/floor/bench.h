/* SPDX-License-Identifier: MIT
 *
 * What the programs of this folder share: time, pinning, medians and option parsing.
 *
 * A result is one line, "name min median", in nanoseconds for each operation. Anything else goes to stderr, so that
 * bench/run.sh can read stdout without guessing.
 */
#ifndef VIADUCT_BENCH_H
#define VIADUCT_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Ours, as env(1) keeps 125 for itself: a target's own status is never mistaken for the harness's. */
#define EXIT_HARNESS 125

static inline void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	int error = errno;
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	fputc('\n', stderr);
	exit(EXIT_HARNESS);
}

static inline void __attribute__((noreturn, format(printf, 1, 2))) usage(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "usage: %s ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_HARNESS);
}

static inline int64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Leaves the caller on one CPU. A negative number means "wherever the scheduler likes". */
static inline void pin_to(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("cannot run on CPU %d", cpu);
}

static inline long parse_number(const char *text, long least, long most, const char *what)
{
	char *end;
	long value;

	errno = 0;
	value = text ? strtol(text, &end, 0) : 0;
	if (!text || end == text || *end || errno || value < least || value > most) {
		errno = 0;
		die("%s wants a number from %ld to %ld, not '%s'", what, least, most, text ? text : "nothing");
	}
	return value;
}

static inline int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Sorts the samples (one for each batch) and prints the result line. */
static inline void report(const char *name, double *samples, size_t count)
{
	double median;

	qsort(samples, count, sizeof(*samples), compare_doubles);
	median = count % 2 ? samples[count / 2] : (samples[count / 2 - 1] + samples[count / 2]) / 2;
	printf("%s %.3f %.3f\n", name, samples[0], median);
	fflush(stdout);
}

#endif
