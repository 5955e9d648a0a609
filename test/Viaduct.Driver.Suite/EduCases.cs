using EduDriver;

namespace Viaduct.Driver.Suite;

/// <summary>QEMU's edu device, through the sample's driver.</summary>
internal static class EduCases
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    internal static IReadOnlyList<DriverCase> All { get; } =
    [
        new("Edu_Identification_IsEdus", DeviceKind.Edu, Identification_IsEdus),
        new("Edu_WhatIsWritten_ComesBackInverted", DeviceKind.Edu, WhatIsWritten_ComesBackInverted),
        new("Edu_FactorialPolled_IsRight", DeviceKind.Edu, FactorialPolled_IsRight),
        new("Edu_FactorialWithMsi_IsRight", DeviceKind.Edu, FactorialWithMsi_IsRight),
        new("Edu_LineRaisedTwice_ArrivesTwice", DeviceKind.Edu, LineRaisedTwice_ArrivesTwice),
        new("Edu_CopiedInAndOut_AreTheSameBytes", DeviceKind.Edu, CopiedInAndOut_AreTheSameBytes),
        new("Edu_MemoryForReading_IsNotWritten", DeviceKind.Edu, MemoryForReading_IsNotWritten),
        new("Edu_MemoryTakenAway_IsNotWritten", DeviceKind.Edu, MemoryTakenAway_IsNotWritten),
        new("Edu_WithoutBusMaster_MemoryIsNotWritten", DeviceKind.Edu, WithoutBusMaster_MemoryIsNotWritten),
    ];

    private static DmaOptions Reach { get; } = new() { AddressBits = EduRegister.AddressBits };

    private static void Identification_IsEdus(PciDevice device)
    {
        Expect.Equal(0x1234, device.Config.VendorId);
        Expect.Equal(0x11E8, device.Config.DeviceId);
        Expect.Equal(0xEDu, new Edu(device).Identification & 0xFFFF);
    }

    private static void WhatIsWritten_ComesBackInverted(PciDevice device)
    {
        var edu = new Edu(device);
        Expect.True(edu.IsAlive(0) && edu.IsAlive(0x1234_5678) && edu.IsAlive(uint.MaxValue));
    }

    private static void FactorialPolled_IsRight(PciDevice device) => Expect.Equal(3_628_800u, new Edu(device).Factorial(10));

    private static void FactorialWithMsi_IsRight(PciDevice device)
    {
        var edu = new Edu(device);
        using var msi = device.EnableInterrupts(InterruptKind.Msi);
        using var patience = new CancellationTokenSource(s_patience);
        Expect.Equal(479_001_600u, edu.FactorialAsync(12, msi[0], patience.Token).GetAwaiter().GetResult(), "12!");
    }

    private static void LineRaisedTwice_ArrivesTwice(PciDevice device)
    {
        var edu = new Edu(device);
        using var line = device.EnableInterrupts(InterruptKind.Intx);
        Expect.Equal(1u, edu.RaiseAndWait(1, line[0]));
        Expect.Equal(2u, edu.RaiseAndWait(2, line[0]));
    }

    private static void CopiedInAndOut_AreTheSameBytes(PciDevice device)
    {
        var edu = new Edu(device);
        using var msi = device.EnableInterrupts(InterruptKind.Msi);
        using var source = device.AllocateDma(EduRegister.BufferSize, Reach);
        using var target = device.AllocateDma(EduRegister.BufferSize, Reach);
        new Random(1).NextBytes(source.Span);
        edu.CopyIn(source, EduRegister.BufferSize);
        Expect.True(edu.CopyOut(target, EduRegister.BufferSize, msi[0]));
        Expect.True(source.Span.SequenceEqual(target.Span));
    }

    private static void MemoryForReading_IsNotWritten(PciDevice device)
    {
        var edu = new Edu(device);
        using var msi = device.EnableInterrupts(InterruptKind.Msi);
        using var source = device.AllocateDma(EduRegister.BufferSize, Reach with { Access = DmaAccess.Read });
        source.Span.Fill(0x11);
        edu.CopyIn(source, EduRegister.BufferSize);
        source.Span.Fill(0x22);
        Expect.True(edu.CopyOut(source, EduRegister.BufferSize, msi[0]));
        Expect.True(!source.Span.ContainsAnyExcept((byte)0x22));
    }

    private static void MemoryTakenAway_IsNotWritten(PciDevice device)
    {
        var edu = new Edu(device);
        using var msi = device.EnableInterrupts(InterruptKind.Msi);
        _ = Linux.MemoryMapping.Allocate(EduRegister.BufferSize, Linux.HugePageSize.None, out var memory);
        using (memory)
        {
            var buffer = device.MapDma(memory!, Reach);
            memory!.GetSpan(0, EduRegister.BufferSize).Fill(0x33);
            edu.CopyIn(buffer, EduRegister.BufferSize);
            memory.GetSpan(0, EduRegister.BufferSize).Fill(0x44);
            buffer.Dispose();
            Expect.True(edu.CopyOut(buffer, EduRegister.BufferSize, msi[0]));
            Expect.True(!memory.GetSpan(0, EduRegister.BufferSize).ContainsAnyExcept((byte)0x44));
        }
    }

    private static void WithoutBusMaster_MemoryIsNotWritten(PciDevice device)
    {
        var edu = new Edu(device);
        using var buffer = device.AllocateDma(EduRegister.BufferSize, Reach);
        buffer.Span.Fill(0x55);
        edu.CopyIn(buffer, EduRegister.BufferSize);
        buffer.Span.Fill(0x66);
        device.Config.DisableBusMaster();
        edu.StartCopyOut(buffer, EduRegister.BufferSize);
        edu.WaitForDma();
        Expect.True(!buffer.Span.ContainsAnyExcept((byte)0x66));
    }
}
