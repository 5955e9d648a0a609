/* The group: /dev/vfio/N, who may have it, its container, the device descriptors that come from it, and every order in
 * which all that closes. */
#include "edu.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void status_of(int g)
{
	struct vfio_group_status st = { sizeof(st), 0xaaaaaaaa };
	call(ioctl(g, VFIO_GROUP_GET_STATUS, &st), "GET_STATUS");
	more(" flags=%x", st.flags);
}

static void opening(void)
{
	section("opening");
	static const struct {
		int flags;
		const char *name;
	} ways[] = {
		{ O_RDWR, "O_RDWR" },
		{ O_RDONLY, "O_RDONLY" },
		{ O_WRONLY, "O_WRONLY" },
		{ O_RDWR | O_CLOEXEC, "O_RDWR|O_CLOEXEC" },
		{ O_RDWR | O_NONBLOCK, "O_RDWR|O_NONBLOCK" },
		{ O_PATH, "O_PATH" },
		{ O_RDWR | O_CREAT | O_EXCL, "O_RDWR|O_CREAT|O_EXCL" },
		{ O_RDWR | O_DIRECTORY, "O_RDWR|O_DIRECTORY" },
	};
	for (size_t i = 0; i < COUNT(ways); i++) {
		int g = callfd(open(t_group_path, ways[i].flags, 0600), "open(group, %s)", ways[i].name);
		if (g < 0)
			continue;
		open_flags(g);
		status_of(g);
		call(close(g), "close");
	}
	int g = callfd(open(t_group_path, O_RDWR), "open(group)");
	callfd(open(t_group_path, O_RDWR), "open(group) again");
	callfd(open(t_group_path, O_RDONLY), "open(group, O_RDONLY) again");
	int path = callfd(open(t_group_path, O_PATH), "open(group, O_PATH) again");
	call(close(path), "close(O_PATH)");
	char self[64];
	snprintf(self, sizeof(self), "/proc/self/fd/%d", g);
	callfd(open(self, O_RDWR), "open(/proc/self/fd/group)");
	int copy = callfd(dup(g), "dup");
	call(close(g), "close(first)");
	callfd(open(t_group_path, O_RDWR), "open(group) while a dup is open");
	status_of(copy);
	call(close(copy), "close(dup)");
	g = callfd(open(t_group_path, O_RDWR), "open(group)");
	section("the file");
	fd_stat(g, "group");
	fd_link(g, "group");
	char b[16];
	struct pollfd p = { g, POLLIN | POLLOUT, 0 };
	call(read(g, b, 16), "read");
	call(write(g, b, 16), "write");
	call(pread(g, b, 16, 0), "pread");
	call(lseek(g, 0, SEEK_SET), "lseek");
	callptr(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, g, 0), "mmap");
	call(poll(&p, 1, 0), "poll");
	more(" revents=%x", p.revents);
	call(ftruncate(g, 0), "ftruncate");
	call(fsync(g), "fsync");
	section("ioctls of others, and of nobody");
	for (unsigned nr = 0x60; nr <= 0x84; nr++)
		if (nr < 0x67 || nr > 0x6a)
			call(ioctl(g, T_IO(nr), 0), "ioctl(0x3b%02x, NULL)", nr);
	static const unsigned long odd[] = { 0, 0x3a67, 0xc0103b67, 0xae00, 0x5401, 0xffffffff };
	for (size_t i = 0; i < COUNT(odd); i++)
		call(ioctl(g, odd[i], 0), "ioctl(%#lx, NULL)", odd[i]);
	close(g);
}

static void get_status(void)
{
	section("GET_STATUS");
	int g = open_group();
	static const unsigned sizes[] = { 0, 1, 4, 7, 8, 9, 16, 100, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		unsigned char b[16];
		memset(b, 0xaa, sizeof(b));
		memcpy(b, &sizes[i], 4);
		call(ioctl(g, VFIO_GROUP_GET_STATUS, b), "GET_STATUS(argsz=%#x)", sizes[i]);
		more(" ");
		hex(b, sizeof(b));
	}
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { (void *)1, "1" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" },
		{ NONCANONICAL, "non-canonical" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(g, VFIO_GROUP_GET_STATUS, bad[i].p), "GET_STATUS(%s)", bad[i].name);
	for (unsigned n = 1; n <= 12; n++) {
		unsigned char *e = edge(n);
		unsigned argsz = 8;
		memcpy(e, &argsz, n < 4 ? n : 4);
		call(ioctl(g, VFIO_GROUP_GET_STATUS, e), "GET_STATUS(%u bytes before unmapped memory)", n);
	}
	unsigned *ro = pages(1);
	*ro = 8;
	mprotect(ro, PAGE, PROT_READ);
	call(ioctl(g, VFIO_GROUP_GET_STATUS, ro), "GET_STATUS(read-only memory)");
	close(g);
}

static void containers(void)
{
	section("SET_CONTAINER, UNSET_CONTAINER");
	int g = open_group(), c = open_container(), closed = dup(c), null = open("/dev/null", O_RDWR), e = eventfd(0, 0),
		dir = open("/", O_RDONLY | O_DIRECTORY);
	int path = open("/dev/vfio/vfio", O_PATH);
	close(closed);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { (void *)1, "1" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		call(ioctl(g, VFIO_GROUP_SET_CONTAINER, bad[i].p), "SET_CONTAINER(%s)", bad[i].name);
	struct {
		const char *name;
		int fd;
	} fds[] = { { "-1", -1 }, { "-2", -2 }, { "INT_MAX", INT_MAX }, { "closed", closed }, { "/dev/null", null },
		{ "eventfd", e }, { "directory", dir }, { "group", g }, { "container, O_PATH", path },
		{ "AT_FDCWD", AT_FDCWD } };
	for (size_t i = 0; i < COUNT(fds); i++)
		call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &fds[i].fd), "SET_CONTAINER(%s)", fds[i].name);
	int *near = edge(3);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, near), "SET_CONTAINER(3 bytes before unmapped memory)");
	near = edge(4);
	*near = c;
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, near), "SET_CONTAINER(4 bytes before unmapped memory)");
	status_of(g);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER again");
	for (size_t i = 0; i < COUNT(fds); i++)
		call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &fds[i].fd), "SET_CONTAINER(%s) when there is one", fds[i].name);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, NULL), "SET_CONTAINER(NULL) when there is one");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER, -1l), "UNSET_CONTAINER(-1)");
	status_of(g);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	int ro = open("/dev/vfio/vfio", O_RDONLY);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &ro), "SET_CONTAINER(opened O_RDONLY)");
	call(ioctl(ro, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU");
	int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER with a device open");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER with a device open");
	status_of(g);
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &d), "SET_CONTAINER(device)");
	close(d);
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	close(ro);
	close(path);
	close(dir);
	close(e);
	close(null);
	close(c);
	close(g);
}

static void names(int g, const char *when)
{
	char text[8192];
	note("== GET_DEVICE_FD, %s", when);
	static const struct {
		const char *format, *name;
	} ways[] = {
		{ "%s", "BDF" },
		{ "", "empty" },
		{ " ", "space" },
		{ "%.11s", "BDF without its last character" },
		{ "%.1s", "its first character" },
		{ "%s0", "BDF0" },
		{ "%s ", "BDF and a space" },
		{ "%s  ", "BDF and two spaces" },
		{ " %s", "space and BDF" },
		{ "%s\n", "BDF and a newline" },
		{ "%s\t", "BDF and a tab" },
		{ "%s foo", "BDF foo" },
		{ "%s foo=1", "BDF foo=1" },
		{ "%s vf_token", "BDF vf_token" },
		{ "%s vf_token=", "BDF vf_token=" },
		{ "%s vf_token=1", "BDF vf_token=1" },
		{ "%s vf_token=14d63f20-8445-11ea-8900-1f9ce7d5650d", "BDF vf_token=UUID" },
		{ "%s vf_token=14D63F20-8445-11EA-8900-1F9CE7D5650D", "BDF vf_token=UUID in capitals" },
		{ "%s vf_token=14d63f20-8445-11ea-8900-1f9ce7d5650", "BDF vf_token=short UUID" },
		{ "%s vf_token=14d63f20-8445-11ea-8900-1f9ce7d5650d0", "BDF vf_token=long UUID" },
		{ "%s vf_token=14d63f20-8445-11ea-8900-1f9ce7d5650d vf_token=14d63f20-8445-11ea-8900-1f9ce7d5650d",
			"BDF and two tokens" },
		{ "%s,vf_token=1", "BDF,vf_token=1" },
		{ "%s  foo", "BDF, two spaces, foo" },
		{ "ffff:ff:1f.7", "no such device" },
		{ "00:05.0", "BDF without its domain" },
		{ "0000:00:05", "BDF without its function" },
		{ "0000:00:1f.0", "a device of another group" },
		{ "0000:00:05.00", "0000:00:05.00" },
		{ "/sys/bus/pci/devices/%s", "a path" },
	};
	for (size_t i = 0; i < COUNT(ways); i++) {
		snprintf(text, sizeof(text), ways[i].format, t_bdf);
		int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, text), "GET_DEVICE_FD(%s)", ways[i].name);
		if (d >= 0)
			close(d);
	}
	static const struct {
		void *p;
		const char *name;
	} bad[] = { { NULL, "NULL" }, { (void *)1, "1" }, { UNMAPPED, "unmapped" }, { KERNEL_ADDRESS, "kernel address" } };
	for (size_t i = 0; i < COUNT(bad); i++)
		callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, bad[i].p), "GET_DEVICE_FD(%s)", bad[i].name);
	char *e = edge(12);
	memcpy(e, t_bdf, 12);
	callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, e), "GET_DEVICE_FD(BDF that runs into unmapped memory)");
	e = edge(13);
	memcpy(e, t_bdf, 13);
	int d = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, e), "GET_DEVICE_FD(BDF and its zero before unmapped memory)");
	if (d >= 0)
		close(d);
	static const int lengths[] = { 4094, 4095, 4096, 4097, 8000 };
	for (size_t i = 0; i < COUNT(lengths); i++) {
		memset(text, 'x', sizeof(text));
		text[lengths[i]] = 0;
		callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, text), "GET_DEVICE_FD(%d times x)", lengths[i]);
		memcpy(text, t_bdf, 12);
		memset(text + 12, ' ', lengths[i] - 12);
		d = callfd(
			ioctl(g, VFIO_GROUP_GET_DEVICE_FD, text), "GET_DEVICE_FD(BDF and spaces, %d characters)", lengths[i]);
		if (d >= 0)
			close(d);
	}
}

static void devices(void)
{
	int g = open_group(), c = open_container();
	names(g, "no container");
	call(ioctl(g, VFIO_GROUP_SET_CONTAINER, &c), "SET_CONTAINER");
	names(g, "a container without an IOMMU");
	call(ioctl(c, VFIO_SET_IOMMU, T_TYPE1v2), "SET_IOMMU");
	names(g, "a container with an IOMMU");
	section("several descriptors of one device");
	int d[4];
	for (int i = 0; i < 4; i++) {
		d[i] = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
		note("close-on-exec %d", fcntl(d[i], F_GETFD));
	}
	edu_write(d[0], EDU_LIVENESS, 0x1111);
	note("liveness by the second: %08x", edu_read(d[1], EDU_LIVENESS));
	config_put(d[0], 4, 0x107);
	note("COMMAND by the third: %04x", config_get(d[2], 4));
	call(close(d[0]), "close(first)");
	note("COMMAND by the third: %04x", config_get(d[2], 4));
	int again = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	note("COMMAND by the new one: %04x", config_get(again, 4));
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(close(again), "close(new)");
	call(close(d[1]), "close(second)");
	call(close(d[2]), "close(third)");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	call(close(d[3]), "close(fourth)");
	again = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD");
	note("COMMAND after the last had closed: %04x", config_get(again, 4));
	call(close(again), "close(new)");
	call(ioctl(g, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "GET_DEVICE_FD without a container");
	close(g);
	close(c);
}

static void still(const struct setup *s)
{
	if (s->container >= 0) {
		struct t_type1_info info = { .argsz = sizeof(info) };
		call(ioctl(s->container, VFIO_IOMMU_GET_INFO, &info), "  container: GET_INFO");
		struct vfio_iommu_type1_dma_unmap u = { sizeof(u), 0, 0x10000, PAGE };
		call(ioctl(s->container, VFIO_IOMMU_UNMAP_DMA, &u), "  container: UNMAP_DMA");
		more(" size %llx", (long long)u.size);
		struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)pages(1), 0x10000, PAGE };
		call(ioctl(s->container, VFIO_IOMMU_MAP_DMA, &m), "  container: MAP_DMA");
		call(ioctl(s->container, VFIO_SET_IOMMU, T_TYPE1), "  container: SET_IOMMU(1)");
	}
	if (s->group >= 0) {
		struct vfio_group_status st = { sizeof(st), 0 };
		call(ioctl(s->group, VFIO_GROUP_GET_STATUS, &st), "  group: GET_STATUS");
		more(" flags=%x", st.flags);
		int d = callfd(ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "  group: GET_DEVICE_FD");
		if (d >= 0)
			close(d);
	}
	if (s->device >= 0) {
		struct t_device_info info = { .argsz = sizeof(info) };
		uint32_t v = 0;
		call(ioctl(s->device, VFIO_DEVICE_GET_INFO, &info), "  device: GET_INFO");
		call(pread(s->device, &v, 4, 0), "  device: pread");
		more(" %08x", v);
	}
	int g = callfd(open(t_group_path, O_RDWR), "  another open(group)");
	if (g >= 0)
		close(g);
}

static void orders(void)
{
	static const char *const text[] = { "CGD", "CDG", "GCD", "GDC", "DCG", "DGC" };
	for (size_t i = 0; i < COUNT(text); i++) {
		note("== closing in the order %s", text[i]);
		struct setup s = attach_device(T_TYPE1v2);
		still(&s);
		for (const char *c = text[i]; *c; c++) {
			int *fd = *c == 'C' ? &s.container : *c == 'G' ? &s.group : &s.device;
			call(close(*fd), "close(%s)", *c == 'C' ? "container" : *c == 'G' ? "group" : "device");
			*fd = -1;
			still(&s);
		}
	}
}

static void forks(void)
{
	section("a child uses, and closes, what its parent opened");
	struct setup s = attach_device(T_TYPE1v2);
	pid_t pid = child_start();
	if (pid == 0) {
		still(&s);
		detach(&s);
		callfd(open(t_group_path, O_RDWR), "open(group) in the child");
		child_end();
	}
	child_wait(pid);
	still(&s);
	section("the parent closes first");
	int go[2];
	if (pipe(go))
		die("pipe");
	pid = child_start();
	if (pid == 0) {
		char b;
		close(go[1]);
		if (read(go[0], &b, 1) != 0)
			die("read");
		still(&s);
		child_end();
	}
	close(go[0]);
	detach(&s);
	callfd(open(t_group_path, O_RDWR), "open(group) while the child has it");
	flush();
	close(go[1]);
	child_wait(pid);
	int g = callfd(open(t_group_path, O_RDWR), "open(group) after the child has ended");
	close(g);
	section("a child that is killed with everything open");
	if (pipe(go))
		die("pipe");
	pid = child_start();
	if (pid == 0) {
		s = attach_device(T_TYPE1v2);
		struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (uintptr_t)pages(1), 0x10000, PAGE };
		call(ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m), "child: MAP_DMA");
		flush();
		if (write(go[1], "x", 1) != 1)
			die("write");
		pause();
	}
	char b;
	if (read(go[0], &b, 1) != 1)
		die("read");
	callfd(open(t_group_path, O_RDWR), "open(group) while the child has it");
	kill(pid, SIGKILL);
	child_wait(pid);
	close(go[0]);
	close(go[1]);
	s = attach_device(T_TYPE1v2);
	still(&s);
	detach(&s);
	section("exec: the group is kept, the rest is close-on-exec");
	s = attach_device(T_TYPE1v2);
	note("close-on-exec: container %d, group %d, device %d", fcntl(s.container, F_GETFD), fcntl(s.group, F_GETFD),
		fcntl(s.device, F_GETFD));
	call(fcntl(s.group, F_SETFD, 0), "fcntl(group, F_SETFD, 0)");
	pid = child_start();
	if (pid == 0) {
		char fds[3][16];
		sprintf(fds[0], "%d", s.container);
		sprintf(fds[1], "%d", s.group);
		sprintf(fds[2], "%d", s.device);
		execl("/proc/self/exe", "group", "--exec", fds[0], fds[1], fds[2], t_bdf, NULL);
		die("exec");
	}
	child_wait(pid);
	still(&s);
	detach(&s);
}

/* What the program does when it was started by itself. */
static int executed(char **argv)
{
	t_bdf = argv[5];
	t_find_group();
	int c = atoi(argv[2]), g = atoi(argv[3]), d = atoi(argv[4]);
	call(ioctl(c, VFIO_GET_API_VERSION), "executed: container GET_API_VERSION");
	call(ioctl(d, VFIO_DEVICE_RESET), "executed: device RESET");
	status_of(g);
	fd_link(g, "group");
	int again = callfd(ioctl(g, VFIO_GROUP_GET_DEVICE_FD, t_bdf), "executed: GET_DEVICE_FD");
	note("id %08x", edu_read(again, EDU_ID));
	flush();
	return 0;
}

static void rights(void)
{
	section("descriptors passed over a socket");
	struct setup s = attach_device(T_TYPE1v2), t = { passed(s.container), passed(s.group), passed(s.device) };
	fd_link(t.container, "received container");
	fd_link(t.group, "received group");
	fd_link(t.device, "received device");
	still(&t);
	detach(&s);
	note("the first ones are closed");
	still(&t);
	call(ioctl(t.group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	close(t.device);
	t.device = -1;
	call(ioctl(t.group, VFIO_GROUP_UNSET_CONTAINER), "UNSET_CONTAINER");
	detach(&t);
	int g = callfd(open(t_group_path, O_RDWR), "open(group)");
	close(g);
	section("dup2, dup3, F_DUPFD");
	s = attach_device(T_TYPE1v2);
	int copy = callfd(fcntl(s.device, F_DUPFD_CLOEXEC, 100), "fcntl(device, F_DUPFD_CLOEXEC, 100)");
	note("liveness %08x", edu_read(copy, EDU_LIVENESS));
	call(dup2(s.container, 200), "dup2(container, 200)");
	struct t_type1_info info = { .argsz = sizeof(info) };
	call(ioctl(200, VFIO_IOMMU_GET_INFO, &info), "GET_INFO(200)");
	call(dup3(s.group, 200, O_CLOEXEC), "dup3(group, 200)");
	call(ioctl(200, VFIO_IOMMU_GET_INFO, &info), "GET_INFO(200)");
	struct vfio_group_status st = { sizeof(st), 0 };
	call(ioctl(200, VFIO_GROUP_GET_STATUS, &st), "GET_STATUS(200)");
	call(dup2(s.device, 200), "dup2(device, 200)");
	call(ioctl(200, VFIO_GROUP_GET_STATUS, &st), "GET_STATUS(200)");
	struct t_device_info di = { .argsz = sizeof(di) };
	call(ioctl(200, VFIO_DEVICE_GET_INFO, &di), "device GET_INFO(200)");
	int null = open("/dev/null", O_RDWR);
	call(dup2(null, 200), "dup2(/dev/null, 200)");
	call(ioctl(200, VFIO_DEVICE_GET_INFO, &di), "device GET_INFO(200)");
	close(null);
	close(200);
	close(copy);
	call(close_range(s.container, s.container, 0), "close_range(container)");
	call(ioctl(s.device, VFIO_DEVICE_GET_INFO, &di), "device GET_INFO");
	close(s.group);
	close(s.device);
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "--exec") == 0)
		return executed(argv);
	start(argc, argv);
	opening();
	get_status();
	containers();
	devices();
	orders();
	forks();
	rights();
	return finish();
}
