using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;

namespace Viaduct.Linux.Tests;

public sealed class ProcessTests
{
    [Fact]
    public void Spawn_NoSuchProgram_ReturnsENOENT()
        => Assert.Equal(Errno.ENOENT, ProcessSpawn.Start(["/no/such/program"]).Errno);

    [Fact]
    public void Spawn_Directory_ReturnsEACCES() => Assert.Equal(Errno.EACCES, ProcessSpawn.Start(["/"]).Errno);

    [Fact]
    public void CpuSet_OfThisThread_HasTheProcessorItRunsOn()
    {
        Assert.False(CpuSet.Get(0, out var set).IsError);
        Assert.True(set.Has(CpuSet.Current));
        Assert.InRange(set.Count, 1, 1024);
        Assert.True(set.Has(set.First));
        Assert.False(set.Has(-1));
        Assert.Equal(5, CpuSet.Only(5).First);
        Assert.Equal(1, CpuSet.Only(77).Count);
    }

    [Fact]
    public void Status_OfThisProcess_IsItsOwn()
    {
        Assert.Equal(Environment.ProcessId, ProcessStatus.GetNumber(Environment.ProcessId, "Tgid:"));
        Assert.Null(ProcessStatus.GetField(int.MaxValue, "Tgid:"));
        Assert.NotEqual(0UL, ProcessStatus.GetLimit(Environment.ProcessId, ProcessStatus.RLIMIT_NOFILE));
        Assert.Equal(Errno.ESRCH, ProcessStatus.Kill(int.MaxValue, 0).Errno);
    }

    [Fact]
    public void OpenDescription_OfADuplicate_IsTheSame()
    {
        Assert.False(MemoryFile.Create("mine", out var file).IsError);
        Assert.False(MemoryFile.Duplicate(file!, out var copy).IsError);
        Assert.False(MemoryFile.Reopen(file!, 0, out var other).IsError);
        using (file)
        using (copy)
        using (other)
        {
            // A kernel older than 6.10 without kcmp says nothing, and must not say something wrong.
            Assert.NotEqual(false, OpenDescription.AreSame(file!, copy!));
            Assert.NotEqual(true, OpenDescription.AreSame(file!, other!));
        }
    }

    [Fact]
    public void PidFd_OfOurOwnFile_IsTheSameFile()
    {
        Assert.False(MemoryFile.Create("mine", out var file).IsError);
        using (file)
        {
            var fd = (int)file!.DangerousGetHandle();
            var process = Environment.ProcessId;
            Assert.False(PidFd.GetFile(process, process, fd, out var copy).IsError);
            using (copy)
            {
                Assert.False(FileIdentity.Get(MemoryFile.PathOf(file), out var first).IsError);
                Assert.False(FileIdentity.Get(MemoryFile.PathOf(copy!), out var second).IsError);
                Assert.Equal(first, second);
            }

            Assert.Equal(Errno.EBADF, PidFd.GetFile(process, process, 1 << 20, out _).Errno);
        }
    }

    [Fact]
    public void EventFdId_IsAnEventfdsOnly()
    {
        Assert.False(EventFdContext.Create(0, 0, out var eventFd).IsError);
        using (eventFd)
        {
            Assert.NotNull(DescriptorInfo.GetEventFdId(Environment.ProcessId, (int)eventFd!.DangerousGetHandle()));
        }

        Assert.False(MemoryFile.Create("no eventfd", out var file).IsError);
        using (file)
        {
            Assert.Null(DescriptorInfo.GetEventFdId(Environment.ProcessId, (int)file!.DangerousGetHandle()));
        }
    }

    [Fact]
    public void Signal_FullBlockingEventfd_DoesNotBlock()
    {
        Assert.False(EventFdContext.Create(0, 0, out var eventFd).IsError);
        Assert.False(MemoryFile.Duplicate(eventFd!, out var filler).IsError);
        using (filler)
        using (var context = new EventFdContext(eventFd!))
        {
            RandomAccessWrite(filler!, ulong.MaxValue - 1);
            context.Signal(); // returns, or this test never ends
        }
    }

    [Fact]
    public void Maps_HoldThisProcessesMemoryWithItsPermissions()
    {
        Assert.False(MemoryMapping.Allocate(8192, HugePageSize.None, out var mapping).IsError);
        using (mapping)
        using (var maps = new ProcessMaps(Environment.ProcessId))
        {
            Assert.True(maps.TryFind(mapping!.Address + 5000, out var area));
            Assert.Equal((ulong)mapping.Address, area.Start);
            Assert.Equal(8192UL, area.End - area.Start);
            Assert.Equal(VmAreaPermissions.Readable | VmAreaPermissions.Writable | VmAreaPermissions.Shared, area.Permissions);
            Assert.NotEqual(0UL, area.File.Inode);
            Assert.False(maps.TryFind(0, out _));
        }
    }

    private static void RandomAccessWrite(Microsoft.Win32.SafeHandles.SafeFileHandle handle, ulong value)
    {
        using var stream = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        stream.Write(BitConverter.GetBytes(value));
    }
}
