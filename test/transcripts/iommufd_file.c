/*
 * /dev/iommu: memory files mapped for DMA, who pays for locked pages, and what another process may take over.
 */
#include "iommufd_account.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void arguments(int i, __u32 s, int good)
{
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), regular = open("/proc/self/status", O_RDONLY);
	int pair[2];
	if (pipe(pair))
		die("pipe");
	map_file(i, s, 8, good, "memfd", 0, PAGE, 0x10000);
	map_file(i, s, T_FIXED, good, "memfd", 0, PAGE, 0x10000);
	map_file(i, 99, T_FIXED_RW, good, "memfd", 0, PAGE, 0x10000);
	map_file(i, 99, T_FIXED_RW, -1, "-1", 0, PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, -1, "-1", 0, PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, 999, "closed", 0, PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, 999, "closed", 0, 0, 0x10000);
	map_file(i, s, T_FIXED_RW, 999, "closed", -1, PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, PAGE, -1);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, -1, 0x10000);
	map_file(i, s, T_FIXED_RW, good, "memfd", -1, PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, good, "memfd", -PAGE, PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, good, "memfd", -PAGE, 2 * PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, 0, 0x10000);
	map_file(i, s, T_FIXED_RW, good, "memfd", 1, 3, 0x20001);
	map_file(i, s, T_FIXED_RW, null, "/dev/null", 0, PAGE, 0x30000);
	map_file(i, s, T_FIXED_RW, zero, "/dev/zero", 0, PAGE, 0x40000);
	map_file(i, s, T_FIXED_RW, regular, "a file of /proc", 0, PAGE, 0x50000);
	map_file(i, s, T_FIXED_RW, pair[0], "a pipe", 0, PAGE, 0x60000);
	map_file(i, s, T_FIXED_RW, i, "the iommufd", 0, PAGE, 0x70000);
	map_file(i, s, T_FIXED_RW, good, "memfd, beyond its end", 16 * PAGE, PAGE, 0x80000);
	map_file(i, s, T_FIXED_RW, good, "memfd, across its end", 7 * PAGE, 2 * PAGE, 0x90000);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, 8 * PAGE, 0xa0000);
	map_file(i, s, T_FIXED_RW, good, "memfd, again", 0, 8 * PAGE, 0xa0000);
	map_file(i, s, T_RW, good, "memfd, anywhere", 0, 8 * PAGE, 0);
	map_file(i, s, T_RW, good, "memfd, anywhere", 0x1000, 4 * PAGE, 0);
	map_file(i, s, T_RW, good, "memfd, anywhere", 0x10, 32, 0);
	unmap(i, s, 0, -1);
	close(null);
	close(zero);
	close(regular);
	close(pair[0]);
	close(pair[1]);
}

static void files(void)
{
	int i = open_iommu();
	__u32 s = ioas(i);
	int good = memfd("good", 8 * PAGE);
	section("MAP_FILE without a device");
	arguments(i, s, good);
	section("MAP_FILE with a device");
	int d = bound_device(i, NULL);
	struct t_attach a = { 12, 0, s, 0 };
	if (ioctl(d, T_ATTACH, &a))
		die("ATTACH");
	arguments(i, s, good);
	section("what kinds of descriptor");
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", good);
	int ro = open(path, O_RDONLY | O_CLOEXEC), only = open(path, O_PATH | O_CLOEXEC);
	map_file(i, s, T_FIXED_RW, ro, "memfd, read-only", 0, PAGE, 0x10000);
	map_file(i, s, T_FIXED | T_READABLE, ro, "memfd, read-only", 0, PAGE, 0x20000);
	map_file(i, s, T_FIXED_RW, only, "memfd, O_PATH", 0, PAGE, 0x30000);
	unmap(i, s, 0, -1);
	int sealed = memfd("sealed", 2 * PAGE);
	fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE);
	map_file(i, s, T_FIXED_RW, sealed, "memfd, sealed against writing", 0, PAGE, 0x10000);
	map_file(i, s, T_FIXED | T_READABLE, sealed, "memfd, sealed against writing", 0, PAGE, 0x20000);
	unmap(i, s, 0, -1);
	int sized = memfd("sized", 2 * PAGE + 10);
	map_file(i, s, T_FIXED_RW, sized, "memfd of 2 pages and 10 bytes", 0, 3 * PAGE, 0x10000);
	map_file(i, s, T_FIXED_RW, sized, "memfd of 2 pages and 10 bytes", 0, 4 * PAGE, 0x20000);
	unmap(i, s, 0, -1);
	section("DMA");
	char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, good, 0);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, 8 * PAGE, 0x10000);
	close(ro);
	close(only);
	config_put(d, 4, config_get(d, 4) | 4);
	memcpy(p, "a memfd!", 8);
	edu_write8(d, EDU_SRC, 0x10000);
	edu_write8(d, EDU_DST, EDU_BUFFER);
	edu_write8(d, EDU_COUNT, 8);
	edu_write8(d, EDU_COMMAND, 1);
	edu_wait(d, EDU_COMMAND, 1);
	munmap(p, 8 * PAGE);
	close(good);
	edu_write8(d, EDU_SRC, EDU_BUFFER);
	edu_write8(d, EDU_DST, 0x11000);
	edu_write8(d, EDU_COUNT, 8);
	edu_write8(d, EDU_COMMAND, 3);
	edu_wait(d, EDU_COMMAND, 1);
	edu_write8(d, EDU_SRC, 0x11000);
	edu_write8(d, EDU_DST, EDU_BUFFER + 8);
	edu_write8(d, EDU_COUNT, 8);
	edu_write8(d, EDU_COMMAND, 1);
	edu_wait(d, EDU_COMMAND, 1);
	char *q = pages(1);
	map(i, s, T_FIXED_RW, q, PAGE, 0x80000, "va");
	edu_write8(d, EDU_SRC, EDU_BUFFER + 8);
	edu_write8(d, EDU_DST, 0x80000);
	edu_write8(d, EDU_COUNT, 8);
	edu_write8(d, EDU_COMMAND, 3);
	edu_wait(d, EDU_COMMAND, 1);
	note("what came through the closed and unmapped file: ");
	hex(q, 8);
	close(d);
	close(i);
}

static void refused(void)
{
	section("CHANGE_PROCESS, refused and not");
	int i = open_iommu();
	__u32 s = ioas(i);
	int good = memfd("good", 8 * PAGE);
	struct t_change_process c = { sizeof(c), 1 };
	call(ioctl(i, T_CHANGE_PROCESS, &c), "CHANGE_PROCESS(reserved=1)");
	change_process(i);
	char *p = pages(2);
	map(i, s, T_FIXED_RW, p, PAGE, 0x10000, "va");
	change_process(i);
	unmap(i, s, 0, -1);
	map_file(i, s, T_FIXED_RW, good, "memfd", 0, 4 * PAGE, 0x10000);
	change_process(i);
	map(i, s, T_FIXED_RW, p, PAGE, 0x30000, "va");
	change_process(i);
	close(good);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	files();
	refused();
	drop(CAP_IPC_LOCK, "CAP_IPC_LOCK");
	processes(0);
	accounts(0);
	return finish();
}
