namespace Viaduct.Memory.Tests;

public sealed class LocalTaskTests
{
    [Fact]
    public void New_HasNoRightsAndNoLimit()
    {
        var memory = new LocalMemory();
        var task = new LocalTask(memory);

        Assert.Same(memory, task.Memory);
        Assert.Equal(ulong.MaxValue, task.MemlockLimitPages);
        Assert.All(Enum.GetValues<Capability>(), capability => Assert.False(task.IsCapable(capability)));
    }

    [Fact]
    public void IsCapable_HoldsWhatItWasGivenOnly()
    {
        var task = new LocalTask(new LocalMemory(), 16, Capability.IpcLock, Capability.SysResource);

        Assert.Equal(16UL, task.MemlockLimitPages);
        Assert.True(task.IsCapable(Capability.IpcLock));
        Assert.True(task.IsCapable(Capability.SysResource));
        Assert.False(task.IsCapable(Capability.SysRawIo));
        Assert.False(task.IsCapable(Capability.SysAdmin));
    }
}
