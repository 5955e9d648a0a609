using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

internal sealed class FakeTask(FakeMemory memory) : ClientTask
{
    public override FakeMemory Memory { get; } = memory;

    public ulong Limit { get; set; } = ulong.MaxValue;

    public HashSet<Capability> Capabilities { get; } = [];

    public override ulong MemlockLimitPages => Limit;

    public override bool IsCapable(Capability capability) => Capabilities.Contains(capability);
}
