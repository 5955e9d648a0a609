/*
 * What programs write below /sys: a device's driver_override, the drivers' bind, unbind, new_id and remove_id, drivers_probe, reset,
 * enable, remove and rescan, parameters of modules, and configuration space. Then who sees what: nodes that come and go, groups that become
 * viable, and a driver that is unbound while a client has the device open (REQ).
 */
/* machine: real -d pcie-root-port,id=p1,chassis=1,addr=06.0 -d edu,bus=p1,addr=00.0,multifunction=on -d pci-serial,bus=p1,addr=00.1 -d pcie-root-port,id=p2,chassis=2,addr=07.0 -d edu,bus=p2,addr=00.0 -d edu,addr=05.0 ; ours --device edu,addr=0000:00:05.0 --device edu,addr=0000:01:00.0 --device replica,config=@machines@/pci-serial.config,resource=@machines@/pci-serial.resource,addr=0000:01:00.1,driver=serial --device edu,addr=0000:02:00.0 */
#include "devices.h"
#include "sysfs.h"

#define DRIVERS "/sys/bus/pci/drivers/"
#define VFIO DRIVERS "vfio-pci/"

static const char *of(int d, const char *rest)
{
	static char text[8][128];
	static int turn;
	char *t = text[turn = (turn + 1) & 7];
	snprintf(t, 128, "/sys/bus/pci/devices/%s/%s", bdfs[d], rest);
	return t;
}

static void driver_of(int d)
{
	char b[256];
	ssize_t n = readlink(of(d, "driver"), b, sizeof(b) - 1);
	call(n < 0 ? -1 : 0, "readlink(driver of %s)", names[d]);
	if (n > 0) {
		b[n] = 0;
		more(" %s", strrchr(b, '/') + 1);
	}
}

static void exists(const char *path)
{
	call(access(path, F_OK), "access(%s)", path);
}

/* Who has a device, and which nodes it has. */
static void state(int d)
{
	char b[64];
	driver_of(d);
	exists(of(d, "vfio-dev"));
	group_of(d);
	call(access(t_group_path, F_OK), "access(group node of %s)", names[d]);
	snprintf(b, sizeof(b), "/sys/class/vfio/%d", t_group);
	call(access(b, F_OK), "access(class of the group of %s)", names[d]);
	get(of(d, "driver_override"));
	get(of(d, "enable"));
}

static void modes(void)
{
	section("how attributes are opened and written");
	const char *over = of(R, "driver_override");
	static char big[3 * 4096];
	memset(big, 'x', sizeof(big));
	callfd(open(of(R, "vendor"), O_WRONLY), "open(vendor, O_WRONLY)");
	callfd(open(of(R, "vendor"), O_RDWR), "open(vendor, O_RDWR)");
	callfd(open(VFIO "bind", O_RDONLY), "open(bind, O_RDONLY)");
	callfd(open(VFIO "bind", O_RDWR), "open(bind, O_RDWR)");
	callfd(open(of(R, "bind"), O_WRONLY | O_CREAT, 0644), "open(new name, O_CREAT)");
	callfd(open(over, O_WRONLY | O_CREAT | O_EXCL, 0644), "open(driver_override, O_CREAT|O_EXCL)");
	callfd(open(over, O_WRONLY | O_DIRECTORY), "open(driver_override, O_DIRECTORY)");
	int fd = callfd(open(over, O_WRONLY | O_CREAT | O_TRUNC, 0644), "open(driver_override, O_WRONLY|O_CREAT|O_TRUNC)");
	call(read(fd, big, 1), "read");
	call(write(fd, "", 0), "write(0 bytes)");
	call(write(fd, NULL, 1), "write(NULL)");
	call(write(fd, UNMAPPED, 5), "write(bad memory)");
	call(write(fd, "one\n", 4), "write(one)");
	get(over);
	call(write(fd, "two\n", 4), "write(two) through the same descriptor");
	get(over);
	call(pwrite(fd, "three\n", 6, 100), "pwrite(three, at 100)");
	get(over);
	struct iovec v[3] = { { "fo", 2 }, { "ur\n", 3 }, { "five", 4 } };
	call(writev(fd, v, 3), "writev(fo, ur, five)");
	get(over);
	call(lseek(fd, 0, SEEK_CUR), "lseek(0, SEEK_CUR)");
	call(ftruncate(fd, 0), "ftruncate(0)");
	close(fd);
	fd = callfd(open(over, O_RDWR), "open(driver_override, O_RDWR)");
	call(write(fd, "six", 3), "write(six)");
	char b[16] = "";
	lseek(fd, 0, SEEK_SET);
	call(read(fd, b, sizeof(b)), "read");
	more(" \"%s\"", shown(b));
	close(fd);
	fd = open(over, O_RDONLY);
	call(write(fd, "seven", 5), "write(read only)");
	close(fd);
	fd = callfd(open(over, O_WRONLY | O_APPEND), "open(driver_override, O_APPEND)");
	call(write(fd, "eight\nnine\n", 11), "write(two lines)");
	get(over);
	close(fd);
	fd = open(over, O_WRONLY);
	call(write(fd, big, 4094), "write(4094 bytes)");
	call(write(fd, big, 4095), "write(4095 bytes)");
	call(write(fd, big, 4096), "write(4096 bytes)");
	call(write(fd, big, 3 * 4096), "write(12288 bytes)");
	close(fd);
	put(over, "\n");
	get(over);
	put(over, "vfio-pci");
	put(over, "");
	get(over);
	put_bytes(over, "a\0b", 3);
	get(over);
	put(over, " vfio-pci \n");
	get(over);
	put(over, "\n");
	struct stat s;
	call(stat(over, &s), "stat(driver_override)");
	more(" mode=%o size=%ld", s.st_mode, (long)s.st_size);
}

/* The same through descriptors with low numbers, as a shell has them. */
static void low(void)
{
	section("through a descriptor that was moved");
	const char *over = of(R, "driver_override");
	int saved = dup(1);
	flush();
	int fd = open(over, O_WRONLY);
	dup2(fd, 1);
	close(fd);
	long good = write(1, "low\n", 4);
	static char big[4096];
	memset(big, 'x', sizeof(big));
	long bad = write(1, big, sizeof(big));
	int bad_errno = errno;
	struct iovec v[2] = { { "lo", 2 }, { "wer\n", 4 } };
	long vector = writev(1, v, 1);
	long none = write(1, "", 0);
	long unreadable = write(1, UNMAPPED, 4);
	int unreadable_errno = errno;
	dup2(saved, 1);
	close(saved);
	call(good, "write(low)");
	errno = bad_errno;
	call(bad, "write(4096 bytes)");
	call(vector, "writev(lo)");
	call(none, "write(0 bytes)");
	errno = unreadable_errno;
	call(unreadable, "write(bad memory)");
	get(over);
	flush();
	pid_t child = fork();
	if (child == 0) {
		fd = open(over, O_WRONLY);
		dup2(fd, 1);
		close(fd);
		char *const arguments[] = { "printf", "from a program\\n", NULL };
		signal(SIGPIPE, SIG_IGN);
		execvp("/bin/busybox", (char *[]){ "busybox", "printf", "from a program\\n", NULL });
		execvp("printf", arguments);
		_exit(97);
	}
	int w;
	waitpid(child, &w, 0);
	call(0, "printf > driver_override: status %x", w);
	get(over);
	put(over, "\n");
}

static void errors(void)
{
	section("bind and unbind: errors");
	put(VFIO "unbind", "0000:09:00.0");
	put(VFIO "unbind", "");
	put(VFIO "unbind", "\n");
	put(VFIO "unbind", "0000:01:00.1");
	put(VFIO "unbind", "0000:00:05.0 ");
	put(VFIO "unbind", "0000:00:05.0\n\n");
	put(VFIO "unbind", "00:05.0");
	put(VFIO "bind", "0000:00:05.0");
	put(VFIO "bind", "0000:01:00.1");
	put(VFIO "bind", "0000:09:00.0");
	put(VFIO "bind", "");
	put(DRIVERS "serial/bind", "0000:00:05.0");
	put(DRIVERS "serial/bind", "0000:01:00.1");
	put(DRIVERS "serial/unbind", "0000:00:05.0");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0");
	put("/sys/bus/pci/drivers_probe", "0000:09:00.0");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0\n");
	driver_of(R);
	driver_of(A1);
}

static void round_trip(void)
{
	section("unbind, and bind again");
	state(R);
	get("/sys/kernel/debug/vfio/0000:00:05.0/pci/nointxmask");
	get("/sys/kernel/debug/vfio/0000:00:05.0/pci/disable_idle_d3");
	put(VFIO "unbind", "0000:00:05.0");
	state(R);
	exists("/sys/kernel/debug/vfio/0000:00:05.0");
	exists(VFIO "0000:00:05.0");
	get(of(R, "uevent"));
	put(VFIO "unbind", "0000:00:05.0");
	section("no driver wants it");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0");
	put(VFIO "bind", "0000:00:05.0");
	state(R);
	section("driver_override of a driver that is not there");
	put(of(R, "driver_override"), "nobody");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0");
	put(VFIO "bind", "0000:00:05.0");
	driver_of(R);
	section("driver_override, and drivers_probe");
	put(of(R, "driver_override"), "vfio-pci\n");
	driver_of(R);
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0\n");
	state(R);
	section("driver_override, and bind");
	put(VFIO "unbind", "0000:00:05.0\n");
	put(VFIO "bind", "0000:00:05.0\n");
	state(R);
	section("unbind by the device's own link");
	put(of(R, "driver/unbind"), "0000:00:05.0");
	driver_of(R);
	exists(of(R, "driver/unbind"));
	put(VFIO "bind", "0000:00:05.0");
	section("override taken away from a bound device");
	put(of(R, "driver_override"), "\n");
	driver_of(R);
	put(VFIO "unbind", "0000:00:05.0");
	put(VFIO "bind", "0000:00:05.0");
	driver_of(R);
}

static void ids(void)
{
	section("new_id and remove_id");
	put(VFIO "new_id", "");
	put(VFIO "new_id", "zz");
	put(VFIO "new_id", "1234");
	put(VFIO "remove_id", "1234 11e8");
	put(VFIO "remove_id", "1234");
	put(VFIO "new_id", "1234 11e8");
	driver_of(R);
	put(VFIO "new_id", "1234 11e8");
	put(VFIO "new_id", "1234 11e8 ffffffff ffffffff 0 0");
	put(VFIO "new_id", "1234 11e9 1af4 1100 0 0 5");
	put(VFIO "new_id", "1234 11ea 1af4 1100 ff0000 ffff00");
	put(VFIO "remove_id", "1234 11e9");
	put(VFIO "remove_id", "1234 11e9 1af4 1100");
	put(VFIO "remove_id", "1234 11ea 1 1");
	put(VFIO "remove_id", "1234 11ea");
	put(VFIO "unbind", "0000:00:05.0");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0");
	driver_of(R);
	put(VFIO "remove_id", "1234 11e8");
	put(VFIO "remove_id", "1234 11e8");
	driver_of(R);
	put(VFIO "unbind", "0000:00:05.0");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0");
	driver_of(R);
	section("new_id of the serial port's driver");
	put(DRIVERS "serial/new_id", "1b36 0002");
	put(of(R, "driver_override"), "vfio-pci");
	put("/sys/bus/pci/drivers_probe", "0000:00:05.0");
	driver_of(R);
}

static void siblings(void)
{
	section("a group becomes viable, and is so no more");
	int g = group_open(A0);
	status(g, "serial has A1");
	put(DRIVERS "serial/unbind", "0000:01:00.1");
	driver_of(A1);
	status(g, "nobody has A1");
	int c = callfd(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), "open(container)");
	put(DRIVERS "serial/bind", "0000:01:00.1");
	driver_of(A1);
	set_container(g, c, "serial has A1");
	put(DRIVERS "serial/unbind", "0000:01:00.1");
	set_container(g, c, "nobody has A1");
	put(DRIVERS "serial/bind", "0000:01:00.1");
	driver_of(A1);
	put("/sys/bus/pci/drivers_probe", "0000:01:00.1");
	driver_of(A1);
	put(of(A1, "driver_override"), "vfio-pci");
	put("/sys/bus/pci/drivers_probe", "0000:01:00.1");
	driver_of(A1);
	status(g, "vfio-pci has A1");
	call(ioctl(c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "SET_IOMMU");
	int d = get_device(g, A1);
	if (d >= 0)
		closing(&d, "A1");
	put(VFIO "unbind", "0000:01:00.1");
	get_device(g, A1);
	put(of(A1, "driver_override"), "\n");
	closing(&g, "group");
	put("/sys/bus/pci/drivers_probe", "0000:01:00.1");
	driver_of(A1);
	closing(&c, "container");
	put(DRIVERS "serial/unbind", "0000:01:00.1");
}

static void in_use(void)
{
	section("unbound while open through the group");
	struct writer w = writer(VFIO "unbind", "0000:02:00.0");
	struct setup s = open_device(B);
	int e = eventfd(0, EFD_NONBLOCK);
	set_request(s.device, e);
	go(&w);
	note("REQ: %lu", edu_signalled(e, SOON));
	note("unbind waits: %s", finished(&w, NEVER) ? "no" : "yes");
	exists(of(B, "vfio-dev/vfio0"));
	state(B);
	get_device(s.group, B);
	status(s.group, "the driver is leaving");
	call(pread(s.device, &(int){ 0 }, 4, 0) == 4 ? 0 : -1, "the device still works");
	int second = callfd(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), "open(second container)");
	closing(&second, "second container");
	closing(&s.device, "device");
	result(&w, "unbind");
	state(B);
	get_device(s.group, B);
	status(s.group, "the driver has left");
	closing(&s.group, "group");
	closing(&s.container, "container");
	put(VFIO "bind", "0000:02:00.0");
	driver_of(B);

	section("unbound while open through its own node");
	w = writer(VFIO "unbind", "0000:02:00.0");
	int d = cdev_open(B);
	int i = callfd(open("/dev/iommu", O_RDWR | O_CLOEXEC), "open(iommufd)");
	bind_device(d, i, "B");
	set_request(d, e);
	go(&w);
	note("REQ: %lu", edu_signalled(e, SOON));
	note("unbind waits: %s", finished(&w, NEVER) ? "no" : "yes");
	state(B);
	closing(&d, "device");
	result(&w, "unbind");
	closing(&i, "iommufd");
	put(VFIO "bind", "0000:02:00.0");

	section("a node that was opened and not bound");
	w = writer(VFIO "unbind", "0000:02:00.0");
	d = cdev_open(B);
	go(&w);
	note("unbind waits: %s", finished(&w, NEVER) ? "no" : "yes");
	i = callfd(open("/dev/iommu", O_RDWR | O_CLOEXEC), "open(iommufd)");
	bind_device(d, i, "a device that its driver is leaving");
	struct t_device_info info = { .argsz = sizeof(info) };
	call(ioctl(d, VFIO_DEVICE_GET_INFO, &info), "GET_INFO of it");
	group_of(B);
	call(access(t_group_path, F_OK), "access(group node)");
	int g = callfd(open(t_group_path, O_RDWR | O_CLOEXEC), "open(group node)");
	closing(&d, "device");
	result(&w, "unbind");
	if (g >= 0)
		closing(&g, "group");
	closing(&i, "iommufd");
	put(VFIO "bind", "0000:02:00.0");
	state(B);

	section("a group that is open when its device comes back");
	g = group_open(B);
	put(VFIO "unbind", "0000:02:00.0");
	put(VFIO "bind", "0000:02:00.0");
	status(g, "old descriptor");
	get_device(g, B);
	int g2 = group_open(B);
	closing(&g, "old group");
	g2 = g2 < 0 ? group_open(B) : g2;
	closing(&g2, "group");
	close(e);
}

static void removal(void)
{
	section("remove and rescan");
	int old = open(of(B, "driver_override"), O_WRONLY), old_config = open(of(B, "config"), O_WRONLY);
	put(of(B, "remove"), "0");
	put(of(B, "remove"), "x");
	put(of(B, "remove"), "1\n");
	exists(of(B, ""));
	exists("/sys/bus/pci/drivers/vfio-pci/0000:02:00.0");
	call(write(old, "x", 1), "write(driver_override of what has gone)");
	call(pwrite(old_config, "", 1, 4), "pwrite(its configuration space)");
	call(write(old, "", 0), "write(0 bytes to it)");
	put("/sys/bus/pci/rescan", "0");
	exists(of(B, ""));
	put("/sys/bus/pci/rescan", "x");
	put("/sys/bus/pci/rescan", "1");
	exists(of(B, ""));
	state(B);
	put(of(B, "driver_override"), "vfio-pci");
	put(VFIO "bind", "0000:02:00.0");
	state(B);
	call(write(old, "x", 1), "write(driver_override of before)");
	close(old);
	close(old_config);
	section("rescan from the root port, and from the device");
	char real[PATH_MAX];
	realpath(of(B, ""), real);
	strcpy(strrchr(real, '/'), "/rescan");
	int rescan = callfd(open(real, O_WRONLY | O_CLOEXEC), "open(rescan of the port above B)");
	put(of(B, "remove"), "1");
	call(write(rescan, "1", 1), "write(rescan of the port above B)");
	close(rescan);
	exists(of(B, ""));
	put(of(B, "rescan"), "1");
	put(of(B, "driver_override"), "vfio-pci");
	put("/sys/bus/pci/drivers_probe", "0000:02:00.0");
	section("removed while open");
	struct writer w = writer(of(B, "remove"), "1");
	struct setup s = open_device(B);
	int e = eventfd(0, EFD_NONBLOCK);
	set_request(s.device, e);
	go(&w);
	note("REQ: %lu", edu_signalled(e, SOON));
	note("remove waits: %s", finished(&w, NEVER) ? "no" : "yes");
	exists(of(B, "vendor"));
	closing(&s.device, "device");
	result(&w, "remove");
	exists(of(B, "vendor"));
	closing(&s.group, "group");
	closing(&s.container, "container");
	put("/sys/bus/pci/rescan", "1");
	put(of(B, "driver_override"), "vfio-pci");
	put(VFIO "bind", "0000:02:00.0");
	group_of(B);
	s = open_device(B);
	closing(&s.device, "device");
	closing(&s.group, "group");
	closing(&s.container, "container");
	close(e);
}

static void others(void)
{
	section("reset");
	exists(of(R, "reset"));
	put(of(B, "reset"), "0");
	put(of(B, "reset"), "x");
	put(of(B, "reset"), "1");
	get(of(B, "reset_method"));
	put(of(B, "reset_method"), "flr");
	put(of(B, "reset_method"), "nonsense");
	get(of(B, "reset_method"));
	put(of(B, "reset_method"), "bus\n");
	get(of(B, "reset_method"));
	put(of(B, "reset_method"), "\n");
	get(of(B, "reset_method"));
	put(of(B, "reset"), "1");
	put(of(B, "reset_method"), "default");
	get(of(B, "reset_method"));
	put(of(B, "reset_method"), "bus bus");
	put(of(B, "reset_method"), "bus flr");
	get(of(B, "reset_method"));
	put(of(B, "reset_method"), "default");
	section("reset while a client has it open");
	struct setup s = open_device(B);
	edu_write(s.device, EDU_LIVENESS, 5);
	config_put(s.device, 4, 6);
	put(of(B, "reset"), "1");
	note("liveness %x command %x", edu_read(s.device, EDU_LIVENESS), config_get(s.device, 4));
	get(of(B, "enable"));
	closing(&s.device, "device");
	closing(&s.group, "group");
	closing(&s.container, "container");
	section("enable");
	put(of(B, "enable"), "1");
	put(of(B, "enable"), "0");
	put(of(B, "enable"), "x");
	put(VFIO "unbind", "0000:02:00.0");
	put(of(B, "enable"), "0");
	put(of(B, "enable"), "1");
	get(of(B, "enable"));
	put(of(B, "enable"), "2");
	get(of(B, "enable"));
	put(of(B, "enable"), "0");
	put(of(B, "enable"), "0");
	get(of(B, "enable"));
	put(VFIO "bind", "0000:02:00.0");
	section("what else takes numbers");
	put(of(B, "broken_parity_status"), "1");
	get(of(B, "broken_parity_status"));
	put(of(B, "broken_parity_status"), "0x10");
	get(of(B, "broken_parity_status"));
	put(of(B, "broken_parity_status"), "x");
	put(of(B, "broken_parity_status"), "0");
	put(of(B, "msi_bus"), "x");
	put(of(B, "msi_bus"), "0");
	get(of(B, "msi_bus"));
	put(of(B, "msi_bus"), "1");
	get(of(B, "msi_bus"));
	put(of(B, "uevent"), "nonsense");
	put(of(B, "uevent"), "change");
	put(VFIO "uevent", "add");
	get("/sys/bus/pci/drivers_autoprobe");
	put("/sys/bus/pci/drivers_autoprobe", "0");
	get("/sys/bus/pci/drivers_autoprobe");
	put(of(B, "remove"), "1");
	put("/sys/bus/pci/rescan", "1");
	put("/sys/bus/pci/drivers_autoprobe", "1");
	get("/sys/bus/pci/drivers_autoprobe");
	put(of(B, "driver_override"), "vfio-pci");
	put(VFIO "bind", "0000:02:00.0");
	put(of(B, "iommu_group/type"), "nonsense");
	put(of(B, "iommu_group/type"), "DMA");
	put(of(B, "iommu_group/type"), "identity");
	get(of(B, "iommu_group/type"));
}

static void modules(void)
{
	section("parameters of modules");
	static const char *const flags[] = {
		"/sys/module/vfio_pci/parameters/enable_sriov",
		"/sys/module/vfio_pci/parameters/nointxmask",
		"/sys/module/vfio_pci/parameters/disable_idle_d3",
		"/sys/module/vfio_pci/parameters/disable_denylist",
		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		"/sys/module/vfio_iommu_type1/parameters/disable_hugepages",
	};
	for (size_t i = 0; i < COUNT(flags); i++) {
		get(flags[i]);
		put(flags[i], "1\n");
		get(flags[i]);
		put(flags[i], "off");
		get(flags[i]);
		put(flags[i], "maybe");
		put(flags[i], "");
		put(flags[i], "yes please");
		get(flags[i]);
		put(flags[i], "enable");
		get(flags[i]);
		put(flags[i], "Disable");
		put(flags[i], "T");
		put(flags[i], "F");
		put(flags[i], "oN");
		put(flags[i], " y");
		put(flags[i], "N");
	}
	const char *limit = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
	get(limit);
	put(limit, "3");
	get(limit);
	struct setup s = open_device(B);
	char *memory = pages(8);
	for (int i = 0; i < 4; i++) {
		struct vfio_iommu_type1_dma_map m = { sizeof(m), 3, (__u64)(memory + i * PAGE), 0x100000 + i * PAGE, PAGE };
		call(ioctl(s.container, VFIO_IOMMU_MAP_DMA, &m), "MAP_DMA(%d)", i);
	}
	closing(&s.device, "device");
	closing(&s.group, "group");
	closing(&s.container, "container");
	put(limit, "0x10");
	get(limit);
	put(limit, "-1");
	put(limit, "x");
	put(limit, "4294967296");
	put(limit, "017\n");
	get(limit);
	put(limit, "+18");
	get(limit);
	put(limit, "0x");
	put(limit, "08");
	put(limit, "5 ");
	put(limit, "65535");
	get(limit);
}

static void config(void)
{
	section("configuration space");
	unsigned char b[300];
	memset(b, 0, sizeof(b));
	put(VFIO "unbind", "0000:02:00.0");
	int fd = callfd(open(of(B, "config"), O_RDWR | O_CLOEXEC), "open(config)");
	call(pwrite(fd, "\xff\xff", 2, 4), "pwrite(2 at 4)");
	call(pread(fd, b, 2, 4), "pread(2 at 4)");
	more(" %02x%02x", b[1], b[0]);
	call(pwrite(fd, "\x06\x00", 2, 4), "pwrite(2 at 4)");
	call(pwrite(fd, "\x12\x34\x56", 3, 0x3c), "pwrite(3 at 3c)");
	call(pread(fd, b, 4, 0x3c), "pread(4 at 3c)");
	more(" ");
	hex(b, 4);
	call(pwrite(fd, b, 0, 4), "pwrite(0 at 4)");
	call(pwrite(fd, b, 1, 256), "pwrite(1 at 256)");
	call(pwrite(fd, b, 0, 256), "pwrite(0 at 256)");
	call(pwrite(fd, b, 1, 257), "pwrite(1 at 257)");
	memset(b, 0, sizeof(b));
	call(pwrite(fd, b, 8, 252), "pwrite(8 at 252)");
	call(pwrite(fd, UNMAPPED, 4, 0x3c), "pwrite(bad memory)");
	call(lseek(fd, 0x3c, SEEK_SET), "lseek(3c)");
	call(write(fd, "\x0b", 1), "write(1)");
	call(lseek(fd, 0, SEEK_CUR), "lseek(0, SEEK_CUR)");
	call(lseek(fd, 0, SEEK_END), "lseek(0, SEEK_END)");
	call(pread(fd, b, 1, 0x3c), "pread(1 at 3c)");
	more(" %02x", b[0]);
	close(fd);
	put(VFIO "bind", "0000:02:00.0");
	struct setup s = open_device(B);
	note("command for the client %04x line %02x", config_get(s.device, 4), config_get(s.device, 0x3c) & 0xff);
	closing(&s.device, "device");
	closing(&s.group, "group");
	closing(&s.container, "container");
}

int main(int argc, char **argv)
{
	t_bdf = bdfs[R];
	start(argc, argv);
	modes();
	low();
	errors();
	round_trip();
	ids();
	siblings();
	in_use();
	removal();
	others();
	modules();
	config();
	return finish();
}
