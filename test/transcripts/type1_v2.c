/* VFIO_TYPE1v2_IOMMU. */
#include "type1_body.h"

int main(int argc, char **argv)
{
	return type1_main(argc, argv, T_TYPE1v2);
}
