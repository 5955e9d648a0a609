using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace Viaduct.Peers.Timer;

/// <summary>
/// The device that libvfio-user's samples/client.c wants, which is also its samples/server.c: BAR0 takes a time in seconds since 1970,
/// at which INTx rises; BAR1 is memory. Then it writes a page of letters to the second and the first page of the address space.
/// </summary>
public sealed class TimerFunction : DeviceFunction
{
    private const int MemorySize = 16 << 10;
    private const int Page = 4096;
    private const int Piece = 1024;

    private static readonly RegisterSpec s_time = new("TIME", 0x00, 64, "When to interrupt; reads as the seconds since then");

    private readonly ITimer _timer;
    private readonly Action _ring;

    public TimerFunction(PciServices services)
        : base("timer", Ids, services, new RegisterBlock(Model.Registers))
    {
        _ring = Ring;
        _timer = Time.CreateTimer(_ => Executor.Post(_ring), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Registers[s_time].OnWrite(Arm).OnRead((in RegisterRead read) => (ulong)(Now - (long)read.Stored));
        AddBar(new PciBar(0, PciBarKind.Memory32, 16, Registers));
        AddBar(new PciBar(1, PciBarKind.Memory32, MemorySize, new ScratchMemory(MemorySize)));
    }

    /// <summary>What the command line finds.</summary>
    public static DeviceModel Model { get; } = new(Create)
    {
        Name = "timer",
        Summary = "The device of libvfio-user's samples",
        PciId = "dead:beef",
        Keys = [],
        Registers = [s_time],
    };

    private static PciIdentity Ids => new()
    {
        VendorId = 0xdead,
        DeviceId = 0xbeef,
        SubsystemVendorId = 0xcafe,
        SubsystemId = 0xbabe,
        ClassCode = 0,
        InterruptPin = 1,
    };

    private long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    protected override void OnReset(PciResetKind kind) => Registers.Reset();

    private static bool Create(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        error = null;
        function = new TimerFunction(services);
        return true;
    }

    private void Arm(in RegisterWrite write)
    {
        var seconds = Math.Clamp((long)write.New - Now, 0, int.MaxValue / 1000);
        _timer.Change(TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
    }

    private void Ring()
    {
        lock (Gate)
        {
            SetIntx(asserted: true);
        }

        var letters = new byte[Piece];
        foreach (var page in (ReadOnlySpan<ulong>)[Page, 0])
        {
            for (var i = 0; i < Page / Piece; i++)
            {
                letters.AsSpan().Fill((byte)('A' + i));
                if (!Dma.Write(page + (ulong)(i * Piece), letters).IsOk)
                {
                    DriverMistake($"memory at 0x{page:x} cannot be written");
                    return;
                }
            }
        }
    }
}
