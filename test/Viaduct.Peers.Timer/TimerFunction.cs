using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace Viaduct.Peers.Timer;

/// <summary>
/// The device that libvfio-user's samples/client.c wants, which is also its samples/server.c: BAR0 takes a time in seconds since 1970,
/// at which INTx rises; BAR1 is memory. Then it writes letters to the second page that is mapped, in place, and to the first by messages, and reads
/// those back. Nobody sets its bus master bit. It can migrate, and rings where it comes to.
/// </summary>
public sealed partial class TimerFunction : DeviceFunction
{
    private const ulong RegionSize = 16 << 10;
    private const int Page = 4096;
    private const int Piece = 1024;

    // That a client maps below.
    private const ulong Pages = 64;

    // What the client takes for the size of BAR1, which is no power of two.
    private const int MemorySize = 12 << 10;

    private static readonly RegisterSpec s_time = new("TIME", 0x00, 64, "When to interrupt; reads as the seconds since then");

    private readonly ITimer _timer;
    private readonly Action _ring;
    private readonly ScratchMemory _memory = new(MemorySize);

    // Under the gate.
    private bool _isArmed;
    private bool _isRinging;
    private bool _isPaused;

    public TimerFunction(PciServices services)
        : base("timer", Ids, services, new RegisterBlock(Model.Registers))
    {
        MastersAlways = true;
        _ring = Ring;
        _timer = Time.CreateTimer(_ => Executor.Post(_ring), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Registers[s_time].OnWrite(TimeWritten).OnRead((in RegisterRead read) => (ulong)(Now - (long)read.Stored));
        AddBar(new PciBar(0, PciBarKind.Memory32, 16, Registers));
        AddBar(new PciBar(1, PciBarKind.Memory32, RegionSize, _memory));
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

    protected override void OnReset(PciResetKind kind)
    {
        Registers.Reset();
        _isArmed = false;
    }

    private static bool Create(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        error = null;
        function = new TimerFunction(services);
        return true;
    }

    private void TimeWritten(in RegisterWrite write)
    {
        SetIntx(asserted: false);
        _isArmed = true;
        Arm((long)write.New);
    }

    private void Arm(long time)
    {
        var seconds = Math.Clamp(time - Now, 0, int.MaxValue / 1000);
        _timer.Change(TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
    }

    private void Ring()
    {
        lock (Gate)
        {
            if (!_isArmed || _isPaused)
            {
                return;
            }

            (_isArmed, _isRinging) = (false, true);
            SetIntx(asserted: true);
        }

        if (FindMapped() is { } first)
        {
            MoveLetters(first);
        }
        else
        {
            DriverMistake("there is no memory to write to");
        }

        lock (Gate)
        {
            _isRinging = false;
        }
    }

    private ulong? FindMapped()
    {
        Span<byte> probe = stackalloc byte[1];
        for (var page = 0UL; page < Pages; page++)
        {
            if (Dma.Read(page * Page, probe).IsOk)
            {
                return page * Page;
            }
        }

        return null;
    }

    private void MoveLetters(ulong first)
    {
        var letters = new byte[Page];
        for (var i = 0; i < Page; i++)
        {
            letters[i] = (byte)('A' + (i / Piece));
        }

        var back = new byte[Page];
        if (!Dma.Write(first + Page, letters).IsOk || !Dma.WriteThroughOwner(first, letters).IsOk || !Dma.ReadThroughOwner(first, back).IsOk
            || !back.AsSpan().SequenceEqual(letters))
        {
            DriverMistake($"memory at 0x{first:x} cannot be written, or does not keep what is");
        }
    }
}
