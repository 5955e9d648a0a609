using System.Globalization;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux.Tests;

/// <summary>Alone: nobody else here can have a mapping meanwhile.</summary>
[Collection(nameof(MappingBudgetTests))]
[CollectionDefinition(nameof(MappingBudgetTests), DisableParallelization = true)]
public sealed class MappingBudgetTests
{
    [Fact]
    public void AsManyMappingsAsThereMayBe_ThenENOMEM_AndTheRuntimeGoesOn()
    {
        Assert.False(MemoryFile.Create("budget", out var file).IsError);
        using var handle = new FileDescriptorHandle((int)file!.DangerousGetHandle());
        file.SetHandleAsInvalid();
        var mappings = new List<MemoryMapping>();
        var allowed = int.Parse(File.ReadAllText("/proc/sys/vm/max_map_count"), CultureInfo.InvariantCulture);
        var limit = Math.Min(32768, allowed / 2);
        SysResult result;
        while (!(result = MemoryMapping.Map(handle, 0, 4096, canWrite: true, out var mapping)).IsError && mappings.Count < allowed)
        {
            mappings.Add(mapping!);
        }

        try
        {
            Assert.Equal(Errno.ENOMEM, result.Errno);
            Assert.InRange(mappings.Count, limit - 100, limit);
            var thread = new Thread(() => GC.Collect());
            thread.Start();
            thread.Join();
        }
        finally
        {
            mappings.ForEach(one => one.Dispose());
        }

        Assert.False(MemoryMapping.Map(handle, 0, 4096, canWrite: true, out var another).IsError);
        another!.Dispose();
    }
}
