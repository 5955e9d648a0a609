using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver.Suite;

/// <summary>DMA memory as the driver sees it.</summary>
internal static class MemoryCases
{
    private const ulong Address = 0x10_0000;

    internal static IReadOnlyList<DriverCase> All { get; } =
    [
        new("Dma_TwoBuffers_HaveAddressesOfTheirOwn", DeviceKind.Any, TwoBuffers_HaveAddressesOfTheirOwn),
        new("Dma_FewAddressBits_AreKept", DeviceKind.Any, FewAddressBits_AreKept),
        new("Dma_ChosenAddress_IsTheBuffers", DeviceKind.Any, ChosenAddress_IsTheBuffers),
        new("Dma_TakenAddress_IsEEXIST", DeviceKind.Any, TakenAddress_IsEEXIST),
        new("Dma_AddressOfADisposedBuffer_IsFreeAgain", DeviceKind.Any, AddressOfADisposedBuffer_IsFreeAgain),
        new("Dma_MemoryOfTheCallers_IsMappedTwice", DeviceKind.Any, MemoryOfTheCallers_IsMappedTwice),
        new("Dma_ManyBuffers_ComeAndGo", DeviceKind.Any, ManyBuffers_ComeAndGo),
        new("Dma_HugePages_AreMapped", DeviceKind.Any, HugePages_AreMapped),
    ];

    private static void TwoBuffers_HaveAddressesOfTheirOwn(PciDevice device)
    {
        using var first = device.AllocateDma(5000);
        using var second = device.AllocateDma(1);
        Expect.Equal(8192UL, first.Size);
        Expect.True(first.Iova + first.Size <= second.Iova || second.Iova + second.Size <= first.Iova);
        Expect.True(device.Dma.Ranges.Any(range => range.First <= first.Iova && first.Iova + first.Size - 1 <= range.Last));
        Expect.True(!first.Span.ContainsAnyExcept((byte)0));
    }

    private static void FewAddressBits_AreKept(PciDevice device)
    {
        using var buffer = device.AllocateDma(4096, new DmaOptions { AddressBits = 24, Alignment = 1 << 20 });
        Expect.True(buffer.Iova + buffer.Size <= 1 << 24);
        Expect.Equal(0UL, buffer.Iova % (1 << 20));
    }

    private static void ChosenAddress_IsTheBuffers(PciDevice device)
    {
        using var buffer = device.AllocateDma(4096, new DmaOptions { Iova = Address });
        Expect.Equal(Address, buffer.Iova);
    }

    private static void TakenAddress_IsEEXIST(PciDevice device)
    {
        using var buffer = device.AllocateDma(8192, new DmaOptions { Iova = Address });
        Expect.Fails(Errno.EEXIST, () => device.AllocateDma(4096, new DmaOptions { Iova = Address + 4096 }));
    }

    private static void AddressOfADisposedBuffer_IsFreeAgain(PciDevice device)
    {
        device.AllocateDma(4096, new DmaOptions { Iova = Address }).Dispose();
        using var again = device.AllocateDma(4096, new DmaOptions { Iova = Address });
        Expect.Equal(Address, again.Iova);
    }

    private static void MemoryOfTheCallers_IsMappedTwice(PciDevice device)
    {
        _ = MemoryMapping.Allocate(8192, HugePageSize.None, out var memory);
        using (memory)
        {
            using var first = device.MapDma(memory!);
            using var second = device.MapDma(memory!, new DmaOptions { Access = DmaAccess.Read });
            Expect.True(first.Iova != second.Iova);
            first.Span[0] = 7;
            Expect.Equal(7, second.Span[0]);
        }
    }

    private static void ManyBuffers_ComeAndGo(PciDevice device)
    {
        List<DmaBuffer> buffers = [];
        for (var i = 0; i < 100; i++)
        {
            buffers.Add(device.AllocateDma((ulong)(1 + (i % 7)) * 4096));
        }

        Expect.Equal(100, buffers.Select(static buffer => buffer.Iova).Distinct().Count(), "addresses");
        buffers.ForEach(static buffer => buffer.Dispose());
        using var again = device.AllocateDma(4096);
        Expect.Equal(buffers.Min(static buffer => buffer.Iova), again.Iova);
    }

    private static void HugePages_AreMapped(PciDevice device)
    {
        DmaBuffer buffer;
        try
        {
            buffer = device.AllocateDma(1 << 21, new DmaOptions { HugePages = HugePageSize.TwoMebibytes });
        }
        catch (VfioException e) when (e.Call.StartsWith("memfd_create", StringComparison.Ordinal))
        {
            throw new SuiteSkip("the machine has no free huge pages");
        }

        using (buffer)
        {
            Expect.Equal(0UL, buffer.Iova % (1 << 21));
            buffer.Span[^1] = 1;
        }
    }
}
