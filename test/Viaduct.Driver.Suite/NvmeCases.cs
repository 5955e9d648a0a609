using NvmeDisk.Nvme;
using NvmeDisk.Work;

namespace Viaduct.Driver.Suite;

/// <summary>An NVMe controller, through the sample's driver. What is on the disk is overwritten.</summary>
internal static class NvmeCases
{
    private const int Depth = 8;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    internal static IReadOnlyList<DriverCase> All { get; } =
    [
        new("Nvme_Identity_HasANamespace", DeviceKind.Nvme, Identity_HasANamespace),
        new("Nvme_NamespaceThatIsNotThere_IsRefused", DeviceKind.Nvme, NamespaceThatIsNotThere_IsRefused),
        new("Nvme_BlocksPolled_ReadBack", DeviceKind.Nvme, device => ReadBack(device, 1, useInterrupts: false, 1)),
        new("Nvme_BlocksWithMsix_ReadBack", DeviceKind.Nvme, device => ReadBack(device, 1, useInterrupts: true, 1)),
        new("Nvme_LargestTransfers_ReadBack", DeviceKind.Nvme, device => ReadBack(device, 2, useInterrupts: true, 1024)),
        new("Nvme_SeveralQueues_ReadBack", DeviceKind.Nvme, device => ReadBack(device, 3, useInterrupts: false, 64)),
        new("Nvme_BlockPastTheEnd_IsLbaOutOfRange", DeviceKind.Nvme, BlockPastTheEnd_IsLbaOutOfRange),
        new("Nvme_ResetWithCommandsUnderWay_StartsAgain", DeviceKind.Nvme, ResetWithCommandsUnderWay_StartsAgain),
        new("Nvme_WithoutBusMaster_SaysThatItDoesNotAnswer", DeviceKind.Nvme, WithoutBusMaster_SaysThatItDoesNotAnswer),
    ];

    private static NvmeController Open(PciDevice device, int queues = 1, bool useInterrupts = false) =>
        new(device, queues, useInterrupts, s_patience);

    private static void Identity_HasANamespace(PciDevice device)
    {
        using var controller = Open(device);
        Expect.True(controller.Identity.SerialNumber.Length > 0);
        var space = controller.GetNamespace(controller.GetNamespaceNumbers()[0]);
        Expect.True(space.Blocks > 0);
        controller.ShutDown();
    }

    private static void NamespaceThatIsNotThere_IsRefused(PciDevice device)
    {
        using var controller = Open(device);
        Expect.Throws<NvmeException>(() => controller.GetNamespace(controller.Identity.Namespaces + 1));
    }

    private static void ReadBack(PciDevice device, int queues, bool useInterrupts, int kibibytes)
    {
        using var controller = Open(device, queues, useInterrupts);
        var space = controller.GetNamespace(1);
        NvmeIoQueue[] opened =
        [
            .. Enumerable.Range(0, queues)
                .Select(_ => controller.OpenQueue(Depth, Math.Min(kibibytes << 10, controller.MaxTransfer))),
        ];

        // Not whole transfers, and not from the start.
        var verifier = new Verifier(opened, space, 3, Math.Min(space.Blocks - 3, 4099), (ulong)Environment.TickCount64);
        verifier.Write();
        verifier.Flush();
        if (!verifier.Check())
        {
            throw verifier.Faults[0].Contains("never written", StringComparison.Ordinal) && KeepsNothing(opened[0], space)
                ? new SuiteSkip("the disk keeps nothing")
                : new SuiteFailure(verifier.Faults[0]);
        }

        controller.ShutDown();
    }

    // A disk that is /dev/null in disguise: a block that was just written is zeroes.
    private static bool KeepsNothing(NvmeIoQueue queue, NamespaceIdentity space)
    {
        _ = queue.TryRent(out var slot);
        var data = queue.Data(slot, space.BlockSize);
        data.Fill(0xA5);
        queue.Write(slot, space, 0, 1);
        _ = queue.Wait(out var wrote);
        queue.Read(slot, space, 0, 1);
        _ = queue.Wait(out var read);
        queue.Return(slot);
        return wrote.IsSuccess && read.IsSuccess && !data.ContainsAnyExcept((byte)0);
    }

    private static void BlockPastTheEnd_IsLbaOutOfRange(PciDevice device)
    {
        const ushort LbaOutOfRange = 0x80;
        using var controller = Open(device);
        var space = controller.GetNamespace(1);
        var queue = controller.OpenQueue(Depth, space.BlockSize);
        _ = queue.TryRent(out var slot);
        queue.Read(slot, space, space.Blocks, 1);
        _ = queue.Wait(out var status);
        Expect.Equal(LbaOutOfRange, status.Raw & 0x7FF, $"{status}");
    }

    private static void ResetWithCommandsUnderWay_StartsAgain(PciDevice device)
    {
        for (var round = 0; round < 5; round++)
        {
            using var controller = Open(device);
            var space = controller.GetNamespace(1);
            var queue = controller.OpenQueue(Depth, controller.MaxTransfer);
            while (queue.TryRent(out var slot))
            {
                queue.Read(slot, space, 0, 1);
            }

            // Disposed with all of them under way.
            queue.Announce();
        }
    }

    private static void WithoutBusMaster_SaysThatItDoesNotAnswer(PciDevice device)
    {
        using var controller = new NvmeController(device, 1, false, TimeSpan.FromSeconds(1));
        device.Config.DisableBusMaster();
        var seen = Expect.Throws<NvmeException>(() => controller.GetNamespace(1));
        Expect.True(seen.Message.Contains("did not complete Identify 00h of namespace 1 in queue 0 within 1 s", StringComparison.Ordinal));
    }
}
