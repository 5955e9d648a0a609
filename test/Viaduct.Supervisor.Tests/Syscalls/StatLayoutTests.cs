using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Syscalls;

namespace Viaduct.Supervisor.Tests.Syscalls;

/// <summary>What the kernel's statx says, laid out by us, must be what its stat says.</summary>
public sealed partial class StatLayoutTests
{
    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev")]
    [InlineData("/etc/passwd")]
    [InlineData("/proc/self/exe")]
    public unsafe void Write_StatusOfAFile_IsTheKernelsStat(string path)
    {
        var expected = new byte[StatLayout.Size];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (byte* buffer = expected)
        {
            Assert.Equal(0, Stat(SystemCall.Stat, name, buffer));
        }

        Assert.False(FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status).IsError);
        var actual = new byte[StatLayout.Size + 1];
        actual.AsSpan().Fill(0xaa);
        StatLayout.Write(status, actual);
        Assert.Equal(Convert.ToHexString(expected) + "AA", Convert.ToHexString(actual));
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static unsafe partial long Stat(long number, byte* path, byte* buffer);
}
