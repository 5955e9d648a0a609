using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

internal sealed class EndlessTask(EndlessMemory memory) : ClientTask
{
    public override ClientMemory Memory { get; } = memory;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    public override bool IsCapable(Capability capability) => false;
}
