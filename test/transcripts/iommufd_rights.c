/*
 * What an iommufd lets a process with more rights do: have pages counted for the process, and ask for physical addresses. Where there
 * are no such rights the program says so, and is not counted.
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
	__u32 wanted = (1u << CAP_SYS_RESOURCE) | (1u << CAP_SYS_RAWIO) | (1u << CAP_IPC_LOCK);
	if ((effective(~0u) & wanted) != wanted) {
		note("needs CAP_SYS_RESOURCE, CAP_SYS_RAWIO and CAP_IPC_LOCK");
		flush();
		return 77;
	}
	options();
	section("NOIOMMU_GET_PA");
	int i = open_iommu();
	get_physical_address(i, ioas(i));
	close(i);
	section("with CAP_IPC_LOCK");
	accounts(1);
	drop(CAP_IPC_LOCK, "CAP_IPC_LOCK");
	accounts(1);
	processes(1);
	return finish();
}
