using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Pci.VfioPci;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>What a VFIO program does with an open device.</summary>
internal sealed class Client : IDisposable
{
    public const ulong Config = 7UL << 40;

    private const ulong Buffer = FakeMemory.Base + 0x1000;

    public Client(TestFunction function, string address = "0000:00:05.0", bool open = true)
    {
        Function = function;
        Assert.True(PciAddress.TryParse(address, out var parsed));
        Device = new VfioPciDevice(new PciDevice(function, parsed, TestFunction.NewGroup(), new PciHostBridge()));
        if (open)
        {
            Assert.Equal(SysResult.Success, Device.OpenDevice());
        }
    }

    /// <summary>Opens a device that a test made.</summary>
    public Client(VfioPciDevice device)
    {
        Device = device;
        Function = (TestFunction)device.Function;
        Assert.Equal(SysResult.Success, Device.OpenDevice());
    }

    public TestFunction Function { get; }

    public VfioPciDevice Device { get; }

    public FakeCaller Caller { get; } = new();

    /// <summary>Where <see cref="Ioctl"/> puts its argument.</summary>
    public static ulong Argument => Buffer;

    public Span<byte> ArgumentBytes => Caller.Fake.Bytes.AsSpan((int)(Buffer - FakeMemory.Base));

    public byte[] Read(ulong position, int count)
    {
        Assert.Equal(SysResult.FromValue(count), Device.Read(Caller, Buffer, (ulong)count, position));
        return ArgumentBytes[..count].ToArray();
    }

    public ulong Get(ulong position, int width)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        Read(position, width).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public uint GetConfig(int offset, int width) => (uint)Get(Config + (ulong)offset, width);

    public SysResult Write(ulong position, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(ArgumentBytes);
        return Device.Write(Caller, Buffer, (ulong)bytes.Length, position);
    }

    public void Put(ulong position, int width, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Assert.Equal(SysResult.FromValue(width), Write(position, bytes[..width]));
    }

    public void PutConfig(int offset, int width, uint value) => Put(Config + (ulong)offset, width, value);

    public SysResult Ioctl(uint command, params uint[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(ArgumentBytes[(4 * i)..], words[i]);
        }

        return Device.Ioctl(Caller, command, Buffer);
    }

    public uint Word(int index) => BinaryPrimitives.ReadUInt32LittleEndian(ArgumentBytes[(4 * index)..]);

    /// <summary>SET_IRQS with eventfds.</summary>
    public SysResult SetIrqs(VfioIrqSetFlags flags, uint index, uint start, uint count, params int[] data)
    {
        ArgumentBytes[..256].Clear();
        var words = new List<uint> { 20 + (4 * (uint)data.Length), (uint)flags, index, start, count };
        words.AddRange(data.Select(d => (uint)d));
        return Ioctl(VfioIoctl.VFIO_DEVICE_SET_IRQS, [.. words]);
    }

    public void Dispose() => Caller.Dispose();
}
