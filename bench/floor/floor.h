/* SPDX-License-Identifier: MIT
 *
 * The command line of the two floors: [--cpu N] [--pin same|other|none] -- PROGRAM [ARG]...
 */
#ifndef VIADUCT_BENCH_FLOOR_H
#define VIADUCT_BENCH_FLOOR_H

#include "bench.h"

enum floor_pin { PIN_SAME, PIN_OTHER, PIN_NONE };

struct floor_options {
	int cpu; /* where the program will pin itself */
	enum floor_pin pin;
	char **program;
};

static inline struct floor_options floor_parse(int argc, char **argv)
{
	static const char *const names[] = { "same", "other", "none" };
	struct floor_options options = { .cpu = 0, .pin = PIN_NONE };
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		int pin = 0;

		if (!strcmp(argv[i], "--cpu")) {
			options.cpu = parse_number(value, 0, CPU_SETSIZE - 1, "--cpu");
			continue;
		}
		while (pin < 3 && strcmp(value, names[pin]))
			pin++;
		if (strcmp(argv[i], "--pin") || pin == 3)
			usage("[--cpu N] [--pin same|other|none] -- PROGRAM [ARG]...");
		options.pin = pin;
	}
	if (i + 1 >= argc)
		usage("[--cpu N] [--pin same|other|none] -- PROGRAM [ARG]...");
	options.program = argv + i + 1;
	return options;
}

static inline void floor_pin(const struct floor_options *options)
{
	if (options->pin == PIN_SAME)
		pin_to(options->cpu);
	else if (options->pin == PIN_OTHER)
		pin_to(options->cpu == 0 ? 1 : 0);
}

#endif
