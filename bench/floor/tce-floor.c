/* SPDX-License-Identifier: MIT
 *
 * The floor under TCE hypercalls: a guest's table is found by its LIOBN in a list, the bus address is checked, then the entry's alignment, the memory slot
 * and the registered range, which were found last time too; the guest's entry and the hardware's are stored in flat arrays. Nothing can
 * leave meanwhile, no table grows, no device translates.
 *
 *     tce-floor [--cpu N] [--batches N] PAGES...
 *
 * PAGES is the table's size. The working set and the order are those of Viaduct.Bench's TceRun: 4,096 pages in the table's middle, written
 * one by one, taken back by 512, written by 512, taken back.
 */
#include "bench.h"

#define SET 4096
#define LIST 512
#define ROUNDS 64
#define PAGE_SHIFT 16
#define GUEST_SIZE (UINT64_C(1) << 28)
#define TABLES 4

struct range {
	uint64_t first, size, leads_to;
};

struct table {
	uint64_t liobn, offset, size;
	uint32_t shift;
	uint64_t *guest, *hardware;
};

struct machine {
	struct table *tables[TABLES];
	const struct range *slots, *regions; /* a list of one each, as found last time */
};

static const struct table *find(const struct machine *machine, uint64_t liobn)
{
	for (int i = 0; i < TABLES; i++)
		if (machine->tables[i]->liobn == liobn)
			return machine->tables[i];
	return NULL;
}

static bool locate(const struct table *table, uint64_t ioba, uint64_t pages, uint64_t *index)
{
	uint64_t entry = ioba >> table->shift;

	*index = entry - table->offset;
	return entry << table->shift == ioba && entry >= table->offset && pages <= table->size && *index <= table->size - pages;
}

static bool lead(const struct machine *machine, const struct table *table, uint64_t tce, uint64_t *address)
{
	uint64_t guest = tce & ~UINT64_C(3), size = UINT64_C(1) << table->shift;

	if (guest & (size - 1) || guest - machine->slots->first >= machine->slots->size)
		return false;
	*address = guest - machine->slots->first + machine->slots->leads_to;
	return *address - machine->regions->first <= machine->regions->size - size;
}

/* Out of line, as a call through a library's interface would be. */
static long __attribute__((noinline)) put(struct machine *machine, uint64_t liobn, uint64_t ioba, uint64_t tce)
{
	const struct table *table = find(machine, liobn);
	uint64_t index, address = 0;

	if (!table)
		return 9999;
	if (!locate(table, ioba, 1, &index))
		return -4;
	if ((tce & 3) && !lead(machine, table, tce, &address))
		return 9999;
	__atomic_store_n(&table->hardware[index], tce & 3 ? address | (tce & 3) : 0, __ATOMIC_RELEASE);
	__atomic_store_n(&table->guest[index], tce, __ATOMIC_RELEASE);
	return 0;
}

static long __attribute__((noinline)) put_indirect(struct machine *machine, uint64_t liobn, uint64_t ioba, const uint64_t *list, uint64_t count)
{
	const struct table *table = find(machine, liobn);
	uint64_t index, address, copy[LIST];

	if (!table)
		return 9999;
	if (count > LIST || !locate(table, ioba, count, &index))
		return -4;
	for (uint64_t i = 0; i < count; i++) {
		copy[i] = __builtin_bswap64(list[i]);
		if ((copy[i] & 3) && !lead(machine, table, copy[i], &address))
			return 9999;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!lead(machine, table, copy[i], &address))
			return -4;
		__atomic_store_n(&table->hardware[index + i], address | (copy[i] & 3), __ATOMIC_RELEASE);
		__atomic_store_n(&table->guest[index + i], copy[i], __ATOMIC_RELEASE);
	}
	return 0;
}

static long __attribute__((noinline)) stuff(struct machine *machine, uint64_t liobn, uint64_t ioba, uint64_t value, uint64_t count)
{
	const struct table *table = find(machine, liobn);
	uint64_t index;

	if (!table)
		return 9999;
	if (!locate(table, ioba, count, &index) || value & 3)
		return -4;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t old = __atomic_load_n(&table->hardware[index + i], __ATOMIC_RELAXED);

		if (!old)
			continue;
		if ((old & ~UINT64_C(3)) - machine->regions->first > machine->regions->size - (UINT64_C(1) << table->shift))
			return 9999;
		__atomic_store_n(&table->hardware[index + i], 0, __ATOMIC_RELEASE);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* no transfer goes by what was there */
	for (uint64_t i = 0; i < count; i++)
		table->guest[index + i] = value;
	return 0;
}

static struct table *make(uint64_t liobn, uint64_t pages)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		die("no memory");
	*table = (struct table){ liobn, 0, pages, PAGE_SHIFT, calloc(pages, 8), calloc(pages, 8) };
	if (!table->guest || !table->hardware)
		die("no memory for %" PRIu64 " entries", pages);
	return table;
}

static uint64_t order[SET], tces[SET], lists[SET / LIST][LIST];

static void clear(struct machine *machine, uint64_t liobn, uint64_t start)
{
	for (int i = 0; i < SET / LIST; i++)
		if (stuff(machine, liobn, start + ((uint64_t)i * LIST << PAGE_SHIFT), 0, LIST))
			die("H_STUFF_TCE");
}

static void batch(struct machine *machine, uint64_t liobn, uint64_t start, double times[4])
{
	int64_t at[6] = { 0 };

	for (int phase = 0; phase < 4; phase++)
		times[phase] = 0;
	for (int round = 0; round < ROUNDS; round++) {
		at[0] = now_ns();
		for (int i = 0; i < SET; i++)
			if (put(machine, liobn, start + order[i], tces[i]))
				die("H_PUT_TCE");
		at[1] = now_ns();
		for (int i = 0; i < SET; i++)
			if (put(machine, liobn, start + order[i], tces[SET - 1 - i]))
				die("H_PUT_TCE");
		at[2] = now_ns();
		clear(machine, liobn, start);
		at[3] = now_ns();
		for (int i = 0; i < SET / LIST; i++)
			if (put_indirect(machine, liobn, start + ((uint64_t)i * LIST << PAGE_SHIFT), lists[i], LIST))
				die("H_PUT_TCE_INDIRECT");
		at[4] = now_ns();
		clear(machine, liobn, start);
		for (int phase = 0; phase < 4; phase++)
			times[phase] += at[phase + 1] - at[phase];
	}
}

static void measure(uint64_t pages, long batches)
{
	static const char *const names[] = { "tce-put", "tce-replace", "tce-stuff", "tce-indirect" };
	static const int calls[] = { SET, SET, SET / LIST, SET / LIST };
	struct range slot = { 0, GUEST_SIZE, 0x10000000 }, region = { 0x10000000, GUEST_SIZE, 0 };
	struct machine machine = { { make(1, 512), make(2, 512), make(3, 512), make(4, pages) }, &slot, &region };
	double *samples[4], times[4];
	char name[64];

	for (int phase = 0; phase < 4; phase++)
		if (!(samples[phase] = calloc(batches, sizeof(double))))
			die("no memory");
	batch(&machine, 4, (pages - SET) / 2 << PAGE_SHIFT, times);
	for (long i = 0; i < batches; i++) {
		batch(&machine, 4, (pages - SET) / 2 << PAGE_SHIFT, times);
		for (int phase = 0; phase < 4; phase++)
			samples[phase][i] = times[phase] / ((double)ROUNDS * calls[phase]);
	}
	for (int phase = 0; phase < 4; phase++) {
		snprintf(name, sizeof(name), "%s-%" PRIu64, names[phase], pages);
		report(name, samples[phase], batches);
		free(samples[phase]);
	}
}

int main(int argc, char **argv)
{
	uint64_t state = 1;
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
		usage("[--cpu N] [--batches N] PAGES...");
	pin_to(cpu);
	for (int k = 0; k < SET; k++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		/* Each page once: 1,021 and 4,096 have no common divisor. */
		order[k] = (uint64_t)(k * 1021 % SET) << PAGE_SHIFT;
		tces[k] = (state % (GUEST_SIZE >> PAGE_SHIFT) << PAGE_SHIFT) | 3;
		lists[k / LIST][k % LIST] = __builtin_bswap64(tces[k]);
	}
	for (; i < argc; i++)
		measure(parse_number(argv[i], SET, 1 << 26, "PAGES"), batches);
	return 0;
}
