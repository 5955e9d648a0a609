/* Ways to open /dev/vfio/vfio: flags, other spellings of the path, folders, and paths that are bad. */
#include "transcript.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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
		{ O_RDWR | O_NONBLOCK, "O_RDWR|O_NONBLOCK" },
		{ O_RDWR | O_CLOEXEC, "O_RDWR|O_CLOEXEC" },
		{ O_RDWR | O_APPEND, "O_RDWR|O_APPEND" },
		{ O_RDWR | O_TRUNC, "O_RDWR|O_TRUNC" },
		{ O_RDWR | O_CREAT, "O_RDWR|O_CREAT" },
		{ O_RDWR | O_CREAT | O_EXCL, "O_RDWR|O_CREAT|O_EXCL" },
		{ O_RDWR | O_DIRECTORY, "O_RDWR|O_DIRECTORY" },
		{ O_PATH, "O_PATH" },
		{ O_RDWR | O_NOFOLLOW, "O_RDWR|O_NOFOLLOW" },
		{ O_RDWR | O_SYNC, "O_RDWR|O_SYNC" },
	};
	for (size_t i = 0; i < COUNT(ways); i++) {
		int fd = callfd(open("/dev/vfio/vfio", ways[i].flags, 0600), "open(/dev/vfio/vfio, %s)", ways[i].name);
		if (fd < 0)
			continue;
		open_flags(fd);
		call(fcntl(fd, F_GETFD), "fcntl(F_GETFD)");
		call(ioctl(fd, VFIO_GET_API_VERSION), "GET_API_VERSION");
		close(fd);
	}
	callfd(open("/dev/vfio/vfio/", O_RDWR), "open(/dev/vfio/vfio/)");
	callfd(open("/dev/vfio/vfio/x", O_RDWR), "open(/dev/vfio/vfio/x)");
	callfd(open("/dev/vfio/nothing", O_RDWR), "open(/dev/vfio/nothing)");
	callfd(open("/dev/vfio/99999", O_RDWR), "open(/dev/vfio/99999)");
	callfd(open("/dev/vfio/-1", O_RDWR), "open(/dev/vfio/-1)");
	callfd(open("/dev/vfio", O_RDWR), "open(/dev/vfio, O_RDWR)");
	static const char *const same[] = { "//dev///vfio//vfio", "/dev/./vfio/../vfio/vfio", "/dev/vfio/./vfio",
		"/proc/self/root/dev/vfio/vfio" };
	for (size_t i = 0; i < COUNT(same); i++) {
		int fd = callfd(open(same[i], O_RDWR), "open(%s)", same[i]);
		call(ioctl(fd, VFIO_GET_API_VERSION), "GET_API_VERSION");
		close(fd);
	}
	int dir = callfd(open("/dev/vfio", O_RDONLY | O_DIRECTORY), "open(/dev/vfio, O_DIRECTORY)");
	int fd = callfd(openat(dir, "vfio", O_RDWR), "openat(/dev/vfio, vfio)");
	call(ioctl(fd, VFIO_GET_API_VERSION), "GET_API_VERSION");
	close(fd);
	close(dir);
	callfd(openat(-1, "vfio", O_RDWR), "openat(-1, vfio)");
	fd = callfd(openat(-1, "/dev/vfio/vfio", O_RDWR), "openat(-1, /dev/vfio/vfio)");
	close(fd);
	int cwd = open(".", O_RDONLY | O_DIRECTORY);
	call(chdir("/dev/vfio"), "chdir(/dev/vfio)");
	fd = callfd(open("vfio", O_RDWR), "open(vfio)");
	call(ioctl(fd, VFIO_GET_API_VERSION), "GET_API_VERSION");
	close(fd);
	call(fchdir(cwd), "fchdir(back)");
	close(cwd);
	callfd(open(NULL, O_RDWR), "open(NULL)");
	callfd(open("", O_RDWR), "open(\"\")");
	char *p = edge(10);
	memcpy(p, "/dev/vfio/", 10);
	callfd(open(p, O_RDWR), "open(path that runs into unmapped memory)");
	p = edge(15);
	memcpy(p, "/dev/vfio/vfio", 15);
	fd = callfd(open(p, O_RDWR), "open(path that ends before unmapped memory)");
	close(fd);
	call(ioctl(fd, VFIO_GET_API_VERSION), "GET_API_VERSION on a closed fd");
}

int main(int argc, char **argv)
{
	start(argc, argv);
	opening();
	return finish();
}
