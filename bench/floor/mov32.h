/* SPDX-License-Identifier: MIT
 *
 * The two 32-bit accesses that mmio-client makes and tracer-floor emulates, pinned to one encoding each so that the
 * floor needs no decoder: Intel SDM vol. 2, MOV, opcodes 89 /r and 8B /r with ModRM 01 (mod 00, reg EAX, r/m RCX).
 */
#ifndef VIADUCT_BENCH_MOV32_H
#define VIADUCT_BENCH_MOV32_H

#include <stdint.h>

#ifndef __x86_64__
#error "the MMIO floor knows x86-64 only"
#endif

#define MOV32_LOAD 0x8b  /* mov (%rcx), %eax */
#define MOV32_STORE 0x89 /* mov %eax, (%rcx) */
#define MOV32_MODRM 0x01
#define MOV32_LENGTH 2

static inline uint32_t mov32_load(const volatile void *address)
{
	uint32_t value;

	__asm__ volatile(".byte 0x8b, 0x01" : "=a"(value) : "c"(address) : "memory");
	return value;
}

static inline void mov32_store(volatile void *address, uint32_t value)
{
	__asm__ volatile(".byte 0x89, 0x01" : : "a"(value), "c"(address) : "memory");
}

#endif
