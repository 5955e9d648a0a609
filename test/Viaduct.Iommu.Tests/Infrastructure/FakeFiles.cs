using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>A client's descriptors: memory files by number, and the fault queues that it was given.</summary>
internal sealed class FakeFiles : IIommufdFiles
{
    public Dictionary<int, FakeFile> Memory { get; } = [];

    public List<Action> Queues { get; } = [];

    public Errno OpenError { get; set; }

    public SysResult OpenFaultQueue(ClientTask caller, Action close)
    {
        if (OpenError != Errno.None)
        {
            return OpenError;
        }

        Queues.Add(close);
        return SysResult.FromValue(100 + Queues.Count);
    }

    public SysResult GetFileMemory(ClientTask caller, int fd, out FileMemory? file)
    {
        file = Memory.GetValueOrDefault(fd)?.Open();
        return file is null ? Errno.EBADF : SysResult.Success;
    }
}
