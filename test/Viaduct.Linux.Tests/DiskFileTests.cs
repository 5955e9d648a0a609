using Viaduct.Abi;

namespace Viaduct.Linux.Tests;

public sealed class DiskFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("viaduct-disk");

    private string Image => Path.Combine(_folder.FullName, "image");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Create_ThenOpen_HoldsWhatWasWritten()
    {
        Assert.Equal(Errno.None, DiskFile.Create(Image, 1 << 20, out var file).Errno);
        Assert.Equal(1 << 20, file!.Length().Raw);
        Assert.Equal(Errno.None, file.Write(4096, [1, 2, 3]).Errno);
        Assert.Equal(Errno.None, file.Sync().Errno);
        file.Dispose();
        Assert.Equal(Errno.EEXIST, DiskFile.Create(Image, 1, out var again).Errno);
        Assert.Null(again);
        Assert.Equal(Errno.None, DiskFile.Open(Image, canWrite: false, out file).Errno);
        var bytes = new byte[4];
        Assert.Equal(Errno.None, file!.Read(4096, bytes).Errno);
        Assert.Equal([1, 2, 3, 0], bytes);
        Assert.Equal(Errno.EBADF, file.Write(0, bytes).Errno);
        file.Dispose();
    }

    [Fact]
    public void TryRead_WhatIsInThePageCache_IsReadOrWouldWait()
    {
        DiskFile.Create(Image, 8192, out var file);
        Assert.Equal(Errno.None, file!.Write(0, [1, 2, 3]).Errno);
        var bytes = new byte[3];
        var read = file.TryRead(0, bytes);
        Assert.True(read.Errno is Errno.None or Errno.EAGAIN);
        Assert.Equal(read.IsError ? [0, 0, 0] : [1, 2, 3], bytes);
        Assert.Equal(Errno.EAGAIN, file.TryRead(8190, bytes).Errno);
        file.Dispose();
    }

    [Fact]
    public void Read_BeyondTheEnd_IsENODATA()
    {
        DiskFile.Create(Image, 4096, out var file);
        Assert.Equal(Errno.None, file!.Read(2048, new byte[2048]).Errno);
        Assert.Equal(Errno.ENODATA, file.Read(2048, new byte[2049]).Errno);
        file.Dispose();
    }

    [Fact]
    public void Open_WhileAnotherWrites_IsEAGAIN()
    {
        DiskFile.Create(Image, 4096, out var file);
        Assert.Equal(Errno.EAGAIN, DiskFile.Open(Image, canWrite: false, out _).Errno);
        file!.Dispose();
        Assert.Equal(Errno.ENOENT, DiskFile.Open(Image + "x", canWrite: true, out _).Errno);
    }

    [Fact]
    public void Holes_ReadAsZeroes()
    {
        DiskFile.Create(Image, 1 << 20, out var file);
        var bytes = new byte[65536];
        Array.Fill(bytes, (byte)1);
        Assert.Equal(Errno.None, file!.Write(0, bytes).Errno);
        Assert.True(file.PunchHole(4096, 8192).Errno is Errno.None or Errno.EOPNOTSUPP);
        var zeroed = file.ZeroRange(32768, 4096);
        Assert.True(zeroed.Errno is Errno.None or Errno.EOPNOTSUPP);
        Assert.Equal(Errno.None, file.Read(0, bytes).Errno);
        Assert.Equal(1, bytes[4095]);
        Assert.Equal(zeroed.IsError ? 1 : 0, bytes[32768]);
        Assert.Equal(1 << 20, file.Length().Raw);
        file.Dispose();
    }
}
