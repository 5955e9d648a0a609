using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>A client that copies memory while a device writes it, as migration does.</summary>
public sealed class DirtyConcurrencyTests
{
    private const int Pages = 16;
    private const ulong Base = 0x1f_8000; // half of it in each of two leaves

    /// <summary>Copying what is told to be written, again and again, must end with an equal copy: no write may be missed, and none may
    /// be told before it is complete.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Copying_what_is_told_misses_nothing(bool inPlace)
    {
        var rig = new DirtyRig();
        rig.Memory.Source.HasSpans = inPlace;
        rig.Map(Base, Pages);
        var table = rig.Allocate();
        rig.Attach(table);
        var stop = false;
        var device = new Thread(() =>
        {
            var random = new Random(1);
            Span<byte> bytes = stackalloc byte[6000];
            while (!Volatile.Read(ref stop))
            {
                random.NextBytes(bytes);
                rig.Port.Write(Base + (ulong)random.Next((Pages - 2) * 4096), bytes);
                rig.Port.Fill(Base + (ulong)random.Next((Pages - 1) * 4096), (ulong)random.NextInt64(), 4096);
                LeaseAndWrite(rig.Port, Base + (ulong)random.Next((Pages - 1) * 4096), (byte)random.Next());
            }
        });
        device.Start();
        Assert.Equal(Errno.None, rig.Set(table, true));
        var memory = rig.Memory.Bytes.AsSpan(4096, Pages * 4096);
        var copy = memory.ToArray();
        for (var round = 0; round < 1000; round++)
        {
            CopyDirty(rig, table, copy);
        }

        Volatile.Write(ref stop, true);
        device.Join();
        CopyDirty(rig, table, copy);
        Assert.True(rig.Memory.Bytes.AsSpan(4096, Pages * 4096).SequenceEqual(copy));
        Assert.Empty(rig.Bits(table, Base, Pages));
    }

    /// <summary>The device holds memory that it has not finished to write.</summary>
    [Fact]
    public void What_is_cleared_is_told_when_it_is_complete()
    {
        var rig = new DirtyRig();
        rig.Memory.Source.HasSpans = true;
        rig.Map(Base, Pages);
        var table = rig.AllocateTracking();
        int[]? bits = null;
        Assert.Equal(7, SeenAfter(rig, () => bits = rig.Bits(table, Base, Pages)));
        Assert.Equal([0], bits!);
    }

    /// <summary>The device began when nobody wanted to know.</summary>
    [Fact]
    public void What_is_not_remembered_is_complete_when_tracking_has_begun()
    {
        var rig = new DirtyRig();
        rig.Memory.Source.HasSpans = true;
        rig.Map(Base, Pages);
        var table = rig.Allocate();
        rig.Attach(table);
        Assert.Equal(7, SeenAfter(rig, () => Assert.Equal(Errno.None, rig.Set(table, true))));
        Assert.Empty(rig.Bits(table, Base, Pages));
    }

    /// <summary>A replacement has no moment without a table.</summary>
    [Fact]
    public void A_device_that_is_moved_between_tables_writes_on_and_one_of_them_remembers()
    {
        var rig = new DirtyRig();
        rig.Map(Base, Pages);
        uint[] tables = [rig.Allocate(), rig.Allocate()];
        rig.Attach(tables[0]);
        Array.ForEach(tables, t => Assert.Equal(Errno.None, rig.Set(t, true)));
        var (stop, faults) = (false, 0);
        var written = new bool[Pages];
        var device = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref stop) || i < Pages; i++)
            {
                faults += rig.Port.Write(Base + ((ulong)(i % Pages) * 4096), [1]).IsOk ? 0 : 1;
                written[i % Pages] = true;
            }
        });
        device.Start();
        for (var round = 0; round < 3000; round++)
        {
            rig.Attach(tables[round % 2]);
        }

        Volatile.Write(ref stop, true);
        device.Join();
        Assert.Equal(0, faults);
        Assert.All(written, Assert.True);
        Assert.Equal(
            Enumerable.Range(0, Pages),
            rig.Bits(tables[0], Base, Pages).Union(rig.Bits(tables[1], Base, Pages)).Order());
    }

    /// <summary>What the client finds at the first address after a call, which begins while the device holds a lease of it: the device
    /// writes when the call has had every chance to return.</summary>
    private static int SeenAfter(DirtyRig rig, Action call)
    {
        var seen = -1;
        var client = new Thread(() =>
        {
            call();
            seen = Volatile.Read(ref rig.Memory.Bytes[4096]);
        });
        Assert.True(rig.Port.TryGetSpan(Base, 8, DmaAccess.Write, out var lease));
        client.Start();
        for (var i = 0; i < 100_000 && client.IsAlive; i++)
        {
            Thread.Yield();
        }

        lease.Span[0] = 7;
        lease.Dispose();
        client.Join();
        return seen;
    }

    private static void LeaseAndWrite(DmaPort port, ulong at, byte value)
    {
        if (port.TryGetSpan(at, 4096, DmaAccess.Write, out var lease))
        {
            lease.Span.Fill(value);
            lease.Dispose();
        }
    }

    private static void CopyDirty(DirtyRig rig, uint table, byte[] copy)
    {
        foreach (var page in rig.Bits(table, Base, Pages))
        {
            rig.Memory.Bytes.AsSpan((page + 1) * 4096, 4096).CopyTo(copy.AsSpan(page * 4096));
        }
    }
}
