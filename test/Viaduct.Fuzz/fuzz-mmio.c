/* Loads and stores of every kind on mapped BARs, and devices set to work on nonsense. */
#include "fuzz.h"

static void load_store(volatile u8 *p)
{
	u64 v = rnd(), n = below(200), r;
	u8 buffer[256] __attribute__((aligned(32)));
	void *q = buffer, *d = (void *)p;

	switch (below(24)) {
	case 0: v = *p; break;
	case 1: v = *(volatile u16 *)p; break;
	case 2: v = *(volatile u32 *)p; break;
	case 3: v = *(volatile u64 *)p; break;
	case 4: *p = (u8)v; break;
	case 5: *(volatile u16 *)p = (u16)v; break;
	case 6: *(volatile u32 *)p = (u32)v; break;
	case 7: *(volatile u64 *)p = v; break;
	case 8: asm volatile("lock xaddl %0, %1" : "+r"(*(u32 *)&v), "+m"(*(volatile u32 *)p)); break;
	case 9: asm volatile("xchgq %0, %1" : "+r"(v), "+m"(*(volatile u64 *)p)); break;
	case 10: asm volatile("rep movsb" : "+S"(d), "+D"(q), "+c"(n)::"memory"); break;
	case 11: asm volatile("rep movsb" : "+S"(q), "+D"(d), "+c"(n)::"memory"); break;
	case 12: n /= 8; asm volatile("rep movsq" : "+S"(q), "+D"(d), "+c"(n)::"memory"); break;
	case 13: n = below(5000); asm volatile("rep stosl" : "+D"(d), "+c"(n) : "a"(v) : "memory"); break;
	case 14: asm volatile("movdqu (%0), %%xmm1; movdqu %%xmm1, 16(%0)" ::"r"(p) : "xmm1", "memory"); break;
	case 15: asm volatile("vmovdqu (%0), %%ymm2; vmovdqu %%ymm2, (%1)" ::"r"(p), "r"(buffer) : "xmm2", "memory"); break;
	case 16: asm volatile("incl %0; notw %0; orb $5, %0" : "+m"(*(volatile u32 *)p)::"cc"); break;
	case 17: r = 5; asm volatile("lock cmpxchgq %1, %2" : "+a"(r) : "r"(v), "m"(*(volatile u64 *)p) : "memory", "cc"); break;
	case 18: asm volatile("btsq %1, %0" : "+m"(*(volatile u64 *)p) : "r"(v >> (n & 63)) : "memory", "cc"); break;
	case 19: asm volatile("divl %1" : "+a"(v) : "m"(*(volatile u32 *)p), "d"(0) : "cc"); break;
	case 20: asm volatile("movntdqa %0, %%xmm3; movnti %1, %0" : "+m"(*(volatile u32 *)p) : "r"((u32)v) : "xmm3", "memory"); break;
	case 21: asm volatile("std; rep movsl; cld" : "+S"(d), "+D"(q), "+c"(n)::"memory"); break;
	case 22: memcpy(buffer, d, n); break;
	default: memset(d, (int)v, n); break;
	}
}

void touch_bar(void)
{
	static const u16 places[] = { 0, 4, 8, 0x20, 0x24, 0x60, 0x64, 0x80, 0x84, 0x86, 0x88, 0x90, 0x98, 0xa0, 0xa8, 0xac };
	volatile struct memory *b = &bars[below(BARS)];
	u8 *at = b->at;

	if (!at)
		return;
	at += one_in(3) ? below(b->size + 64) : places[below(16)];
	count();
	TRY(load_store(at));
}

static void put(int fd, u64 offset, u64 value, int size)
{
	count();
	if (pwrite(fd, &value, size, offset) == size) {}
}

/* An ioat chain: sometimes a sane copy, mostly garbage, also loops and chains that change while they run. */
static void ioat(int fd)
{
	static const u8 commands[] = { 0x20, 0x04, 0x08, 0x10, 0 };
	volatile struct memory *m = &memories[below(MEMORIES)];
	u64 iova = below(8) << 20, n = 1 + below(8);
	u64 *volatile d = (u64 *)m->at;

	if (d && m->size >= PAGE)
		TRY(for (u64 i = 0; i < n; i++, d += 8) {
			d[0] = (one_in(4) ? below(1 << 21) : below(5000)) | (one_in(4) ? rnd() << 32 : below(64) << 32);
			d[1] = one_in(3) ? odd_number() : iova + below(PAGE);
			d[2] = one_in(3) ? odd_number() : iova + below(PAGE);
			d[3] = one_in(4) ? odd_number() : iova + 64 * (one_in(4) ? below(n) : i + 1);
		});
	if (one_in(2))
		put(fd, 0x84, 0x20, 1);
	put(fd, 0x98, one_in(4) ? odd_number() : iova + 2048, 8);
	put(fd, 0x80, rnd() & 0x3ff, 2);
	put(fd, 0x90, one_in(6) ? odd_number() : iova, 8);
	put(fd, 0x86, one_in(6) ? rnd() : n, 2);
	put(fd, 0x84, commands[below(5)], 1);
	if (one_in(2))
		put(fd, 0xa8, rnd(), 4);
}

static void edu(int fd)
{
	put(fd, 0x80, one_in(4) ? odd_number() : below(8) << 20, 8);
	put(fd, 0x88, one_in(4) ? odd_number() : 0x40000 + below(PAGE), 8);
	put(fd, 0x90, one_in(4) ? odd_number() : below(5000), 8);
	put(fd, 0x98, one_in(4) ? odd_number() : 1 + below(7), 8);
	put(fd, 0x20, one_in(2) ? 0x80 : rnd(), 4);
	put(fd, 8, rnd() & 0xffff, 4);
	put(fd, one_in(2) ? 0x60 : 0x64, rnd(), 4);
}

void program_device(void)
{
	int fd = any_fd();

	if (one_in(2))
		ioat(fd);
	else
		edu(fd);
}
