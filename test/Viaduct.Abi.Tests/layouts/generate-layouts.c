/*
 * Prints the layouts and constants that Viaduct.Abi repeats, as the kernel's own headers have them. Run through
 * generate.sh, which chooses the headers.
 *
 *	struct NAME size N
 *	field STRUCT.NAME offset N size N
 *	tail STRUCT.NAME offset N		an array without a length at the struct's end
 *	const NAME 0xN				as 32 bits where the constant is an int
 *	string NAME "..."
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/errno.h>
#include <linux/iommufd.h>
#include <linux/kvm.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

static void print_const(const char *name, size_t size, unsigned long long value)
{
	if (size <= sizeof(uint32_t))
		value = (uint32_t)value;
	printf("const %s 0x%llx\n", name, value);
}

#define STRUCT(s) printf("struct " #s " size %zu\n", sizeof(struct s));
#define FIELD(s, f) printf("field " #s "." #f " offset %zu size %zu\n", offsetof(struct s, f), \
			   sizeof(((struct s *)NULL)->f));
#define TAIL(s, f) printf("tail " #s "." #f " offset %zu\n", offsetof(struct s, f));
#define CONST(c) print_const(#c, sizeof(c), (unsigned long long)(c));
#define STRING(c) printf("string " #c " \"%s\"\n", c);

int main(void)
{
#include "errno.inc"
#include "vfio.inc"
#include "iommufd.inc"
#include "kvm.inc"
#include "pci_regs.inc"
	return 0;
}
