using Viaduct.Iommu.NoIommu;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests.NoIommu;

/// <summary>Made-up physical addresses: where they lie, whose they are, and when they end.</summary>
public sealed class PhysicalMemoryTests
{
    private const ulong Block = PhysicalMemory.BlockSize;
    private const ulong Address = 0x7f12_3456_7000;

    private readonly PhysicalMemory _memory = new();
    private readonly EndingMemory _process = new(0x5a);
    private readonly DmaPort _port;

    public PhysicalMemoryTests()
        => _port = new DmaPort(new IommuGroup(1, IommuUnit.None(_memory))) { BusMaster = true };

    [Fact]
    public void An_address_stays_and_keeps_its_place_within_a_block()
    {
        Assert.True(_memory.TryGetAddress(_process, Address, out var first));
        Assert.True(_memory.TryGetAddress(_process, Address + 0x1234, out var second));
        Assert.True(_memory.TryGetAddress(_process, Address, out var again));
        Assert.True(first >= PhysicalMemory.LowestAddress);
        Assert.Equal(Address % Block, first % Block);
        Assert.Equal(first + 0x1234, second);
        Assert.Equal(first, again);
    }

    [Fact]
    public void Processes_do_not_share_addresses()
    {
        var other = new EndingMemory(1);
        Assert.True(_memory.TryGetAddress(_process, Address, out var mine));
        Assert.True(_memory.TryGetAddress(other, Address, out var theirs));
        Assert.NotEqual(mine, theirs);
        Assert.Equal((byte)0x5a, Fetch(mine));
        Assert.Equal((byte)1, Fetch(theirs));
    }

    [Fact]
    public void A_device_reaches_the_memory_behind_an_address()
    {
        Assert.True(_memory.TryGetAddress(_process, Address, out var physical));
        Assert.True(_port.Write(physical + 8, [7]).IsOk);
        Assert.Equal((Address + 8, (byte)7), _process.LastWrite);
    }

    [Fact]
    public void An_address_that_was_never_asked_for_is_nobodys()
    {
        Assert.Null(Fetch(PhysicalMemory.LowestAddress));
        Assert.Null(Fetch(0));
        Assert.True(_memory.TryGetAddress(_process, Address, out var physical));
        Assert.Null(Fetch(physical + Block));
    }

    [Fact]
    public void A_process_that_ends_leaves_nothing()
    {
        Assert.True(_memory.TryGetAddress(_process, Address, out var physical));
        _process.Exit();
        Assert.Null(Fetch(physical));
        Assert.False(_memory.TryGetAddress(_process, Address, out _));
        Assert.True(_memory.TryGetAddress(new EndingMemory(1), Address, out var next));
        Assert.NotEqual(physical, next);
    }

    [Fact]
    public void One_process_cannot_take_all_addresses()
    {
        for (var i = 0UL; i < PhysicalMemory.MostBlocksOfOne; i++)
        {
            Assert.True(_memory.TryGetAddress(_process, i * Block, out _));
        }

        Assert.False(_memory.TryGetAddress(_process, PhysicalMemory.MostBlocksOfOne * Block, out _));
        Assert.True(_memory.TryGetAddress(_process, Address % Block, out _));
        Assert.True(_memory.TryGetAddress(new EndingMemory(1), Address, out _));
    }

    [Fact]
    public void Addresses_are_used_again_once_there_are_no_new_ones()
    {
        const int Bits = 46;
        var blocks = ((1UL << Bits) - PhysicalMemory.LowestAddress) / Block;
        Assert.True(_memory.TryGetAddress(_process, Address, out var first));
        var processes = new List<EndingMemory>();
        for (var taken = 1UL; taken < blocks; taken++)
        {
            if ((taken - 1) % PhysicalMemory.MostBlocksOfOne == 0)
            {
                processes.Add(new EndingMemory(0));
            }

            Assert.True(_memory.TryGetAddress(processes[^1], taken * Block, out var physical));
            Assert.True(physical < 1UL << Bits);
        }

        var late = new EndingMemory(9);
        Assert.False(_memory.TryGetAddress(late, Address, out _));
        Assert.False(_memory.TryAdd(new PinnedRange(new FakeSource(new byte[8], 0), 0, 1), 8, out _));
        _process.Exit();
        Assert.True(_memory.TryGetAddress(late, Address, out var again));
        Assert.Equal(first, again);
        Assert.Equal((byte)9, Fetch(again));
    }

    [Fact]
    public void A_run_ends_with_its_block_unless_the_next_one_follows()
    {
        Assert.True(_memory.TryGetAddress(_process, 9 * Block, out _));
        Assert.True(_memory.TryGetRun(_process, Block - 16, 32, out var physical, out var contiguous));
        Assert.Equal(32UL, contiguous);
        Assert.True(_memory.TryGetAddress(_process, Block, out var next));
        Assert.Equal(physical + 16, next);

        // The block after the ninth is new, and does not lie behind it.
        Assert.True(_memory.TryGetRun(_process, (10 * Block) - 16, 32, out _, out contiguous));
        Assert.Equal(16UL, contiguous);
    }

    [Fact]
    public void Memory_of_no_process_has_addresses_until_it_is_removed()
    {
        var bytes = new byte[8192];
        bytes[4096] = 3;
        Assert.True(_memory.TryAdd(new PinnedRange(new FakeSource(bytes, 0), 0, 2), 8192, out var physical));
        Assert.Equal((byte)3, Fetch(physical + 4096));
        Assert.Null(Fetch(physical + 8192));
        _memory.Remove(physical, 8192);
        Assert.Null(Fetch(physical + 4096));
    }

    private byte? Fetch(ulong physical)
    {
        var buffer = new byte[1];
        return _port.Read(physical, buffer).IsOk ? buffer[0] : null;
    }
}
