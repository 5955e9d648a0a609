/* What programs read in /sys and /dev before they open anything: the device, its group, its driver, the modules. */
#include "edu.h"
#include <dirent.h>
#include <linux/openat2.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char base[128], in_group[64];

/* A path below the device's folder. Good until the fourth call after it. */
static const char *dev(const char *rest)
{
	static char text[4][512];
	static int turn;
	char *t = text[turn = (turn + 1) & 3];
	snprintf(t, 512, "%s%s%s", base, rest[0] ? "/" : "", rest);
	return t;
}

static const char *group(const char *rest)
{
	static char text[4][512];
	static int turn;
	char *t = text[turn = (turn + 1) & 3];
	snprintf(t, 512, "%s%s%s", in_group, rest[0] ? "/" : "", rest);
	return t;
}

/* The last two parts of a path. */
static const char *tail(const char *path)
{
	const char *p = path + strlen(path);
	for (int slashes = 0; p > path; p--)
		if (p[-1] == '/' && ++slashes == 2)
			break;
	return normal(p);
}

static void content(const char *path)
{
	char b[4096 + 1];
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		call(-1, "open(%s)", normal(path));
		return;
	}
	long n = call(read(fd, b, sizeof(b) - 1), "read(%s)", normal(path));
	if (n > 0) {
		b[n] = 0;
		for (char *p = b; *p; p++)
			if (*p == '\n')
				*p = '|';
		more(" %s", normal(b));
	}
	close(fd);
}

static void link_of(const char *path)
{
	char b[512];
	ssize_t n = readlink(path, b, sizeof(b) - 1);
	call(n < 0 ? -1 : 0, "readlink(%s)", normal(path));
	if (n > 0) {
		b[n] = 0;
		more(" ends in %s", tail(b));
	}
	char *real = realpath(path, NULL);
	call(real ? 0 : -1, "realpath(%s)", normal(path));
	if (real)
		more(" ends in %s", tail(real));
	free(real);
}

static void mode(const struct stat *st)
{
	more(" type=%o mode=%04o", st->st_mode & S_IFMT, st->st_mode & 07777);
	if (!S_ISDIR(st->st_mode))
		more(" nlink=%lu size=%ld", (long)st->st_nlink, (long)st->st_size);
	more(" blksize=%ld", (long)st->st_blksize);
	if (S_ISCHR(st->st_mode))
		more(" rdev=%s", major(st->st_rdev) == 10 && minor(st->st_rdev) == 196 ? "10:196" : "another");
}

static void stats(const char *path)
{
	struct stat st;
	struct statx sx;
	if (call(stat(path, &st), "stat(%s)", normal(path)) == 0)
		mode(&st);
	if (call(lstat(path, &st), "lstat(%s)", normal(path)) == 0)
		mode(&st);
	if (call(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &sx), "statx(%s)", normal(path)) == 0)
		more(" mode=%o basic=%s", sx.stx_mode, (sx.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS ? "all" : "some");
	call(access(path, F_OK), "access(%s, F_OK)", normal(path));
	call(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW), "faccessat(%s, F_OK, NOFOLLOW)", normal(path));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder that are in `known`, or all without one. Names that only some kernels have are left out. */
static void listing(const char *path, const char *known)
{
	DIR *d = opendir(path);
	call(d ? 0 : -1, "opendir(%s)", normal(path));
	if (!d)
		return;
	char *names[512];
	size_t n = 0;
	struct dirent *e;
	while ((e = readdir(d)) && n < 512) {
		char name[300], padded[300];
		snprintf(padded, sizeof(padded), " %s ", normal(e->d_name));
		char number[16];
		snprintf(number, sizeof(number), "%d", t_group);
		if (strcmp(e->d_name, number) == 0)
			strcpy(padded, " N ");
		if (known && !strstr(known, padded))
			continue;
		snprintf(name, sizeof(name), "%.*s(%c)", (int)strlen(padded) - 2, padded + 1,
			e->d_type == DT_DIR   ? 'd'
			: e->d_type == DT_LNK ? 'l'
			: e->d_type == DT_REG ? 'f'
			: e->d_type == DT_CHR ? 'c'
								  : '?');
		names[n++] = strdup(name);
	}
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++)
		more(" %s", names[i]);
	rewinddir(d);
	size_t again = 0;
	while (readdir(d))
		again++;
	more("%s", again >= n ? "" : " (fewer after rewinddir)");
	closedir(d);
}

static void contents(void)
{
	section("what files hold");
	static const char *const files[] = { "vendor", "device", "class", "subsystem_vendor", "subsystem_device",
		"revision", "modalias", "uevent", "driver_override", "enable", "nothing" };
	for (size_t i = 0; i < COUNT(files); i++)
		content(dev(files[i]));
	content(group("type"));
	content(group("reserved_regions"));
	content("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	content("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	content("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
	content("/sys/module/vfio_iommu_type1/parameters/disable_hugepages");
	content("/sys/module/vfio_pci/parameters/disable_idle_d3");
	content("/sys/class/misc/vfio/dev");
	section("irq, resources, configuration: what does not depend on the host");
	char b[4096];
	int fd = open(dev("irq"), O_RDONLY);
	ssize_t n = read(fd, b, sizeof(b) - 1);
	close(fd);
	b[n > 0 ? n : 0] = 0;
	note("irq is %s",
		n > 0 && strspn(b, "0123456789") == (size_t)n - 1 && b[n - 1] == '\n' ? "a number" : "something else");
	fd = open(dev("resource"), O_RDONLY);
	n = read(fd, b, sizeof(b) - 1);
	close(fd);
	b[n > 0 ? n : 0] = 0;
	int line = 0;
	for (char *p = strtok(b, "\n"); p; p = strtok(NULL, "\n"), line++) {
		unsigned long from, to, flags;
		if (sscanf(p, "%lx %lx %lx", &from, &to, &flags) != 3 || strlen(p) != 56)
			note("resource line %d: %s", line, p);
		else if (line < 7)
			note("resource %d: size %#lx flags %#lx, at zero: %s", line, to || from ? to - from + 1 : 0, flags,
				from ? "no" : "yes");
	}
	fd = open(dev("config"), O_RDONLY);
	n = call(pread(fd, b, 64, 0), "pread(config, 64, 0)");
	if (n == 64) {
		memset(b + 4, 0, 2);
		memset(b + 0x10, 0, 4);
		b[0x3c] = 0;
		more(" ");
		hex(b, 64);
	}
	struct stat st;
	call(fstat(fd, &st), "fstat(config)");
	mode(&st);
	close(fd);
}

static void links(void)
{
	section("links");
	static const char *const names[] = { "", "driver", "iommu_group", "subsystem", "vendor", "nothing", "vfio-dev" };
	for (size_t i = 0; i < COUNT(names); i++)
		link_of(dev(names[i]));
	char path[256];
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s", t_group, t_bdf);
	link_of(path);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/vfio-pci/%s", t_bdf);
	link_of(path);
	snprintf(path, sizeof(path), "/sys/class/vfio/%d", t_group);
	link_of(path);
	char b[64];
	memset(b, '.', sizeof(b));
	call(readlink(dev("driver"), b, 4), "readlink(driver, 4 bytes)");
	more(" %.8s", b);
	call(readlink(dev("driver"), b, 0), "readlink(driver, 0 bytes)");
	call(readlink(dev("driver"), NULL, 10), "readlink(driver, NULL)");
	call(readlink(dev("driver"), edge(3), 10), "readlink(driver, 3 bytes before unmapped memory)");
}

static void status(void)
{
	section("stat");
	static const char *const names[] = { "", "vendor", "config", "resource", "resource0", "driver", "iommu_group",
		"enable", "uevent", "vfio-dev", "nothing", "vendor/", "vendor/x", "driver/", "driver/bind", "iommu_group/type",
		"iommu_group/devices", "../.." };
	for (size_t i = 0; i < COUNT(names); i++)
		stats(dev(names[i]));
	stats("/sys/kernel/iommu_groups");
	stats(group(""));
	stats(group("reserved_regions"));
	stats("/sys/module/vfio");
	stats("/sys/module/vfio_pci");
	stats("/sys/module/vfio_iommu_type1");
	stats("/sys/bus/pci/drivers/vfio-pci");
	stats("/sys/bus/pci/drivers/vfio-pci/bind");
	stats("/sys/bus/pci/drivers/vfio-pci/unbind");
	stats("/sys/bus/pci/devices");
	stats("/sys/bus/pci/devices/ffff:ff:1f.7");
	stats("/dev/vfio");
	stats("/dev/vfio/vfio");
	stats(t_group_path);
	stats("/dev/vfio/nothing");
	stats("/dev/vfio/vfio/x");
	stats("/dev/vfio/");
	section("access");
	call(access("/dev/vfio/vfio", R_OK | W_OK), "access(/dev/vfio/vfio, R_OK|W_OK)");
	call(access(t_group_path, R_OK | W_OK), "access(group, R_OK|W_OK)");
	call(access(t_group_path, X_OK), "access(group, X_OK)");
	call(access(dev("vendor"), R_OK), "access(vendor, R_OK)");
	call(access(dev("vendor"), X_OK), "access(vendor, X_OK)");
	call(access(dev("vendor"), 8), "access(vendor, 8)");
	call(access(dev(""), R_OK | X_OK), "access(device, R_OK|X_OK)");
	call(access("/dev/vfio", R_OK | X_OK), "access(/dev/vfio, R_OK|X_OK)");
	call(access(NULL, F_OK), "access(NULL)");
	call(access("", F_OK), "access(\"\")");
	struct stat st;
	call(stat(NULL, &st), "stat(NULL)");
	call(stat(dev("vendor"), NULL), "stat(vendor, NULL)");
	call(stat("/dev/vfio/vfio", UNMAPPED), "stat(/dev/vfio/vfio, unmapped)");
	section("relative to a folder");
	int d = open(dev(""), O_RDONLY | O_DIRECTORY), p = open(dev(""), O_PATH | O_DIRECTORY),
		v = open(dev("vendor"), O_RDONLY);
	call(fstatat(d, "vendor", &st, 0), "fstatat(device, vendor)");
	mode(&st);
	call(fstatat(d, "driver", &st, AT_SYMLINK_NOFOLLOW), "fstatat(device, driver, NOFOLLOW)");
	mode(&st);
	call(fstatat(d, "nothing", &st, 0), "fstatat(device, nothing)");
	call(fstatat(v, "x", &st, 0), "fstatat(vendor, x)");
	call(fstatat(v, "", &st, AT_EMPTY_PATH), "fstatat(vendor, \"\", EMPTY_PATH)");
	mode(&st);
	call(fstatat(d, "", &st, AT_EMPTY_PATH), "fstatat(device, \"\", EMPTY_PATH)");
	mode(&st);
	call(fstatat(p, "vendor", &st, 0), "fstatat(device by O_PATH, vendor)");
	call(faccessat(d, "vendor", R_OK, 0), "faccessat(device, vendor, R_OK)");
	call(faccessat(d, "nothing", R_OK, 0), "faccessat(device, nothing, R_OK)");
	char b[64] = "";
	ssize_t n = readlinkat(d, "driver", b, sizeof(b));
	call(n < 0 ? -1 : 0, "readlinkat(device, driver)");
	more(" ends in %s", tail(b));
	int f = callfd(openat(d, "class", O_RDONLY), "openat(device, class)");
	memset(b, 0, sizeof(b));
	call(read(f, b, sizeof(b)), "read");
	more(" %.8s", b);
	close(f);
	f = callfd(openat(p, "device", O_RDONLY), "openat(device by O_PATH, device)");
	close(f);
	f = callfd(openat(d, "iommu_group/type", O_RDONLY), "openat(device, iommu_group/type)");
	close(f);
	f = callfd(openat(d, "..", O_RDONLY), "openat(device, ..)");
	close(f);
	close(d);
	close(p);
	close(v);
}

static void lists(void)
{
	section("folders");
	listing(dev(""), " class config device driver driver_override enable iommu_group irq modalias resource resource0 "
					 "revision subsystem subsystem_device subsystem_vendor uevent vendor vfio-dev . .. ");
	listing(group(""), " . .. devices reserved_regions type ");
	listing(group("devices"), NULL);
	listing("/sys/bus/pci/drivers/vfio-pci", " . .. BDF bind new_id remove_id uevent unbind ");
	listing("/sys/bus/pci/devices", " . .. BDF ");
	listing("/sys/bus/pci/drivers", " . .. vfio-pci ");
	listing("/sys/kernel/iommu_groups", " . .. N ");
	listing("/sys/module", " . .. vfio vfio_pci vfio_iommu_type1 ");
	listing(
		"/sys/module/vfio_iommu_type1/parameters", " . .. allow_unsafe_interrupts disable_hugepages dma_entry_limit ");
	listing("/sys/class/vfio", " . .. N ");
	listing("/dev/vfio", " . .. N vfio ");
	listing(dev("vendor"), NULL);
	listing(dev("nothing"), NULL);
	listing("/dev/vfio/vfio", NULL);
	int d = open(group("devices"), O_RDONLY | O_DIRECTORY);
	char b[1024];
	call(syscall(SYS_getdents64, d, b, 4), "getdents64(4 bytes)");
	long total = 0, n;
	while ((n = syscall(SYS_getdents64, d, b, sizeof(b))) > 0)
		total += n;
	note("getdents64: all of it takes %ld bytes", total);
	call(syscall(SYS_getdents64, d, b, sizeof(b)), "getdents64 at the end");
	call(lseek(d, 0, SEEK_SET), "lseek(0)");
	call(syscall(SYS_getdents64, d, b, sizeof(b)) > 0 ? 0 : -1, "getdents64 after lseek(0)");
	call(read(d, b, 10), "read(folder)");
	close(d);
}

static void reading(void)
{
	section("reading in pieces");
	char b[16] = "";
	int fd = open(dev("vendor"), O_RDONLY);
	for (int i = 0; i < 4; i++) {
		call(read(fd, b, 2), "read(vendor, 2)");
		more(" %.2s", b[0] == '\n' ? "|" : b);
	}
	call(read(fd, b, 2), "read(vendor, 2) at the end");
	call(pread(fd, b, 4, 2), "pread(vendor, 4, 2)");
	more(" %.4s", b);
	call(pread(fd, b, 4, 100), "pread(vendor, 4, 100)");
	call(lseek(fd, 0, SEEK_SET), "lseek(0)");
	call(read(fd, b, 6), "read(vendor, 6)");
	more(" %.6s", b);
	call(lseek(fd, 2, SEEK_SET), "lseek(2)");
	call(read(fd, b, 2), "read(vendor, 2)");
	more(" %.2s", b);
	call(write(fd, b, 2), "write(vendor), opened O_RDONLY");
	struct stat st;
	call(fstat(fd, &st), "fstat(vendor)");
	mode(&st);
	close(fd);
	FILE *f = fopen(dev("device"), "r");
	unsigned id = 0;
	int found = f ? fscanf(f, "%x", &id) : -1;
	note("fscanf found %d: %04x", found, id);
	if (f)
		fclose(f);
	section("opening in other ways");
	callfd(open(dev("vendor"), O_WRONLY), "open(vendor, O_WRONLY)");
	callfd(open(dev("vendor"), O_RDWR), "open(vendor, O_RDWR)");
	callfd(open(dev("vendor"), O_RDONLY | O_DIRECTORY), "open(vendor, O_DIRECTORY)");
	callfd(open(dev("vendor"), O_RDONLY | O_CREAT | O_EXCL, 0600), "open(vendor, O_CREAT|O_EXCL)");
	callfd(open(dev(""), O_RDONLY | O_NOFOLLOW), "open(device, O_NOFOLLOW)");
	callfd(open(dev("new"), O_RDWR | O_CREAT, 0600), "open(new, O_CREAT)");
	callfd(open(dev("vendor/"), O_RDONLY), "open(vendor/)");
	callfd(open(dev("vendor/x"), O_RDONLY), "open(vendor/x)");
	callfd(open(dev("nothing/x"), O_RDONLY), "open(nothing/x)");
	fd = callfd(open(dev("driver/../../drivers/vfio-pci"), O_RDONLY), "open(driver/../../drivers/vfio-pci)");
	close(fd);
	char path[512];
	static const char *const ways[] = { "/sys/bus/pci/devices/%s/../%s/vendor",
		"/sys/bus/pci/devices/%s/iommu_group/devices/%s/vendor", "/sys/bus/pci/devices/%s/driver/%s/vendor",
		"/sys//bus/./pci/devices/%s/subsystem/devices/%s/vendor" };
	for (size_t i = 0; i < COUNT(ways); i++) {
		snprintf(path, sizeof(path), ways[i], t_bdf, t_bdf);
		content(path);
	}
	section("openat2");
	static const struct {
		const char *path;
		unsigned long flags, mode, resolve;
		size_t size;
	} how[] = {
		{ "vendor", O_RDONLY, 0, 0, sizeof(struct open_how) },
		{ "vendor", O_RDONLY, 0600, 0, sizeof(struct open_how) },
		{ "vendor", O_RDONLY, 0, 0, 8 },
		{ "vendor", O_RDONLY, 0, 0x8000, sizeof(struct open_how) },
		{ "vendor", 1ul << 40, 0, 0, sizeof(struct open_how) },
		{ "driver/bind", O_PATH, 0, RESOLVE_NO_SYMLINKS, sizeof(struct open_how) },
		{ "iommu_group/type", O_RDONLY, 0, RESOLVE_NO_SYMLINKS, sizeof(struct open_how) },
		{ "iommu_group/type", O_RDONLY, 0, RESOLVE_BENEATH, sizeof(struct open_how) },
		{ "vendor", O_RDONLY, 0, RESOLVE_BENEATH, sizeof(struct open_how) },
		{ "vendor", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS, sizeof(struct open_how) },
		{ "nothing", O_RDONLY, 0, 0, sizeof(struct open_how) },
	};
	int d = open(dev(""), O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < COUNT(how); i++) {
		struct open_how h = { how[i].flags, how[i].mode, how[i].resolve };
		fd = callfd(syscall(SYS_openat2, d, how[i].path, &h, how[i].size),
			"openat2(device, %s, flags=%#lx, mode=%lo, resolve=%#lx, size=%zu)", how[i].path, how[i].flags, how[i].mode,
			how[i].resolve, how[i].size);
		if (fd >= 0)
			close(fd);
	}
	struct open_how h = { O_RDWR, 0, 0 };
	fd = callfd(syscall(SYS_openat2, AT_FDCWD, "/dev/vfio/vfio", &h, sizeof(h)), "openat2(/dev/vfio/vfio)");
	call(ioctl(fd, VFIO_GET_API_VERSION), "GET_API_VERSION");
	close(fd);
	close(d);
}

static void in_use(void)
{
	section("while the device is open");
	struct setup s = attach_device(T_TYPE1v2);
	content(dev("enable"));
	content(dev("vendor"));
	link_of(dev("driver"));
	detach(&s);
	content(dev("enable"));
}

int main(int argc, char **argv)
{
	start(argc, argv);
	snprintf(base, sizeof(base), "/sys/bus/pci/devices/%s", t_bdf);
	snprintf(in_group, sizeof(in_group), "/sys/kernel/iommu_groups/%d", t_group);
	contents();
	links();
	status();
	lists();
	reading();
	in_use();
	return finish();
}
