using FsCheck;
using FsCheck.Fluent;
using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>Random transfers, questions and changes against sets of page numbers.</summary>
public sealed class DirtyModelTests
{
    private const ulong Base = 0x1f_0000; // two leaves have a half each
    private const int Space = DirtyModel.Pages * 4096;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bitmaps_AgreeWithSetsOfPages(bool inPlace)
        => Prop.ForAll(Steps(), steps => Agree(inPlace, steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private static bool Agree(bool inPlace, DirtyStep[] steps)
    {
        var rig = new DirtyRig();
        var model = new DirtyModel();
        rig.Memory.Source.HasSpans = inPlace;
        for (var piece = 0; piece < 4; piece++)
        {
            Map(rig, piece);
        }

        uint[] tables = [rig.Allocate(), rig.Allocate()];
        rig.Attach(tables[0]);
        return Array.TrueForAll(steps, step => Step(rig, model, tables, inPlace, step))
            && Enumerable.Range(0, DirtyModel.Tables).All(t => Ask(rig, model, tables, new(DirtyStepKind.Take, t, 0, 0), 32));
    }

    private static bool Step(DirtyRig rig, DirtyModel model, uint[] tables, bool inPlace, DirtyStep step)
    {
        var table = step.A % DirtyModel.Tables;
        switch (step.Kind)
        {
            case DirtyStepKind.Take or DirtyStepKind.Look:
                return Ask(rig, model, tables, step, 1 + (step.C % DirtyModel.Pages));
            case DirtyStepKind.Start:
                model.Start(table);
                return rig.Set(tables[table], true) == Errno.None;
            case DirtyStepKind.Stop:
                model.Stop(table);
                return rig.Set(tables[table], false) == Errno.None;
            case DirtyStepKind.Attach:
                model.Attached = table;
                rig.Attach(tables[table]);
                return true;
            case DirtyStepKind.Toggle:
                return Toggle(rig, model, step.A % 4);
            default:
                return Transfer(rig, model, inPlace, step);
        }
    }

    private static bool Transfer(DirtyRig rig, DirtyModel model, bool inPlace, DirtyStep step)
    {
        var (to, from) = (step.A % Space, step.B % Space);
        var length = step.C % 20_000;
        var reach = model.Reach(to, length);
        var at = Base + (ulong)to;
        switch (step.Kind)
        {
            case DirtyStepKind.Write:
                model.Write(to, reach);
                return rig.Port.Write(at, new byte[length]).IsOk == (reach == length);
            case DirtyStepKind.Fill:
                model.Write(to, reach);
                return rig.Port.Fill(at, 0, (ulong)length).IsOk == (reach == length);
            case DirtyStepKind.Copy:
                reach = Math.Min(reach, model.Reach(from, length));
                model.Write(to, reach);
                return rig.Port.Copy(at, Base + (ulong)from, (ulong)length).IsOk == (reach == length);
            case DirtyStepKind.Lease:
                return Lease(rig, model, inPlace, to, length);
            default:
                return rig.Port.Read(at, new byte[length]).IsOk == (reach == length);
        }
    }

    private static bool Lease(DirtyRig rig, DirtyModel model, bool inPlace, int to, int length)
    {
        var left = (((to / 4096 / DirtyModel.PieceSize) + 1) * DirtyModel.PieceSize * 4096) - to;
        var expected = inPlace && model.IsMapped(to / 4096) && length <= left;
        if (rig.Port.TryGetSpan(Base + (ulong)to, length, DmaAccess.Write, out var lease) != expected)
        {
            return false;
        }

        if (expected)
        {
            model.Write(to, length);
            lease.Dispose();
        }

        return true;
    }

    private static bool Toggle(DirtyRig rig, DirtyModel model, int piece)
    {
        if (model.Toggle(piece))
        {
            Map(rig, piece);
            return true;
        }

        return rig.Iommufd.Unmap(rig.Ioas, At(piece), DirtyModel.PieceSize * DirtyRig.Page, out _) == Errno.None;
    }

    private static bool Ask(DirtyRig rig, DirtyModel model, uint[] tables, DirtyStep step, int pages)
    {
        var pageSize = 512 << (step.C % 6);
        var each = Math.Max(1, pageSize / 4096);
        var table = step.A % DirtyModel.Tables;
        var first = step.B % DirtyModel.Pages / each * each;
        var count = (pages + each - 1) / each * each;
        var clears = step.Kind == DirtyStepKind.Take;
        var expected = model.Ask(table, first, count, pageSize, clears);
        return expected.SequenceEqual(
            rig.Bits(tables[table], Base + ((ulong)first * DirtyRig.Page), count, (ulong)pageSize, clears));
    }

    private static void Map(DirtyRig rig, int piece)
        => rig.Map(At(piece), DirtyModel.PieceSize, 1 + (piece * DirtyModel.PieceSize));

    private static ulong At(int piece) => Base + ((ulong)(piece * DirtyModel.PieceSize) * DirtyRig.Page);

    private static Arbitrary<DirtyStep[]> Steps()
        => (from kind in Gen.Elements(Enum.GetValues<DirtyStepKind>())
            from a in Gen.Choose(0, 1 << 20)
            from b in Gen.Choose(0, 1 << 20)
            from c in Gen.Choose(0, 1 << 20)
            select new DirtyStep(kind, a, b, c)).ArrayOf().ToArbitrary();
}
