using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>A thread that maps and unmaps beside threads that translate and transfer.</summary>
public sealed class ConcurrencyTests
{
    private const ulong Stride = 0x4000;
    private const int Places = 2048;
    private readonly IoAddressSpace _space = new();
    private readonly SharedCount _violations = new();
    private readonly GuardedSource?[] _sources = new GuardedSource?[Places];

    /// <summary>
    /// Even places stay mapped and must always be found; odd ones come and go, so that nodes split, join and are used
    /// again. A translation that is found has to be one whole entry.
    /// </summary>
    [Fact]
    public void TryTranslate_BesideAWriter_SeesWholeEntriesOnly()
    {
        for (var i = 0; i < Places; i += 2)
        {
            Map(i, 0);
        }

        RunBeside(
            iterations: 60_000,
            change: (i, random) => Toggle((random.Next(Places / 2) * 2) + 1, i),
            read: random =>
            {
                var place = random.Next(Places);
                var iova = ((ulong)place * Stride) + (ulong)random.Next(0x1000);
                if (!_space.TryTranslate(iova, DmaAccess.Read, out var translation))
                {
                    return place % 2 == 1;
                }

                var source = (GuardedSource)translation.Source;
                return source.First == (ulong)place * Stride
                    && translation.Offset - source.Offset == iova - source.First
                    && translation.Length == 0x1000 - (iova & 0xfff);
            });
    }

    /// <summary>Once Unmap has returned, no transfer may be in the memory or come to it.</summary>
    [Fact]
    public void Unmap_BesideTransfers_NoTransferSeesTheMemoryAfterwards()
    {
        var group = new IommuGroup(1, Type1Rig.Unit) { AddressSpace = _space };
        // One port that two threads share, and so two slots; few places, for many collisions.
        var port = new DmaPort(group) { BusMaster = true };
        RunBeside(
            iterations: 60_000,
            change: (i, random) => Toggle(random.Next(4), i),
            read: random =>
            {
                Span<byte> bytes = stackalloc byte[64];
                var address = ((ulong)random.Next(4) * Stride) + 0x10;
                var result = random.Next(3) switch
                {
                    0 => port.Read(address, bytes),
                    1 => port.Write(address, bytes),
                    _ => port.Copy(((ulong)random.Next(4) * Stride) + 0x10, address, 64),
                };
                return result.Status is DmaStatus.Ok or DmaStatus.Fault;
            });
    }

    /// <summary>The same where the whole group is taken out and put back.</summary>
    [Fact]
    public void DetachGroup_BesideTransfers_NoTransferSeesTheMemoryAfterwards()
    {
        var rig = new Type1Rig();
        RunBeside(
            iterations: 50,
            change: (_, _) =>
            {
                var space = rig.Group.AddressSpace!;
                // Each access takes longer than what comes after the detach.
                var source = new GuardedSource(0, 0, 0x1000, _violations, work: 2_000);
                space.Map(0, 0xfff, source, 0, DmaAccess.Read | DmaAccess.Write);
                while (!source.WasUsed)
                {
                    Thread.Yield();
                }

                rig.Iommu.DetachGroup(rig.Group);
                source.Retire();
                space.Unmap(0);
                Assert.Equal(Errno.None, rig.Iommu.AttachGroup(rig.Group).Errno);
            },
            read: _ => rig.Port.Read(0x10, stackalloc byte[16]).Status is DmaStatus.Ok or DmaStatus.Fault);
    }

    private void Toggle(int place, int generation)
    {
        if (_sources[place] is not { } source)
        {
            Map(place, generation);
            return;
        }

        _space.Unmap(source.First);
        source.Retire();
        _sources[place] = null;
    }

    private void Map(int place, int generation)
    {
        var source = new GuardedSource((ulong)place * Stride, ((ulong)generation + 1) << 32, 0x1000, _violations);
        _sources[place] = source;
        _space.Map(source.First, source.First + 0xfff, source, source.Offset, DmaAccess.Read | DmaAccess.Write);
    }

    private void RunBeside(int iterations, Action<int, System.Random> change, Func<System.Random, bool> read)
    {
        var isDone = false;
        var wrong = new SharedCount();
        using var running = new CountdownEvent(2);
        var readers = Enumerable.Range(0, 2).Select(seed => new Thread(() =>
        {
            var random = new System.Random(seed);
            running.Signal();
            while (!Volatile.Read(ref isDone))
            {
                if (!read(random))
                {
                    wrong.Increment();
                }
            }
        })).ToArray();
        Array.ForEach(readers, reader => reader.Start());
        running.Wait();
        var random = new System.Random(7);
        for (var i = 0; i < iterations; i++)
        {
            change(i, random);
        }

        Volatile.Write(ref isDone, true);
        Array.ForEach(readers, reader => reader.Join());
        Assert.Equal((0, 0), (wrong.Count, _violations.Count));
    }
}
