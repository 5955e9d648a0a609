/* SPDX-License-Identifier: MIT
 *
 * The floor under IOVA translation: mappings in one sorted array, the last hit tried first, then a branch-free binary
 * search of the first addresses, then bounds, permission and distance to the mapping's end. No locks, no updates, no ownership: what is left when everything that
 * makes an IOMMU hard is taken away.
 *
 *     translate-floor [--cpu N] [--batches N] MAPPINGS...
 *
 * Layout and addresses are those of Viaduct.Bench's TranslationBenchmarks: mappings of 4 KiB, 8 KiB apart, 4096 addresses
 * drawn by xorshift64 from seed 1, walked round and round.
 */
#include "bench.h"

#define MAPPING_SIZE 0x1000u
#define MAPPING_STRIDE 0x2000u
#define FIRST_IOVA 0x100000000u
#define ADDRESSES 4096
#define ROUNDS 64

struct mapping {
	uint64_t first, last;
	uint8_t *memory;
	uint32_t access;
};

struct translation {
	uint8_t *memory;
	uint64_t length;
};

struct table {
	uint64_t *firsts; /* the mappings' first addresses again, close together for the search */
	struct mapping *mappings;
	size_t count, hint;
};

/* The last mapping that starts at or below the address; the first one where none does. */
static size_t search(const struct table *table, uint64_t iova)
{
	const uint64_t *base = table->firsts;
	size_t count = table->count;

	while (count > 1) {
		size_t half = count / 2;

		/* Arithmetic, not a branch: a random address would be mispredicted at every step. */
		base += (size_t)(base[half] <= iova) * half;
		count -= half;
	}
	return base - table->firsts;
}

/* Out of line, as a call through a library's interface would be. */
static bool __attribute__((noinline)) translate(struct table *table, uint64_t iova, uint32_t access,
						struct translation *translation)
{
	const struct mapping *mapping = &table->mappings[table->hint];

	if (iova < mapping->first || iova > mapping->last) {
		size_t found = search(table, iova);

		mapping = &table->mappings[found];
		if (iova < mapping->first || iova > mapping->last)
			return false;
		table->hint = found;
	}
	if ((mapping->access & access) != access)
		return false;
	translation->memory = mapping->memory + (iova - mapping->first);
	translation->length = mapping->last - iova + 1;
	return true;
}

static void fill(struct table *table, size_t count)
{
	table->mappings = calloc(count, sizeof(*table->mappings));
	table->firsts = calloc(count, sizeof(*table->firsts));
	if (!table->mappings || !table->firsts)
		die("no memory for %zu mappings", count);
	table->count = count;
	table->hint = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t first = FIRST_IOVA + (uint64_t)i * MAPPING_STRIDE;

		table->firsts[i] = first;
		/* Nothing is read through the pointer: any number will do. */
		table->mappings[i] = (struct mapping){ first, first + MAPPING_SIZE - 1, (uint8_t *)first, 3 };
	}
}

static void draw(uint64_t *addresses, size_t mappings, bool random)
{
	uint64_t state = 1;

	for (size_t i = 0; i < ADDRESSES; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		addresses[i] = FIRST_IOVA;
		if (random)
			addresses[i] += state % mappings * MAPPING_STRIDE + (state >> 32) % MAPPING_SIZE;
		else
			addresses[i] += mappings / 2 * MAPPING_STRIDE + 0x10;
	}
}

static double batch(struct table *table, const uint64_t *addresses)
{
	static volatile uint64_t sink;
	uint64_t sum = 0;
	int64_t start = now_ns();

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < ADDRESSES; i++) {
			struct translation translation;

			if (!translate(table, addresses[i], 1, &translation))
				die("%#" PRIx64 " is not mapped", addresses[i]);
			sum += translation.length;
		}
	}
	start = now_ns() - start;
	sink = sum;
	(void)sink;
	return (double)start / ((double)ROUNDS * ADDRESSES);
}

static void measure(size_t mappings, bool random, long batches)
{
	uint64_t addresses[ADDRESSES];
	struct table table;
	double *samples = calloc(batches, sizeof(*samples));
	char name[64];

	if (!samples)
		die("no memory for %ld batches", batches);
	fill(&table, mappings);
	draw(addresses, mappings, random);
	batch(&table, addresses);
	for (long i = 0; i < batches; i++)
		samples[i] = batch(&table, addresses);
	snprintf(name, sizeof(name), "translate-%zu-%s", mappings, random ? "random" : "same");
	report(name, samples, batches);
	free(table.firsts);
	free(table.mappings);
	free(samples);
}

int main(int argc, char **argv)
{
	long batches = 15;
	int cpu = -1, i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--cpu"))
			cpu = parse_number(argv[i + 1], 0, CPU_SETSIZE - 1, "--cpu");
		else if (!strcmp(argv[i], "--batches"))
			batches = parse_number(argv[i + 1], 1, 100000, "--batches");
		else
			break;
	}
	if (i >= argc || argv[i][0] == '-')
		usage("[--cpu N] [--batches N] MAPPINGS...");
	pin_to(cpu);
	for (; i < argc; i++) {
		size_t mappings = parse_number(argv[i], 1, 1 << 24, "MAPPINGS");

		measure(mappings, false, batches);
		measure(mappings, true, batches);
	}
	return 0;
}
