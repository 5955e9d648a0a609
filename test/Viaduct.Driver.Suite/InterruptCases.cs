using Viaduct.Abi;

namespace Viaduct.Driver.Suite;

/// <summary>Interrupts without a device that raises them.</summary>
internal static class InterruptCases
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    internal static IReadOnlyList<DriverCase> All { get; } =
    [
        new("Interrupts_Intx_IsOne", DeviceKind.Any, Intx_IsOne),
        new("Interrupts_MoreThanThereAre_IsENOSPC", DeviceKind.Any, MoreThanThereAre_IsENOSPC),
        new("Interrupts_AnotherKindMeanwhile_IsEINVAL", DeviceKind.Any, AnotherKindMeanwhile_IsEINVAL),
        new("Interrupts_AnotherKindAfterwards_Works", DeviceKind.Any, AnotherKindAfterwards_Works),
        new("Interrupts_Triggered_ArriveAtTheirVector", DeviceKind.Any, Triggered_ArriveAtTheirVector),
        new("Interrupts_AllVectors_AreEnabled", DeviceKind.Nvme, AllVectors_AreEnabled),
        new("Interrupts_DisposedWhileAwaited_EndTheWait", DeviceKind.Any, DisposedWhileAwaited_EndTheWait),
    ];

    private static void Intx_IsOne(PciDevice device) => Expect.Equal(1, device.GetInterruptCount(InterruptKind.Intx));

    private static void MoreThanThereAre_IsENOSPC(PciDevice device)
    {
        var kind = Messages(device);
        var count = device.GetInterruptCount(kind);
        Expect.Fails(Errno.ENOSPC, () => device.EnableInterrupts(kind, count + 1));
    }

    private static void AnotherKindMeanwhile_IsEINVAL(PciDevice device)
    {
        device.Config.EnableBusMaster();
        using var messages = device.EnableInterrupts(Messages(device));
        Expect.Fails(Errno.EINVAL, () => device.EnableInterrupts(InterruptKind.Intx));
    }

    private static void AnotherKindAfterwards_Works(PciDevice device)
    {
        device.Config.EnableBusMaster();
        device.EnableInterrupts(Messages(device)).Dispose();
        using var line = device.EnableInterrupts(InterruptKind.Intx);
        Expect.Equal(1, line.Count);
    }

    private static void Triggered_ArriveAtTheirVector(PciDevice device)
    {
        device.Config.EnableBusMaster();
        var count = Math.Min(3, device.GetInterruptCount(Messages(device)));
        using var set = device.EnableInterrupts(Messages(device), count);
        set[count - 1].Trigger();
        Expect.True(set[count - 1].Wait(s_patience));
        Expect.True(count == 1 || !set[0].Wait(TimeSpan.Zero));
    }

    private static void AllVectors_AreEnabled(PciDevice device)
    {
        device.Config.EnableBusMaster();
        using var set = device.EnableInterrupts(InterruptKind.Msix, device.GetInterruptCount(InterruptKind.Msix));
        foreach (var vector in set)
        {
            vector.Trigger();
            Expect.True(vector.Wait(s_patience), $"vector {vector.Index} arrives");
        }
    }

    private static void DisposedWhileAwaited_EndTheWait(PciDevice device)
    {
        var set = device.EnableInterrupts(Messages(device));
        var wait = set[0].WaitAsync().AsTask();
        set.Dispose();
        Expect.Throws<ObjectDisposedException>(() => wait.GetAwaiter().GetResult());
    }

    private static InterruptKind Messages(PciDevice device) =>
        device.GetInterruptCount(InterruptKind.Msix) > 0 ? InterruptKind.Msix : InterruptKind.Msi;
}
