using FsCheck;
using FsCheck.Fluent;
using Viaduct.Devices.Ioat;

namespace Viaduct.Devices.Tests.Ioat;

/// <summary>Random chains, given to the engine in random portions, against twenty lines that say what a chain means.</summary>
public sealed class IoatChainProperties
{
    private const int Slots = 16;
    private const int Area = 4096;
    private const ulong Data = IoatRig.Memory + 0x4000;
    private const uint Reserved = 0x800;

    [Fact]
    public void Chain_DoesWhatTheReferenceDoes()
    {
        var words = Gen.Choose(0, int.MaxValue).ArrayOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(words.ToArbitrary(), RunsAsReference));
    }

    private static bool RunsAsReference(int[] words)
    {
        var rig = new IoatRig();
        new Random(words.Length).NextBytes(rig.Host.At(Data, Area));
        var expected = rig.Host.At(Data, Area).ToArray();
        var chain = words.Select((word, index) => Decode(word, index)).ToArray();
        for (var i = 0; i < Math.Min(Slots, chain.Length); i++)
        {
            Put(rig, chain, i);
        }

        rig.Start(0);
        var completed = 0;
        var written = 0UL;
        var error = IoatErrors.None;
        for (var issued = 0; issued < chain.Length && error == IoatErrors.None;)
        {
            var portion = Math.Min(1 + (chain[issued].Word % 5), chain.Length - issued);
            var last = issued + portion;
            rig.Write(0x86, 2, (ulong)last);
            rig.Run();
            for (; issued < last && error == IoatErrors.None; issued++)
            {
                error = chain[issued].Apply(expected);
                if (error == IoatErrors.None)
                {
                    completed++;
                    var state = completed == last ? 1UL : 0UL;
                    written = chain[issued].Reports ? SlotAddress(issued) | state : written;
                    Refill(rig, chain, issued);
                }
            }
        }

        return rig.Errors == error
            && rig.State == (error != IoatErrors.None ? IoatState.Halted : completed == 0 ? IoatState.Armed : IoatState.Idle)
            && rig.LastCompleted == (completed == 0 ? 0 : SlotAddress(completed - 1))
            && rig.Written == written
            && rig.Host.At(Data, Area).SequenceEqual(expected);
    }

    // The ring has fewer slots than the chain has descriptors: a slot is filled again once it is done, as drivers do.
    private static void Refill(IoatRig rig, Item[] chain, int done)
    {
        if (done + Slots < chain.Length)
        {
            Put(rig, chain, done + Slots);
        }
    }

    private static void Put(IoatRig rig, Item[] chain, int index)
    {
        var item = chain[index];
        rig.PutAt(SlotAddress(index), item.Size, item.Control, item.SourceWord, item.DestinationWord, SlotAddress(index + 1));
    }

    // Neighbours in the chain are far apart in memory.
    private static ulong SlotAddress(int index) => IoatRig.Ring + (ulong)(index % Slots * 5 % Slots * 64);

    private static Item Decode(int word, int index)
    {
        var random = new Random(word + index);
        var size = random.Next(1, 600);
        var kind = random.Next(40);
        var item = new Item(
            word,
            (uint)size,
            random.Next(2) * IoatRig.CompletionWrite,
            random.Next(Area - size),
            random.Next(Area - size),
            (ulong)random.NextInt64());
        return kind switch
        {
            0 => item with { Size = 0 },
            1 => item with { Control = item.Control | Reserved },
            2 => item with { Control = 0x8700_0000 },
            3 => item with { IsUnmapped = true },
            < 14 => item with { Control = item.Control | IoatRig.FillOperation },
            < 18 => item with { Control = item.Control | IoatRig.Null },
            _ => item,
        };
    }

    private sealed record Item(int Word, uint Size, long Flags, int Source, int Destination, ulong Pattern)
    {
        public uint Control { get; init; } = (uint)Flags;

        public bool IsUnmapped { get; init; }

        public bool Reports => (Control & IoatRig.CompletionWrite) != 0;

        public ulong SourceWord => IsFill ? Pattern : Data + (ulong)Source;

        public ulong DestinationWord => IsUnmapped ? IoatRig.Unmapped : Data + (ulong)Destination;

        private bool IsFill => (Control & IoatRig.FillOperation) != 0;

        public IoatErrors Apply(byte[] memory)
        {
            if ((Control & (Reserved | 0x8000_0000)) != 0)
            {
                return IoatErrors.DescriptorControl;
            }

            if (Size == 0)
            {
                return IoatErrors.DescriptorLength;
            }

            if (IsUnmapped)
            {
                return IoatErrors.WriteData;
            }

            var source = memory.AsSpan(Source, (int)Size).ToArray();
            for (var i = 0; i < (int)Size && (Control & IoatRig.Null) == 0; i++)
            {
                memory[Destination + i] = IsFill ? (byte)(Pattern >> (8 * (i % 8))) : source[i];
            }

            return IoatErrors.None;
        }
    }
}
