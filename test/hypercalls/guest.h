/* A KVM guest of a few instructions on POWER: it makes one hypercall and comes back. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kvm.h>

#define H_END 0x1fffc	/* above the last hypercall: KVM has none, so KVM_RUN returns */
#define CODE 0x8000	/* guest addresses of the program and of its registers */
#define CALL 0x9000

struct guest {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	char *memory;
};

/* r31 leads to r3..r8 in; r3 and r4 go out behind them. */
extern const uint32_t guest_code[], guest_code_end[];
__asm__(".section .rodata\n.balign 4\n.globl guest_code,guest_code_end\n"
	"guest_code: ld 3,0(31)\n ld 4,8(31)\n ld 5,16(31)\n ld 6,24(31)\n ld 7,32(31)\n ld 8,40(31)\n"
	" .long 0x44000022\n" /* sc 1 */
	" std 3,48(31)\n std 4,56(31)\n lis 3,1\n ori 3,3,0xfffc\n .long 0x44000022\n b .\n"
	"guest_code_end:\n.previous\n");

static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void guest_create(struct guest *g, size_t bytes)
{

	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	g->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	g->kvm = open("/dev/kvm", O_RDWR);
	if (g->memory == MAP_FAILED || g->kvm < 0)
		die("memory, /dev/kvm");
	g->vm = ioctl(g->kvm, KVM_CREATE_VM, 0);
	if (g->vm < 0)
		die("KVM_CREATE_VM");
}

/* Once the guest has memory. */
static void guest_add_cpu(struct guest *g)
{
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };

	g->vcpu = ioctl(g->vm, KVM_CREATE_VCPU, 0);
	if (g->vcpu < 0 || ioctl(g->vcpu, KVM_ENABLE_CAP, &papr))
		die("KVM_CREATE_VCPU");
	g->run = mmap(NULL, ioctl(g->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, g->vcpu, 0);
	if (g->run == MAP_FAILED)
		die("kvm_run");
	memcpy(g->memory + CODE, guest_code, (char *)guest_code_end - (char *)guest_code);
}

/* Makes a call. Returns 1 where the kernel passed it on to us; otherwise r3 and r4 are what the guest got. */
static int guest_call(struct guest *g, const uint64_t in[5], uint64_t out[2])
{
	struct kvm_regs r;
	uint64_t *area = (uint64_t *)(g->memory + CALL);
	int passed_on = 0;

	memcpy(area, in, 5 * sizeof *in);
	area[5] = 0;
	area[6] = area[7] = 0xbad;
	if (ioctl(g->vcpu, KVM_GET_REGS, &r))
		die("KVM_GET_REGS");
	r.pc = CODE;
	r.msr = 1ull << 63 | 1; /* 64 bits, little-endian, real mode */
	r.gpr[31] = CALL;
	if (ioctl(g->vcpu, KVM_SET_REGS, &r))
		die("KVM_SET_REGS");
	for (;;) {
		alarm(20);
		if (ioctl(g->vcpu, KVM_RUN, 0) || g->run->exit_reason != KVM_EXIT_PAPR_HCALL)
			die("KVM_RUN");
		alarm(0);
		if (g->run->papr_hcall.nr == H_END)
			break;
		passed_on = 1;
		g->run->papr_hcall.ret = 0;
	}
	out[0] = area[6];
	out[1] = area[7];
	return passed_on;
}
