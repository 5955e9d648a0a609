/* What the parts of the fuzz client share: its randomness, its tables, and how it survives its own faults. */
#ifndef VIADUCT_FUZZ_H
#define VIADUCT_FUZZ_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

enum { FDS = 48, MEMORIES = 24, BARS = 12, DEVICES = 8, PAGE = 4096 };

struct memory { void *at; u64 size; };

/* Threads race on these on purpose, so they are volatile and nobody locks. */
extern volatile int fds[FDS];
extern volatile struct memory memories[MEMORIES], bars[BARS];
extern char *addresses[DEVICES]; /* BDFs */
extern int groups[DEVICES], device_count;
extern u8 *argument;             /* a page that a thread may flip while calls read it */
extern u8 *traps;                /* readable, read-only, inaccessible and missing pages, in this order */
extern volatile u64 *counter;    /* calls made, shared with the driver */
extern __thread u64 random_state;
extern __thread sigjmp_buf recovery;
extern __thread volatile sig_atomic_t recoverable;

/* xorshift64*: the sequence follows from the seed alone. */
static inline u64 rnd(void)
{
	u64 x = random_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random_state = x;
	return x * 0x2545f4914f6cdd1dull;
}

static inline u64 below(u64 n) { return (rnd() >> 11) % n; }
static inline int one_in(u64 n) { return below(n) == 0; }

static inline void seed_with(u64 seed)
{
	/* splitmix64, so that neighbouring seeds share nothing */
	seed += 0x9e3779b97f4a7c15ull;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ull;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebull;
	random_state = (seed ^ (seed >> 31)) | 1;
}

static inline void count(void) { __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }

/* Runs a statement that may fault; the rest of it is skipped then. */
#define TRY(statement) do { \
	if (sigsetjmp(recovery, 1) == 0) { recoverable = 1; statement; } \
	recoverable = 0; \
} while (0)

static inline u64 odd_number(void)
{
	static const u64 numbers[] = { 0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 24, 32, 64, 255, 256, 4095, 4096, 4097, 8192, 0x10000,
		1ull << 20, 0xfee00000, 0xfedff000, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 40, 7ull << 40,
		1ull << 47, 1ull << 48, INT64_MAX, 1ull << 63, -4096ull, -2ull, -1ull };

	return one_in(4) ? rnd() >> below(64) : numbers[below(sizeof(numbers) / sizeof(*numbers))];
}

static inline int any_fd(void) { return one_in(16) ? (int)odd_number() : fds[below(FDS)]; }

static inline void keep(int fd)
{
	if (fd < 0)
		return;
	volatile int *place = &fds[below(FDS)];
	if (*place > 2 && one_in(2))
		close(*place);
	*place = fd;
}

/* An address for a call to read or write `size` bytes at. */
static inline void *any_pointer(u64 size)
{
	switch (below(20)) {
	case 0: return NULL;
	case 1: return traps + PAGE + below(PAGE);                     /* read-only */
	case 2: return traps + 2 * PAGE;                               /* inaccessible */
	case 3: return traps + 2 * PAGE - below(size + 8);             /* ends there */
	case 4: return traps + 3 * PAGE + below(8);                    /* missing */
	case 5: return (void *)0xffff888000000000ull;
	case 6: return (void *)(u64)odd_number();
	case 7: return (u8 *)bars[below(BARS)].at + below(PAGE);
	case 8: return traps + PAGE - below(size + 8);                 /* from writable into read-only */
	default: return argument;
	}
}

/* fuzz-calls.c */
void set_up(void);
void any_call(void);
/* fuzz-mmio.c */
void touch_bar(void);
void program_device(void);
/* fuzz-process.c */
void any_process_call(int depth);
void end(int depth);
int spawner(char *self, char **rest);

#endif
