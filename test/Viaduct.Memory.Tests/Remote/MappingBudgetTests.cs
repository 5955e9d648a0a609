using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory.Remote;

namespace Viaduct.Memory.Tests.Remote;

/// <summary>Alone: nobody else here can have a mapping meanwhile.</summary>
[Collection(nameof(MappingBudgetTests))]
[CollectionDefinition(nameof(MappingBudgetTests), DisableParallelization = true)]
public sealed class MappingBudgetTests
{
    private const ulong PageSize = 4096;

    [Fact]
    public void NoMappingLeft_MemoryIsReachedThroughTheProcess()
    {
        using var memory = new RemoteMemory(Environment.ProcessId, Environment.ProcessId, new NoDevices());
        Assert.False(MemoryMapping.Allocate((nuint)PageSize, HugePageSize.None, out var client).IsError);
        Assert.False(MemoryMapping.Allocate((nuint)PageSize, HugePageSize.None, out var file).IsError);
        using (client)
        using (file)
        {
            var pieces = new List<PinnedRange>();
            SysResult result;
            while (!(result = FileWindow.Map(file!.File!, 0, PageSize, writable: true, out var piece)).IsError)
            {
                pieces.Add(piece);
            }

            Assert.Equal(Errno.ENOMEM, result.Errno);
            Assert.False(TryGetInPlace(memory, client!));
            pieces.ForEach(piece => piece.Source!.Release(piece));
            Assert.True(TryGetInPlace(memory, client!));
        }
    }

    private static bool TryGetInPlace(RemoteMemory memory, MemoryMapping client)
    {
        Assert.Equal(SysResult.Success, memory.Pin(client.Address, PageSize, writable: true, out var pinned));
        var isInPlace = pinned.Source!.TryGetSpan(pinned.Offset, 1, out _);
        Assert.True(pinned.Source.TryWrite(pinned.Offset, [0x5a]));
        Assert.Equal(0x5a, client.GetSpan(0, 1)[0]);
        pinned.Source.Release(pinned);
        return isInPlace;
    }
}
