/*
 * What an iommufd lets a process with CAP_SYS_RESOURCE do: have pages counted for the process. Where there is no such right the
 * program says so, and is not counted.
 */
#include "iommufd_account.h"

static void options(void)
{
	section("OPTION");
	int i = open_iommu();
	option(i, 0, 0, 0, 2);
	option(i, 0, 0, 0, 1);
	option(i, 0, 1, 0, 7);
	option(i, 0, 0, 0, 0);
	option(i, 0, 1, 0, 7);
	option(i, 0, 0, 1, 1);
	ioas(i);
	option(i, 0, 0, 0, 1);
	option(i, 0, 0, 0, 2);
	option(i, 0, 1, 0, 7);
	destroy(i, 1);
	option(i, 0, 0, 0, 1);
	close(i);
}

int main(int argc, char **argv)
{
	start(argc, argv);
	if (!(effective(~0u) & (1u << CAP_SYS_RESOURCE))) {
		note("needs CAP_SYS_RESOURCE");
		flush();
		return 77;
	}
	options();
	if (effective(~0u) & (1u << CAP_IPC_LOCK)) {
		section("with CAP_IPC_LOCK");
		accounts(1);
	}
	drop(CAP_IPC_LOCK, "CAP_IPC_LOCK");
	accounts(1);
	processes(1);
	return finish();
}
