/* SPDX-License-Identifier: MIT
 *
 * What a vfio-user client pays: 4-byte reads and writes of a region, posted writes, maps and unmaps of memory.
 *
 *   vfio-user-client [--cpu N] [--calls N] [--batches N] [--region N --offset N] SOCKET
 *   vfio-user-client [...] --floor       a bare ping-pong of messages as long as a read's, with a process that does nothing
 *
 * The other side is pinned by whoever starts it; with --floor it is pinned to the same CPU as the client.
 */
#include "bench.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { VERSION = 1, DMA_MAP = 2, DMA_UNMAP = 3, REGION_READ = 9, REGION_WRITE = 10, NO_REPLY = 1 << 4, ERROR = 1 << 5 };

struct header { uint16_t id, command; uint32_t size, flags, error; };
struct access { uint64_t offset; uint32_t region, count; };
struct map { uint32_t argsz, flags; uint64_t offset, address, size; };
struct unmap { uint32_t argsz, flags; uint64_t address, size; };

struct options {
	const char *path;
	int cpu;
	long calls, batches, region, offset;
	bool floor;
};

static struct options parse(int argc, char **argv)
{
	struct options options = { .cpu = -1, .calls = 2000, .batches = 15, .offset = 4 };

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--cpu"))
			options.cpu = parse_number(value, 0, CPU_SETSIZE - 1, argv[i++]);
		else if (!strcmp(argv[i], "--calls"))
			options.calls = parse_number(value, 1, 100000000, argv[i++]);
		else if (!strcmp(argv[i], "--batches"))
			options.batches = parse_number(value, 1, 100000, argv[i++]);
		else if (!strcmp(argv[i], "--region"))
			options.region = parse_number(value, 0, 8, argv[i++]);
		else if (!strcmp(argv[i], "--offset"))
			options.offset = parse_number(value, 0, 1 << 20, argv[i++]);
		else if (!strcmp(argv[i], "--floor"))
			options.floor = true;
		else if (argv[i][0] != '-' && !options.path)
			options.path = argv[i];
		else
			usage("[--cpu N] [--calls N] [--batches N] [--region N] [--offset N] SOCKET|--floor");
	}
	if (!options.path == !options.floor)
		usage("[--cpu N] [--calls N] [--batches N] [--region N] [--offset N] SOCKET|--floor");
	return options;
}

static void send_all(int socket, const void *bytes, size_t size, int fd)
{
	struct iovec vector = { (void *)bytes, size };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL) != (ssize_t)size)
		die("sendmsg");
}

static void receive_all(int socket, void *bytes, size_t size)
{
	if (recv(socket, bytes, size, MSG_WAITALL) != (ssize_t)size)
		die("recv");
}

static void receive_reply(int socket, void *payload, size_t size)
{
	struct header header;
	char message[sizeof(header) + 4096];

	/* One call, as QEMU's iothread and a lean client would: the reply's size is known. */
	receive_all(socket, message, sizeof(header) + size);
	memcpy(&header, message, sizeof(header));
	errno = header.error;
	if ((header.flags & ERROR) || header.size != sizeof(header) + size)
		die("the server refused command %u", header.command);
	if (size)
		memcpy(payload, message + sizeof(header), size);
}

static void negotiate(int socket)
{
	static const char json[] = "{\"capabilities\":{\"max_msg_fds\":8}}";
	struct { struct header header; uint16_t major, minor; char json[sizeof(json)]; } hello;
	struct header header;
	char reply[4096];

	memset(&hello, 0, sizeof(hello));
	hello.header = (struct header){ .id = 1, .command = VERSION, .size = 20 + sizeof(json) };
	memcpy(hello.json, json, sizeof(json));
	send_all(socket, &hello, hello.header.size, -1);
	receive_all(socket, &header, sizeof(header));
	if ((header.flags & ERROR) || header.size - sizeof(header) > sizeof(reply))
		die("the server refused the version");
	receive_all(socket, reply, header.size - sizeof(header));
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		die("the path is too long");
	strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect %s", path);
	negotiate(fd);
	return fd;
}

struct bench {
	int socket, memory;
	struct options options;
	long maps;
};

static void region_read(struct bench *bench)
{
	struct { struct header header; struct access access; } request = {
		{ .id = 2, .command = REGION_READ, .size = sizeof(request) },
		{ bench->options.offset, bench->options.region, 4 },
	};
	char reply[sizeof(struct access) + 4];

	send_all(bench->socket, &request, sizeof(request), -1);
	receive_reply(bench->socket, reply, sizeof(reply));
}

static void write_region(struct bench *bench, uint32_t flags)
{
	struct __attribute__((packed)) { struct header header; struct access access; uint32_t data; } request = {
		{ .id = 3, .command = REGION_WRITE, .size = sizeof(request), .flags = flags },
		{ bench->options.offset, bench->options.region, 4 }, 0x12345678,
	};

	send_all(bench->socket, &request, sizeof(request), -1);
}

static void region_write(struct bench *bench)
{
	char reply[sizeof(struct access)];

	write_region(bench, 0);
	receive_reply(bench->socket, reply, sizeof(reply));
}

static void posted_write(struct bench *bench)
{
	write_region(bench, NO_REPLY);
}

static void map_unmap(struct bench *bench)
{
	struct { struct header header; struct map map; } map = {
		{ .id = 4, .command = DMA_MAP, .size = sizeof(map) },
		{ sizeof(map.map), 3, 0, 0x100000000, 4096 },
	};
	struct { struct header header; struct unmap unmap; } unmap = {
		{ .id = 5, .command = DMA_UNMAP, .size = sizeof(unmap) },
		{ sizeof(unmap.unmap), 0, 0x100000000, 4096 },
	};
	struct unmap reply;

	send_all(bench->socket, &map, sizeof(map), bench->memory);
	receive_reply(bench->socket, NULL, 0);
	send_all(bench->socket, &unmap, sizeof(unmap), -1);
	receive_reply(bench->socket, &reply, sizeof(reply));
}

static void ping_pong(struct bench *bench)
{
	char message[36];

	memset(message, 0, sizeof(message));
	send_all(bench->socket, message, 32, -1);
	receive_all(bench->socket, message, sizeof(message));
}

/* The batch ends with a read, so that posted writes have been done and not only sent. */
static void measure(const char *name, struct bench *bench, void (*call)(struct bench *), bool drain)
{
	double *batches = calloc(bench->options.batches, sizeof(*batches));

	for (long batch = 0; batch < bench->options.batches; batch++) {
		int64_t start = now_ns();

		for (long i = 0; i < bench->options.calls; i++)
			call(bench);
		if (drain)
			region_read(bench);
		batches[batch] = (double)(now_ns() - start) / bench->options.calls;
	}
	report(name, batches, bench->options.batches);
	free(batches);
}

static int start_floor(pid_t *child)
{
	int pair[2];
	char message[36];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	*child = fork();
	if (*child == 0) {
		close(pair[0]);
		memset(message, 0, sizeof(message));
		while (recv(pair[1], message, 32, MSG_WAITALL) == 32)
			send_all(pair[1], message, sizeof(message), -1);
		_exit(0);
	}
	close(pair[1]);
	return pair[0];
}

int main(int argc, char **argv)
{
	struct bench bench = { .options = parse(argc, argv) };
	pid_t child = 0;

	if (bench.options.cpu >= 0)
		pin_to(bench.options.cpu);
	if (bench.options.floor) {
		bench.socket = start_floor(&child);
		measure("vfio-user-read", &bench, ping_pong, false);
		close(bench.socket);
		waitpid(child, NULL, 0);
		return 0;
	}
	bench.socket = connect_to(bench.options.path);
	bench.memory = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (bench.memory < 0 || ftruncate(bench.memory, 4096))
		die("memfd");
	measure("vfio-user-read", &bench, region_read, false);
	measure("vfio-user-write", &bench, region_write, false);
	measure("vfio-user-posted", &bench, posted_write, true);
	measure("vfio-user-map-unmap", &bench, map_unmap, false);
	return 0;
}
