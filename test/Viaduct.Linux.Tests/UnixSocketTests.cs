using System.Runtime.Versioning;
using Viaduct.Abi;
using Viaduct.Linux.Sockets;

namespace Viaduct.Linux.Tests;

public sealed class UnixSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("viaduct-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Listen_AtAPath_LeavesTheSocketAndNothingElse()
    {
        var path = Path.Combine(_folder, "s");
        Assert.False(UnixSocket.Listen(path, out var listener).IsError);
        using (listener)
        {
            Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            Assert.False(UnixSocket.Connect(path, out var client).IsError);
            client!.Dispose();
        }
    }

    [Fact]
    public void Listen_WhereSomethingIs_IsEADDRINUSE()
    {
        var path = Path.Combine(_folder, "s");
        File.WriteAllText(path, "mine");
        Assert.Equal(Errno.EADDRINUSE, UnixSocket.Listen(path, out var listener).Errno);
        Assert.Null(listener);
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(UnixSocket.LongestPath, Errno.None)]
    [InlineData(UnixSocket.LongestPath + 1, Errno.ENAMETOOLONG)]
    public void Listen_AtALongPath_WorksUpToTheLimit(int length, Errno expected)
    {
        var path = Path.Combine(_folder, new string('s', length - _folder.Length - 1));
        Assert.Equal(expected, UnixSocket.Listen(path, out var listener).Errno);
        listener?.Dispose();
    }
}
