/* Memory that is a shared file's, mapped for DMA page by page: as many as there may be, without and with a seal against shrinking; a file that is unmapped
 * and closed meanwhile; one range of several files; a file that ends early. */
#include <sys/syscall.h>
#include "edu.h"

#define PAGES 256
#define MOST 65535
#define STEP 0x1000ul

static int device, container;

static int file_of(const char *name, size_t pages_of_it, unsigned seals)
{
	int fd = syscall(SYS_memfd_create, name, 2 /* MFD_ALLOW_SEALING */);

	if (fd < 0 || ftruncate(fd, pages_of_it * PAGE) < 0 || (seals && fcntl(fd, F_ADD_SEALS, seals) < 0))
		die("making a memory file");
	return fd;
}

static unsigned char *view(int fd, size_t count)
{
	unsigned char *p = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die("mapping it");
	for (size_t i = 0; i < count; i++)
		memset(p + i * PAGE, (int)i, PAGE);
	return p;
}

static int map(uint64_t iova, const void *p, size_t size)
{
	struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)p, iova, size };

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &m);
}

static void say_map(uint64_t iova, const void *p, size_t size)
{
	call(map(iova, p, size), "MAP_DMA(iova=%#lx, size=%#zx)", iova, size);
}

static void unmap_all(void)
{
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u), .flags = VFIO_DMA_UNMAP_FLAG_ALL };

	call(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u), "UNMAP_DMA(ALL)");
	more(" unmapped %#llx", (long long)u.size);
}

static void most(const char *title, unsigned seals)
{
	int fd = file_of("most", PAGES, seals);
	unsigned char *p = view(fd, PAGES);
	int ok = 0, failed = 0, last = 0;

	section(title);
	for (int i = 0; i < MOST + 3; i++)
		if (map(i * STEP, p + (i * 7 % PAGES) * PAGE, PAGE) == 0)
			ok++;
		else
			failed++, last = errno;
	note("%d mapped, %d failed, the last one with %s", ok, failed, last == ENOSPC ? "ENOSPC" : "another errno");
	edu_dma(device, 7 * STEP, false);
	edu_dma(device, (MOST - 1) * STEP, true);
	note("page %d: ", (MOST - 1) * 7 % PAGES);
	hex(p + (MOST - 1) * 7 % PAGES * PAGE, 8);
	unmap_all();
	munmap(p, PAGES * PAGE);
	close(fd);
}

/* Another view of the same file shows what the device wrote. */
static void closed(void)
{
	int fd = file_of("closed", 4, 0);
	unsigned char *p = view(fd, 4), *other = view(fd, 4);

	section("a file that is unmapped and closed while its pages are mapped");
	say_map(0, p, PAGE);
	say_map(0x10000, p + 3 * PAGE, PAGE);
	munmap(p, 4 * PAGE);
	close(fd);
	edu_dma(device, 0x10000, false);
	edu_dma(device, 8, true);
	note("page 0: ");
	hex(other, 24);
	unmap_all();
	munmap(other, 4 * PAGE);
}

/* A range of pages of one file out of order, of two files, and of one file with different permissions. */
static void mixed(void)
{
	int one = file_of("one", 4, 0), two = file_of("two", 2, 0);
	unsigned char *first = view(one, 4), *second = view(two, 2);
	unsigned char *p = pages(6);

	section("one range of several files and places");
	const struct {
		int fd, page;
	} places[] = { { one, 3 }, { one, 1 }, { two, 1 }, { one, 2 }, { one, 3 }, { two, 0 } };
	for (int i = 0; i < 6; i++)
		if (mmap(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, places[i].fd, places[i].page * PAGE) == MAP_FAILED)
			die("mapping a page");
	say_map(0, p, 6 * PAGE);
	for (int i = 0; i < 5; i++) {
		first[3 * PAGE] = 0xa0 + i;
		edu_dma(device, 0, false);
		edu_dma(device, (i + 1) * PAGE - 4, true);
	}
	for (int i = 0; i < 4; i++) {
		note("one, page %d: ", i);
		hex(first + i * PAGE, 8);
		more(" ... ");
		hex(first + (i + 1) * PAGE - 4, 4);
	}
	for (int i = 0; i < 2; i++) {
		note("two, page %d: ", i);
		hex(second + i * PAGE, 8);
		more(" ... ");
		hex(second + (i + 1) * PAGE - 4, 4);
	}
	unmap_all();

	section("areas of one file that follow each other with different permissions");
	if (mmap(p, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, one, 0) == MAP_FAILED)
		die("mapping the file");
	if (mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) < 0 || mprotect(p + 3 * PAGE, PAGE, PROT_READ) < 0)
		die("mprotect");
	say_map(0, p, 3 * PAGE);
	edu_dma(device, 2 * PAGE, false);
	edu_dma(device, PAGE - 4, true);
	note("around the first page's end: ");
	hex(first + PAGE - 4, 8);
	say_map(0x10000, p, 4 * PAGE);
	say_map(0x10000, p + 3 * PAGE, PAGE);
	unmap_all();
}

/* A file that ends before its mapping does. */
static void ends(void)
{
	int fd = file_of("ends", 2, 0);
	unsigned char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	section("a file that ends early");
	say_map(0, p, PAGE);
	say_map(0x10000, p + PAGE, PAGE);
	say_map(0x20000, p + 2 * PAGE, PAGE);
	say_map(0x20000, p + PAGE, 2 * PAGE);
	if (ftruncate(fd, 4 * PAGE) < 0)
		die("making it longer");
	say_map(0x20000, p + 2 * PAGE, PAGE);
	say_map(0x30000, p + PAGE, 3 * PAGE);
	unmap_all();
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(T_TYPE1v2);
	device = s.device;
	container = s.container;
	config_put(device, 4, 0x107);
	closed();
	mixed();
	ends();
	most("as many pages as there may be, each on its own", 0);
	most("the same of a file that cannot shrink", 2 /* F_SEAL_SHRINK */);
	detach(&s);
	return finish();
}
