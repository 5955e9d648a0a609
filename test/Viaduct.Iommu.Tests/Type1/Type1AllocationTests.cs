using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

public sealed class Type1AllocationTests
{
    [Fact]
    public void MapAndUnmap_InSteadyState_AllocateNothing()
    {
        var rig = new Type1Rig();
        var memory = new EndlessMemory();
        var task = new EndlessTask(memory);
        Churn(rig.Iommu, memory, task);
        Assert.Equal(0, Allocations.Least(() => Churn(rig.Iommu, memory, task)));
    }

    private static void Churn(Type1Iommu iommu, EndlessMemory memory, EndlessTask task)
    {
        var failures = 0;
        for (ulong i = 0; i < 2_000; i++)
        {
            failures += memory.Map(iommu, task, i << 12, 4096) == Errno.None ? 0 : 1;
        }

        for (ulong i = 0; i < 2_000; i += 2)
        {
            failures += memory.Unmap(iommu, task, i << 12, 4096) == Errno.None ? 0 : 1;
        }

        failures += memory.Unmap(iommu, task, 0, 2_000 << 12) == Errno.None ? 0 : 1;
        if (failures + iommu.MappingCount > 0)
        {
            Assert.Fail("A call failed.");
        }
    }
}
