using FsCheck;
using FsCheck.Fluent;
using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>Sequences of calls against a naive reference, on both versions.</summary>
public sealed class Type1ModelTests
{
    private const int Limit = 6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MapAndUnmap_AgreeWithAPageTable(bool isV2)
        => Prop.ForAll(Calls(), calls => Agree(isV2, calls)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static bool Agree(bool isV2, Type1Call[] calls)
    {
        var unit = Type1Rig.Unit with { ApertureLast = ulong.MaxValue, ReservedRegions = [] };
        var rig = new Type1Rig(isV2, new Type1Options { DmaEntryLimit = Limit }, unit);
        var model = new Type1Model(isV2, Limit);
        return Array.TrueForAll(calls, call => Step(rig, model, call)) && SameReach(rig, model);
    }

    private static bool Step(Type1Rig rig, Type1Model model, Type1Call call)
    {
        var iova = Type1Model.Address(call.First);
        var size = (ulong)call.Count << 12;
        // A range that goes from the low part over the hole has to end in the low part too.
        var wraps = call.First < 24 && call.First + call.Count > 24;
        if (wraps)
        {
            return true;
        }

        switch (call.Kind)
        {
            case Type1CallKind.Map:
                return rig.Map(iova, FakeMemory.Page(1), size, (VfioDmaMapFlags)call.Access)
                    == model.Map(call.First, call.Count, call.Access) && rig.Iommu.MappingCount == model.Count;
            case Type1CallKind.UpdateVaddr:
                return rig.Map(iova, FakeMemory.Page(1), size, VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_VADDR)
                    == model.UpdateVaddr(call.First, call.Count);
            default:
                return Unmap(rig, model, call, iova, size);
        }
    }

    private static bool Unmap(Type1Rig rig, Type1Model model, Type1Call call, ulong iova, ulong size)
    {
        var all = call.Kind is Type1CallKind.UnmapAll or Type1CallKind.InvalidateAll;
        var vaddr = call.Kind is Type1CallKind.Invalidate or Type1CallKind.InvalidateAll;
        var flags = (all ? VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_ALL : 0)
            | (vaddr ? VfioDmaUnmapFlags.VFIO_DMA_UNMAP_FLAG_VADDR : 0);
        var error = rig.Unmap(all ? 0 : iova, all ? 0 : size, out var unmapped, flags);
        var expected = model.Unmap(call.First, call.Count, all, vaddr);
        return error == expected.Error && rig.Iommu.MappingCount == model.Count
            && (error != Errno.None || unmapped == (ulong)expected.Pages << 12);
    }

    /// <summary>The device reaches what the table says, and everything pinned is mapped.</summary>
    private static bool SameReach(Type1Rig rig, Type1Model model)
    {
        for (var page = 0; page < Type1Model.Pages; page++)
        {
            var at = Type1Model.Address(page) + 0xfff;
            if (rig.Port.Read(at, new byte[1]).IsOk != model.Allows(page, 1)
                || rig.Port.Write(at, [1]).IsOk != model.Allows(page, 2))
            {
                return false;
            }
        }

        return rig.Memory.Source.Pins == model.Count;
    }

    private static Arbitrary<Type1Call[]> Calls()
    {
        var kinds = Gen.Frequency(
            (8, Gen.Constant(Type1CallKind.Map)),
            (4, Gen.Constant(Type1CallKind.Unmap)),
            (2, Gen.Constant(Type1CallKind.Invalidate)),
            (2, Gen.Constant(Type1CallKind.UpdateVaddr)),
            (1, Gen.Elements(Type1CallKind.UnmapAll, Type1CallKind.InvalidateAll)));
        var call = from kind in kinds
                   from first in Gen.Choose(0, Type1Model.Pages - 1)
                   from count in Gen.Choose(0, 6)
                   from access in Gen.Choose(0, 3)
                   select new Type1Call(kind, first, count, access);
        return Arb.From(call.ArrayOf(), Shrink);
    }

    private static IEnumerable<Type1Call[]> Shrink(Type1Call[] calls)
        => Enumerable.Range(0, calls.Length).Select(without => (Type1Call[])[.. calls[..without], .. calls[(without + 1)..]]);
}
