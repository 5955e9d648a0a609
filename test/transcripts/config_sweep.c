/*
 * All of configuration space of a card: what each byte reads in all widths, what ones and zeros make of it, and what is left for
 * the next opener; and what the device says of its regions and interrupts.
 *
 * The cards are QEMU's on the kernel's side, and replicas of them on ours (machines/). A card's own registers behind its BARs are
 * not touched: a replica's are memory.
 */
/* machine ahci: real -d ich9-ahci ; ours --device replica,addr=0000:00:05.0,config=@machines@/ahci.config,resource=@machines@/ahci.resource,writable=@machines@/ahci.writable */
/* machine e1000e: real -d e1000e,romfile=@machines@/option.rom ; ours --device replica,addr=0000:00:05.0,config=@machines@/e1000e.config,resource=@machines@/e1000e.resource,writable=@machines@/e1000e.writable,rom=@machines@/option.rom */
/* machine igb: real -d igb ; ours --device replica,addr=0000:00:05.0,config=@machines@/igb.config,resource=@machines@/igb.resource,writable=@machines@/igb.writable */
/* machine nvme: real -d nvme,serial=a,drive=none0 ; ours --device replica,addr=0000:00:05.0,config=@machines@/nvme.config,resource=@machines@/nvme.resource,writable=@machines@/nvme.writable */
/* machine virtio-rng: real -d virtio-rng-pci ; ours --device replica,addr=0000:00:05.0,config=@machines@/virtio-rng.config,resource=@machines@/virtio-rng.resource,writable=@machines@/virtio-rng.writable */
/* machine vmxnet3: real -d vmxnet3,romfile= ; ours --device replica,addr=0000:00:05.0,config=@machines@/vmxnet3.config,resource=@machines@/vmxnet3.resource,writable=@machines@/vmxnet3.writable */
#include "transcript.h"

#define REGION(n) ((off_t)(n) << 40)
#define CONFIG REGION(7)
#define MOST 4096

static int device;
static size_t size;
static unsigned char at_rest[MOST];

/* Where the host put BARs and ROM, and the interrupt line, are its own: cleared in what is printed of a space at rest. */
static void mask_host(unsigned char *b, size_t offset, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = offset + i;
		if ((at >= 0x10 && at < 0x28) || (at >= 0x30 && at < 0x34))
			b[i] &= (at & 3) == 0 ? 0x0f : 0;
		else if (at == 0x3c)
			b[i] = 0;
	}
}

static void snapshot(unsigned char *b)
{
	if (pread(device, b, size, CONFIG) != (ssize_t)size)
		die("config read");
}

/* Lines that differ only in their offset are one, with the first and the last of them. */
static char run_text[4096];
static size_t run_first, run_last, run_count;
static const char *run_verb;

static void run_end(void)
{
	if (run_count == 0)
		return;
	if (run_count == 1)
		note("%s(config+%#zx%s", run_verb, run_first, run_text);
	else
		note("%s(config+%#zx to %#zx, %zu times%s", run_verb, run_first, run_last, run_count, run_text);
	run_count = 0;
}

static void run_add(const char *verb, size_t offset, const char *text)
{
	if (run_count != 0 && (run_verb != verb || strcmp(run_text, text)))
		run_end();
	if (run_count++ == 0) {
		run_first = offset;
		run_verb = verb;
		snprintf(run_text, sizeof(run_text), "%s", text);
	}
	run_last = offset;
}

static char *add_hex(char *w, const unsigned char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w += sprintf(w, "%02x", b[i]);
	return w;
}

static char *add_result(char *w, ssize_t r)
{
	return w + (r < 0 ? sprintf(w, " = -1 %s", strerrorname_np(errno)) : sprintf(w, " = %zd", r));
}

static void reads(size_t width, size_t step)
{
	for (size_t at = 0; at < size; at += step) {
		unsigned char b[8] = { 0 };
		char text[256], *w = text;
		ssize_t r = pread(device, b, width, CONFIG + at);
		w += sprintf(w, ", %zu)", width);
		w = add_result(w, r);
		if (r > 0) {
			mask_host(b, at, r);
			*w++ = ' ';
			w = add_hex(w, b, r);
		}
		*w = 0;
		run_add("pread", at, text);
	}
	run_end();
}

static char *add_others(char *w, size_t offset, size_t n, const unsigned char *was, const unsigned char *now)
{
	int shown = 0;
	for (size_t i = 0; i < size && shown < 64; i++)
		if ((i < offset || i >= offset + n) && was[i] != now[i]) {
			w += sprintf(w, " [%02zx]=%02x", i, now[i]);
			shown++;
		}
	return w;
}

/* Ones, then zeros, then what was there: what the bytes read each time, and which others are not as they were. */
static void poke(size_t at, size_t width)
{
	unsigned char pattern[8], now[MOST];
	char text[4096], *w = text;
	w += sprintf(w, ", %zu)", width);
	for (int turn = 0; turn < 3; turn++) {
		if (turn < 2)
			memset(pattern, turn == 0 ? 0xff : 0, sizeof(pattern));
		ssize_t r = pwrite(device, turn < 2 ? pattern : at_rest + at, width, CONFIG + at);
		if (turn < 2 || r != (ssize_t)width)
			w = add_result(w, r);
		snapshot(now);
		if (turn < 2 && r > 0) {
			w = stpcpy(w, turn == 0 ? " ones" : " zeros");
			*w++ = ' ';
			w = add_hex(w, now + at, width);
		}
		w = add_others(w, turn < 2 ? at : 0, turn < 2 ? width : 0, at_rest, now);
		if (turn < 2)
			*w++ = ';';
	}
	/* What did not come back is said above, and is what the next one finds. */
	memcpy(at_rest, now, size);
	*w = 0;
	run_add("pwrite", at, text);
}

static void pokes(size_t width, size_t step, size_t from)
{
	for (size_t at = from; at + width <= size; at += step)
		poke(at, width);
	run_end();
}

static void show(const char *title)
{
	unsigned char b[MOST];
	section(title);
	snapshot(b);
	mask_host(b, 0, size);
	for (size_t i = 0; i < size; i += 16) {
		char text[64], *w = stpcpy(text, ", 16) = 16 ");
		*add_hex(w, b + i, 16) = 0;
		run_add("pread", i, text);
	}
	run_end();
}

static void regions(void)
{
	section("regions");
	for (unsigned index = 0; index < 10; index++) {
		union {
			struct vfio_region_info info;
			unsigned char bytes[256];
		} u = { .info = { .argsz = sizeof(u), .index = index } };
		if (call(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &u), "GET_REGION_INFO(%u)", index))
			continue;
		more(" argsz=%u flags=%x size=%#llx", u.info.argsz, u.info.flags, (unsigned long long)u.info.size);
		for (unsigned at = u.info.flags & VFIO_REGION_INFO_FLAG_CAPS ? u.info.cap_offset : 0; at != 0;) {
			struct vfio_info_cap_header *h = (void *)(u.bytes + at);
			more(" cap@%u id=%u v=%u", at, h->id, h->version);
			at = h->next;
		}
		u.info.argsz = sizeof(u.info);
		call(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &u), "GET_REGION_INFO(%u, argsz=32)", index);
		more(" argsz=%u flags=%x cap_offset=%u", u.info.argsz, u.info.flags,
			u.info.flags & VFIO_REGION_INFO_FLAG_CAPS ? u.info.cap_offset : 0);
	}
	section("interrupts");
	for (unsigned index = 0; index < 6; index++) {
		struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
		if (!call(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info), "GET_IRQ_INFO(%u)", index))
			more(" flags=%x count=%u", info.flags, info.count);
	}
	struct vfio_device_info info = { .argsz = sizeof(info) };
	call(ioctl(device, VFIO_DEVICE_GET_INFO, &info), "GET_INFO");
	more(" flags=%x regions=%u irqs=%u", info.flags, info.num_regions, info.num_irqs);
	call(ioctl(device, VFIO_DEVICE_RESET), "RESET");
}

static void read_rom(size_t offset, size_t n)
{
	unsigned char b[8192] = { 0 };
	long r = call(pread(device, b, n, REGION(6) + offset), "pread(rom+%#zx, %zu)", offset, n);
	if (r > 0) {
		more(" ");
		hex(b, r > 64 ? 64 : r);
		unsigned sum = 0;
		for (long i = 0; i < r; i++)
			sum = sum * 31 + b[i];
		more(" sum %08x", sum);
	}
}

static void rom(void)
{
	static const struct {
		size_t offset, n;
	} places[] = { { 0, 4 }, { 0, 0 }, { 1, 3 }, { 0, 64 }, { 510, 4 }, { 1532, 8 }, { 1535, 2 }, { 1536, 4 }, { 2040, 16 },
		{ 2047, 1 }, { 2048, 1 }, { 2048, 0 }, { 0, 8192 } };
	for (int enabled = 0; enabled < 2; enabled++) {
		for (int memory = 0; memory < 2; memory++) {
			uint32_t value = enabled ? 1 : 0;
			uint16_t command = memory ? 2 : 0;
			call(pwrite(device, &value, 4, CONFIG + 0x30), "pwrite(config+0x30, %u)", value);
			call(pwrite(device, &command, 2, CONFIG + 4), "pwrite(config+4, %u)", command);
			for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
				read_rom(places[i].offset, places[i].n);
		}
	}
	unsigned char b[4] = { 0 };
	call(pwrite(device, b, 4, REGION(6)), "pwrite(rom+0, 4)");
	call(pwrite(device, b, 0, REGION(6)), "pwrite(rom+0, 0)");
	pwrite(device, at_rest + 0x30, 4, CONFIG + 0x30);
	pwrite(device, at_rest + 4, 2, CONFIG + 4);
}

static void edges(void)
{
	unsigned char b[MOST + 16] = { 0 };
	size_t at[] = { 0x3c, 0x3e, 0x3f, size - 4, size - 2, size - 1, size, size + 1, 4096 };
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		for (size_t n = 0; n <= 8; n++) {
			long r = call(pread(device, b, n, CONFIG + at[i]), "pread(config+%#zx, %zu)", at[i], n);
			if (r > 0) {
				mask_host(b, at[i], r);
				more(" ");
				hex(b, r);
			}
		}
	call(pread(device, b, size, CONFIG), "pread(config+0, %zu)", size);
	call(pread(device, b, size + 1, CONFIG), "pread(config+0, %zu)", size + 1);
}

/* The dword behind the capability reads zero at the next opening, probably by QEMU's reset of SR-IOV: it stays as it is. */
static void spare_behind_sriov(unsigned char *b)
{
	for (size_t at = 0x100, left = 480; at != 0 && at + 4 <= size && left-- != 0;) {
		uint32_t header;
		memcpy(&header, at_rest + at, 4);
		if ((header & 0xffff) == 0x10 && at + 0x44 <= size)
			memcpy(b + at + 0x40, at_rest + at + 0x40, 4);
		at = header >> 20;
	}
}

static void open_again(struct setup *s, const char *title)
{
	detach(s);
	*s = attach_device(VFIO_TYPE1v2_IOMMU);
	device = s->device;
	show(title);
	snapshot(at_rest);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	struct setup s = attach_device(VFIO_TYPE1v2_IOMMU);
	device = s.device;
	struct vfio_region_info info = { .argsz = sizeof(info), .index = 7 };
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) || info.size > MOST)
		die("size of configuration space");
	size = info.size;
	show("configuration space at open");
	snapshot(at_rest);
	regions();
	section("reads of 1");
	reads(1, 1);
	section("reads of 2");
	reads(2, 2);
	section("reads of 4");
	reads(4, 4);
	section("reads of 3, 4 and 5, unaligned");
	reads(3, 3);
	reads(4, 7);
	reads(5, 5);
	section("edges");
	edges();
	section("the ROM");
	rom();
	section("writes of 1");
	pokes(1, 1, 0);
	section("writes of 2");
	pokes(2, 2, 0);
	section("writes of 4");
	pokes(4, 4, 0);
	section("writes of 2, 3, 4 and 5, unaligned");
	pokes(2, 6, 1);
	pokes(3, 5, 1);
	pokes(4, 7, 1);
	pokes(5, 9, 0);
	open_again(&s, "configuration space at a later open");
	section("everything at once");
	unsigned char ones[MOST];
	memset(ones, 0xff, sizeof(ones));
	spare_behind_sriov(ones);
	call(pwrite(device, ones, size, CONFIG), "pwrite(config+0, ff..., %zu)", size);
	show("after ones everywhere");
	open_again(&s, "configuration space after ones everywhere and another open");
	detach(&s);
	return finish();
}
