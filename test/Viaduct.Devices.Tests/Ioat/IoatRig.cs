using System.Buffers.Binary;
using Viaduct.Devices.Ioat;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Ioat;

/// <summary>An ioat with memory, and the few lines of driver that every test needs.</summary>
internal sealed class IoatRig
{
    public const ulong Memory = Host.MemoryAddress;
    public const ulong Ring = Memory;
    public const ulong Completion = Memory + 0xff00;
    public const ulong Source = Memory + 0x10000;
    public const ulong Destination = Memory + 0x200000;
    public const ulong Unmapped = 0x8_0000_0000;
    public const uint Size = 1 << 20;
    public const int ErrorInConfig = 0x180;

    public const uint Interrupt = 1;
    public const uint CompletionWrite = 8;
    public const uint Null = 0x20;
    public const uint FillOperation = 0x0100_0000;

    private const int MemorySize = 8 << 20;

    public IoatRig(int transferCapacity = 20)
    {
        Host = new Host(MemorySize);
        Ioat = Host.Plug(new IoatFunction(Host.Services, transferCapacity));
        EnableMsix();
    }

    /// <summary>One whose engine another thread runs.</summary>
    public IoatRig(IDeviceExecutor executor)
    {
        Host = new Host(MemorySize);
        Ioat = Host.Plug(new IoatFunction(Host.Services with { Executor = executor }));
        EnableMsix();
    }

    /// <summary>A virtual function of one.</summary>
    public static IoatRig OfVirtualFunction()
    {
        var physical = new IoatFunction(new Host(4096).Services, virtualFunctions: 4);
        var host = new Host(MemorySize);
        return new IoatRig(host, (IoatFunction)physical.Sriov!.Create(3, host.Services));
    }

    private IoatRig(Host host, IoatFunction ioat)
    {
        Host = host;
        Ioat = host.Plug(ioat);
        EnableMsix();
    }

    public Host Host { get; }

    public IoatFunction Ioat { get; }

    public ulong Status => Read(0x88, 8);

    public IoatState State => (IoatState)(Status & 7);

    public ulong LastCompleted => Status & ~0x3fUL;

    public IoatErrors Errors => (IoatErrors)Read(0xa8, 4);

    public ulong Written => BinaryPrimitives.ReadUInt64LittleEndian(Host.At(Completion, 8));

    public ulong Read(ulong offset, int width) => Ioat.ReadBar(0, offset, width);

    public void Write(ulong offset, int width, ulong value) => Ioat.WriteBar(0, offset, width, value);

    public void Run() => Host.Executor.RunAll();

    public void Command(byte command) => Write(0x84, 1, command);

    public void EnableMsix()
    {
        Ioat.WriteConfig(0x82, 2, 0x8000);
        Write(0x2000 + 0xc, 4, 0);
    }

    public ulong Put(int index, uint size, uint control, ulong source, ulong destination, ulong? next = null)
    {
        var at = Ring + ((ulong)index * 64);
        PutAt(at, size, control, source, destination, next ?? at + 64);
        return at;
    }

    public void PutAt(ulong at, uint size, uint control, ulong source, ulong destination, ulong next)
    {
        var bytes = Host.At(at, 64);
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], control);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], source);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], destination);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], next);
    }

    /// <summary>Arms the channel and makes descriptors available, without running it.</summary>
    public void Start(ushort count, ulong chain = Ring, ushort control = 0x0009, ulong completion = Completion)
    {
        Write(0x98, 8, completion);
        Write(0x90, 8, chain);
        Write(0x80, 2, control);
        Write(0x86, 2, count);
    }

    /// <summary>The steps that recover a halted channel, as Linux' drivers take them.</summary>
    public void Recover()
    {
        Ioat.WriteConfig(ErrorInConfig, 4, Ioat.ReadConfig(ErrorInConfig, 4));
        Write(0xa8, 4, Read(0xa8, 4));
        Command(0x20);
        Run();
        Assert.Equal(0UL, Read(0x84, 1));
        Assert.Equal(IoatState.Halted, State);
    }

    public void Randomise(int seed)
    {
        var bytes = Host.At(Source, 2 * (int)Size - 0x10000);
        new Random(seed).NextBytes(bytes);
    }
}
