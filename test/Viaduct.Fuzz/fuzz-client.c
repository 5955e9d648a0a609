/*
 * A VFIO program from hell: calls in random order with random arguments, from a seed.
 *
 *   fuzz-client spawner COUNTER BDF...       runs a client for each seed on stdin
 *   fuzz-client client SEED COUNTER BDF...   one client; COUNTER is a file whose first 8 bytes count the calls
 *   fuzz-client again SEED DEPTH             what clients execute, with COUNTER and BDFs from the environment
 */
#include "fuzz.h"

volatile int fds[FDS];
volatile struct memory memories[MEMORIES], bars[BARS];
char *addresses[DEVICES];
int groups[DEVICES], device_count;
u8 *argument, *traps;
volatile u64 *counter;
__thread u64 random_state;
__thread sigjmp_buf recovery;
__thread volatile sig_atomic_t recoverable;

static void on_fault(int signal)
{
	if (recoverable)
		siglongjmp(recovery, signal);
	_exit(99); /* the client's own end: its memory may be anything by now */
}

static void on_alarm(int signal) { (void)signal; }

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = flags };

	sigaction(signal, &act, NULL);
}

static void prepare(const char *path)
{
	int fd = open(path, O_RDWR);
	/* far from whatever runs over the end of a BAR */
	u8 *guard = mmap(NULL, 128 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	counter = mmap(guard + 64 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (fd < 0 || counter == MAP_FAILED)
		_exit(98);
	close(fd);
	argument = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	traps = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(traps + PAGE, PAGE, PROT_READ);
	mprotect(traps + 2 * PAGE, PAGE, PROT_NONE);
	munmap(traps + 3 * PAGE, PAGE);
	for (int i = 0; i < FDS; i++)
		fds[i] = -1;
	for (int i = 0; i < device_count; i++) {
		char link[128], target[256];
		ssize_t n;

		snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", addresses[i]);
		n = readlink(link, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = 0;
		groups[i] = n > 0 && strrchr(target, '/') ? atoi(strrchr(target, '/') + 1) : 0;
	}
	handle(SIGSEGV, on_fault, SA_NODEFER);
	handle(SIGBUS, on_fault, SA_NODEFER);
	handle(SIGFPE, on_fault, SA_NODEFER);
	handle(SIGILL, on_fault, SA_NODEFER);
	handle(SIGALRM, on_alarm, 0);
	handle(SIGPIPE, SIG_IGN, 0);
}

static void run(int calls, int depth)
{
	if (!one_in(8))
		for (int i = 0; i < 4; i++)
			set_up();
	for (int i = 0; i < calls; i++) {
		switch (below(16)) {
		case 0: any_process_call(depth); break;
		case 1: case 2: case 3: touch_bar(); break;
		case 4: program_device(); break;
		default: any_call();
		}
	}
	end(depth);
}

int main(int argc, char **argv)
{
	char *path = getenv("FUZZ_COUNTER");

	if (argc >= 4 && strcmp(argv[1], "spawner") == 0)
		return spawner("/proc/self/exe", argv + 2);
	if (argc >= 5 && strcmp(argv[1], "client") == 0) {
		path = argv[3];
		setenv("FUZZ_COUNTER", path, 1);
		for (int i = 4; i < argc && device_count < DEVICES; i++) {
			char name[16];

			snprintf(name, sizeof(name), "FUZZ_BDF%d", device_count);
			setenv(name, argv[i], 1);
			addresses[device_count++] = argv[i];
		}
	} else if (argc == 4 && strcmp(argv[1], "again") == 0 && path) {
		for (char name[] = "FUZZ_BDF0"; device_count < DEVICES && getenv(name); name[8]++)
			addresses[device_count++] = getenv(name);
	} else {
		fprintf(stderr, "usage: fuzz-client spawner COUNTER BDF... | client SEED COUNTER BDF...\n");
		return 2;
	}
	prepare(path);
	seed_with(strtoull(argv[2], NULL, 10));
	if (strcmp(argv[1], "again") == 0)
		run(20 + below(40), atoi(argv[3]));
	run(50 + below(400), 0);
}
