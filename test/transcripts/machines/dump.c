/*
 * Takes the face of the card at 0000:00:05.0, or the one named, or with -v that of its first virtual function, for a replica: three texts with a line `== NAME` before each.
 *
 *	config      configuration space, as lspci -xxxx prints it
 *	resource    sysfs' table of the BARs
 *	writable    in the same form as config: the bits that software can write
 *
 * The last is found by writing ones and zeros to each byte but those of BARs and ROM. That is harmless to an emulated card that no
 * driver has, and may be anything but that to a real one: there, take config and resource only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[256];
static const char *bdf = "0000:00:05.0";

static int open_file(const char *name, int flags)
{
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	return open(path, flags);
}

static void show(const char *title, const uint8_t *b, int n)
{
	printf("== %s\n", title);
	for (int i = 0; i < n; i++)
		printf("%s%02x%c", i % 16 == 0 ? (printf("%02x:", i), " ") : "", b[i], i % 16 == 15 ? '\n' : ' ');
}

/* Has vfio-pci make a virtual function, which is looked at from then on. */
static void make_virtual(void)
{
	static char name[64];
	char link[64] = "";
	int enable = open("/sys/module/vfio_pci/parameters/enable_sriov", O_WRONLY);
	int count = open_file("sriov_numvfs", O_WRONLY);
	if (write(enable, "1", 1) < 0 || write(count, "1", 1) < 0 || (open_file("virtfn0", O_PATH), readlink(path, link, sizeof(link) - 1)) < 0)
		perror(path);
	snprintf(name, sizeof(name), "%s", strrchr(link, '/') ? strrchr(link, '/') + 1 : "");
	bdf = name;
}

int main(int argc, char **argv)
{
	uint8_t config[4096], writable[4096] = { 0 };
	char table[4096];
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			bdf = argv[i];
		else if (argv[i][1] == 'v')
			make_virtual();
	int driver = open_file("driver/unbind", O_WRONLY);
	if (driver >= 0 && write(driver, bdf, strlen(bdf)) < 0)
		perror(path);
	int fd = open_file("config", O_RDWR);
	int n = fd < 0 ? -1 : (int)pread(fd, config, sizeof(config), 0);
	if (n < 64) {
		perror(path);
		return 1;
	}
	show("config", config, n);
	int resource = open_file("resource", O_RDONLY);
	ssize_t length = resource < 0 ? -1 : read(resource, table, sizeof(table));
	if (length < 0) {
		perror(path);
		return 1;
	}
	printf("== resource\n%.*s", (int)length, table);
	for (int i = 0; i < n; i++) {
		uint8_t was, ones, zeros, all = 0xff, none = 0;
		if (i >= 0x10 && i < 0x34 && (i < 0x28 || i >= 0x30))
			continue;
		if (pread(fd, &was, 1, i) != 1 || pwrite(fd, &all, 1, i) != 1 || pread(fd, &ones, 1, i) != 1 ||
			pwrite(fd, &none, 1, i) != 1 || pread(fd, &zeros, 1, i) != 1 || pwrite(fd, &was, 1, i) != 1) {
			perror(path);
			return 1;
		}
		writable[i] = ones & ~zeros;
	}
	show("writable", writable, n);
	return 0;
}
