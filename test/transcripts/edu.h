/* QEMU's edu device, from its public specification: the registers in BAR0. */
#ifndef TRANSCRIPTS_EDU_H
#define TRANSCRIPTS_EDU_H

#include "transcript.h"

enum {
	EDU_ID = 0x00,
	EDU_LIVENESS = 0x04,
	EDU_FACTORIAL = 0x08,
	EDU_STATUS = 0x20,
	EDU_IRQ = 0x24,
	EDU_RAISE = 0x60,
	EDU_ACK = 0x64,
	EDU_SRC = 0x80,
	EDU_DST = 0x88,
	EDU_COUNT = 0x90,
	EDU_COMMAND = 0x98,
	EDU_BUFFER = 0x40000,
	EDU_BUFFER_SIZE = 4096, /* the device's own memory, as its DMA engine addresses it */
};

#define EDU_BAR_SIZE (1ul << 20)
#define REGION(index) ((off_t)(index) << 40)
#define CONFIG REGION(7)

static unused uint32_t edu_read(int device, unsigned reg)
{
	uint32_t v = 0;
	if (pread(device, &v, 4, reg) != 4)
		die("reading register %x", reg);
	return v;
}

static unused void edu_write(int device, unsigned reg, uint32_t v)
{
	if (pwrite(device, &v, 4, reg) != 4)
		die("writing register %x", reg);
}

static unused void edu_write8(int device, unsigned reg, uint64_t v)
{
	if (pwrite(device, &v, 8, reg) != 8)
		die("writing register %x", reg);
}

static unused uint16_t config_get(int device, unsigned offset)
{
	uint16_t v;
	if (pread(device, &v, 2, CONFIG + offset) != 2)
		die("reading config %x", offset);
	return v;
}

static unused void config_put(int device, unsigned offset, uint16_t v)
{
	if (pwrite(device, &v, 2, CONFIG + offset) != 2)
		die("writing config %x", offset);
}

/* The offset of a capability. */
static unused unsigned find_capability(int device, unsigned char id)
{
	unsigned char at = 0, b[2];
	if (pread(device, &at, 1, CONFIG + 0x34) != 1)
		die("capabilities");
	for (int i = 0; at && i < 48; i++, at = b[1]) {
		if (pread(device, b, 2, CONFIG + at) != 2)
			die("capabilities");
		if (b[0] == id)
			return at;
	}
	die("no capability %x", id);
}

/* Waits until none of these bits is set in a register. */
static unused void edu_wait(int device, unsigned reg, uint32_t bits)
{
	for (int i = 0; i < 5000; i++) {
		if (!(edu_read(device, reg) & bits))
			return;
		usleep(1000);
	}
	note("the device stays busy");
}

/* Eight bytes between an I/O virtual address and the device's own memory. */
static unused void edu_dma(int d, __u64 iova, bool to_memory)
{
	edu_write8(d, EDU_SRC, to_memory ? EDU_BUFFER : iova);
	edu_write8(d, EDU_DST, to_memory ? iova : EDU_BUFFER);
	edu_write8(d, EDU_COUNT, 8);
	edu_write8(d, EDU_COMMAND, to_memory ? 3 : 1);
	edu_wait(d, EDU_COMMAND, 1);
}

/* Whether an eventfd is signalled within so many milliseconds; takes its count. */
static unused unsigned long edu_signalled(int fd, int milliseconds)
{
	struct pollfd p = { fd, POLLIN, 0 };
	if (poll(&p, 1, milliseconds) != 1)
		return 0;
	return counter(fd);
}

#define SOON 5000 /* for a signal that comes */
#define NEVER 150 /* for one that does not */

#endif
