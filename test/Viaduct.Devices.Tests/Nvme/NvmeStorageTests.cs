using Viaduct.Abi;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Memory and files under namespaces, and the keys that choose them.</summary>
public sealed class NvmeStorageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("viaduct-nvme");
    private readonly NvmeHost _nvme = new();

    private string Image => Path.Combine(_folder.FullName, "disk.img");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Ram_Blocks_AreTakenAndGivenBack()
    {
        using var ram = new RamStorage(1UL << 40);
        Assert.Equal(StorageResult.Ok, ram.Write((1UL << 39) - 2048, new byte[4096]));
        Assert.Equal(2UL << 18, ram.Allocated);
        Assert.Equal(StorageResult.Ok, ram.Zero((1UL << 39) - 2048, 4096, deallocate: true));
        Assert.Equal(2UL << 18, ram.Allocated);
        Assert.Equal(StorageResult.Ok, ram.Zero(0, 1UL << 40, deallocate: true));
        Assert.Equal(0UL, ram.Allocated);
    }

    [Fact]
    public void Ram_RandomAccesses_AreAsAnArrayWouldBe()
    {
        using var ram = new RamStorage(4 << 20);
        var model = new byte[4 << 20];
        var random = new Random(3);
        var buffer = new byte[600_000];
        for (var i = 0; i < 200; i++)
        {
            var length = random.Next(buffer.Length);
            var at = random.Next(model.Length - length);
            var part = buffer.AsSpan(0, length);
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(part);
                    ram.Write((ulong)at, part);
                    part.CopyTo(model.AsSpan(at));
                    break;
                case 1:
                    ram.Zero((ulong)at, (ulong)length, deallocate: true);
                    model.AsSpan(at, length).Clear();
                    break;
                default:
                    ram.Read((ulong)at, part);
                    Assert.True(part.SequenceEqual(model.AsSpan(at, length)));
                    break;
            }
        }
    }

    [Fact]
    public void File_WritesAndHoles_AreInTheFile()
    {
        Assert.Equal(Errno.None, FileStorage.Create(Image, 8 << 20, out var storage).Errno);
        using (storage)
        {
            var bytes = new byte[1 << 20];
            Array.Fill(bytes, (byte)9);
            Assert.Equal(StorageResult.Ok, storage!.Write(1 << 20, bytes));
            Assert.Equal(StorageResult.Ok, storage.Zero((1 << 20) + 4096, 8192, deallocate: true));
            Assert.Equal(StorageResult.Ok, storage.Zero((1 << 20) + 65536, 4096, deallocate: false));
            Assert.Equal(StorageResult.Ok, storage.Flush());
        }

        var file = File.ReadAllBytes(Image);
        Assert.Equal(8 << 20, file.Length);
        Assert.Equal(0, file[(1 << 20) - 1]);
        Assert.Equal(9, file[1 << 20]);
        Assert.Equal(-1, file.AsSpan((1 << 20) + 4096, 8192).IndexOfAnyExcept((byte)0));
        Assert.Equal(9, file[(1 << 20) + 12288]);
        Assert.Equal(-1, file.AsSpan((1 << 20) + 65536, 4096).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void File_Open_IsLocked()
    {
        FileStorage.Create(Image, 1 << 20, out var first);
        Assert.Equal(Errno.EAGAIN, FileStorage.Open(Image, isReadOnly: false, out var second).Errno);
        Assert.Equal(Errno.EAGAIN, FileStorage.Open(Image, isReadOnly: true, out _).Errno);
        Assert.Null(second);
        first!.Dispose();
        Assert.Equal(Errno.None, FileStorage.Open(Image, isReadOnly: true, out var reader).Errno);
        Assert.Equal(Errno.None, FileStorage.Open(Image, isReadOnly: true, out var another).Errno);
        Assert.Equal(StorageResult.Failed, reader!.Write(0, new byte[512]));
        reader.Dispose();
        another!.Dispose();
    }

    [Fact]
    public void Controller_OnAFile_KeepsWhatWasWritten()
    {
        Assert.True(TryCreate(out var function, ("file", Image), ("size", "2M")));
        _nvme.Function = _nvme.Host.Plug((NvmeFunction)function!);
        var queue = _nvme.Start();
        _nvme.Host.At(NvmeHost.Data, 4096).Fill(0x33);
        Assert.Equal(0, queue.Do(NvmeEntry.Write(16, 8, NvmeHost.Data)).Status);
        Assert.Equal(0, queue.Do(NvmeEntry.OfBlocks(0, 0, 1)).Status);
        Assert.Equal(1, _nvme.Identify(1)[525] & 1);
        ((NvmeFunction)function!).Dispose();
        Assert.Equal(0x33, File.ReadAllBytes(Image)[8192]);
    }

    [Theory]
    [InlineData("size", "1000", "size=1000: bytes, a multiple of 4096, such as 512M or 1G, are needed.")]
    [InlineData("size", "0", "size=0: bytes, a multiple of 4096, such as 512M or 1G, are needed.")]
    [InlineData("block", "1024", "block=1024: 512 or 4096 is needed.")]
    [InlineData("readonly", "yes", "readonly=yes: on or off is needed.")]
    [InlineData("readonly", "on", "readonly=on needs a file.")]
    [InlineData("queues", "65", "queues=65: a number from 1 to 64 is needed.")]
    [InlineData("namespaces", "33", "namespaces=33: a number from 1 to 32 is needed.")]
    [InlineData("serial", "", "serial=: 1 to 20 printable characters without blanks are needed.")]
    [InlineData("file", "", "file=: the name of a file is needed.")]
    [InlineData("file", "/nonexistent/x", "file=/nonexistent/x: there is no such file; size=1G makes one.")]
    public void Keys_Wrong_SayWhatWouldBeRight(string key, string value, string expected)
    {
        Assert.False(TryCreate(out _, out var error, (key, value)));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Keys_OfFiles_SayWhatIsThere()
    {
        Assert.True(TryCreate(out var function, ("file", Image), ("size", "1M")));
        Assert.False(TryCreate(out _, out var error, ("file", Image)));
        Assert.Equal($"file={Image}: another controller, or another program, has it open; one at a time can write.", error);
        ((NvmeFunction)function!).Dispose();
        Assert.False(TryCreate(out _, out error, ("file", Image), ("size", "2M")));
        Assert.Equal($"file={Image}: it is there already, with 1048576 bytes; leave size away.", error);
        Assert.False(TryCreate(out _, out error, ("file", Image), ("namespaces", "2")));
        Assert.Equal($"file={Image}: with namespaces=2 the name needs a %n, which becomes 1 to 2.", error);
    }

    [Fact]
    public void Keys_SeveralNamespaces_HaveAFileEach()
    {
        var name = Path.Combine(_folder.FullName, "n%n.img");
        Assert.True(TryCreate(out var function, ("file", name), ("size", "1M"), ("namespaces", "3"), ("block", "4096")));
        Assert.Equal(3, _folder.GetFiles("n?.img").Length);
        _nvme.Function = _nvme.Host.Plug((NvmeFunction)function!);
        _nvme.Enable();
        Assert.Equal(1, _nvme.Identify(0, 3)[26]);
        ((NvmeFunction)function!).Dispose();
    }

    private bool TryCreate(out DeviceFunction? function, params (string Key, string Value)[] keys)
        => TryCreate(out function, out _, keys);

    private bool TryCreate(out DeviceFunction? function, out string? error, params (string Key, string Value)[] keys)
    {
        Assert.True(DeviceCatalog.TryFind("nvme", out var model, out _));
        var options = new DeviceOptions(keys.ToDictionary(pair => pair.Key, pair => pair.Value));
        return model.TryCreate(options, _nvme.Services, out function, out error);
    }
}
