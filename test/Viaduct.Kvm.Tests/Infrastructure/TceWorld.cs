namespace Viaduct.Kvm.Tests.Infrastructure;

/// <summary>A machine with a processor, driven by numbers: the same numbers have the same calls made in each world.</summary>
internal sealed class TceWorld : IDisposable
{
    private const ulong ListAt = 0x10000;
    private const ulong ExtraSlotAt = 1UL << 32;
    private static readonly uint[] s_liobns = [PowerRig.Wide, PowerRig.Narrow, PowerRig.Split, PowerRig.Emulated];

    private readonly TceHypercalls _cpu;
    private readonly KvmVfioDevice _device;
    private readonly ITceVmm? _vmm;
    private readonly int _groups;

    public TceWorld(bool hasFastStage = true, bool hasVmm = false, bool isEnabled = true, int groups = 2)
    {
        Rig = new PowerRig(groups);
        _groups = groups;
        _device = Rig.CreateAll();
        _vmm = hasVmm ? Rig.CreateVmm() : null;
        _cpu = new TceHypercalls(Rig.Vm, _vmm) { HasFastStage = hasFastStage };
        if (!isEnabled)
        {
            foreach (var number in (ulong[])[Hcall.H_GET_TCE, Hcall.H_PUT_TCE, Hcall.H_STUFF_TCE, Hcall.H_PUT_TCE_INDIRECT])
            {
                Rig.Vm.EnableHcall(number, 0);
            }
        }
    }

    public PowerRig Rig { get; }

    /// <summary>Any call, good or bad, or a change of the machine.</summary>
    public HypercallResult Any(uint number)
    {
        var random = new Random((int)number);
        var liobn = s_liobns[random.Next(4)] + (random.Next(20) == 0 ? 0x10UL : 0);
        var ioba = Ioba(random, (uint)liobn) + (random.Next(10) == 0 ? 0x800UL : 0) + (random.Next(10) == 0 ? 1UL << 40 : 0);
        switch (random.Next(12))
        {
            case 0:
                Change(random);
                return default;
            case 1:
                return _cpu.Get(liobn, ioba);
            case 2 or 3:
                return _cpu.Stuff(liobn, ioba, (ulong)random.Next(3) << random.Next(40), (ulong)random.Next(random.Next(2) == 0 ? 20 : 600));
            case <= 7:
                return _cpu.Put(liobn, ioba, AnyTce(random));
            default:
                var count = random.Next(random.Next(3) == 0 ? 520 : 20);
                WriteList(count, () => random.Next(12) == 0 ? AnyTce(random) : GoodTce(random, (uint)liobn));
                return _cpu.PutIndirect(liobn, ioba, random.Next(20) == 0 ? 1UL << 40 : ListAt, (ulong)count);
        }
    }

    /// <summary>A call that makes sense to the VMM too.</summary>
    public HypercallResult Good(uint number)
    {
        var random = new Random((int)number);
        var liobn = s_liobns[random.Next(4)];
        var ioba = Ioba(random, liobn);
        var most = (int)Math.Min(Pages(liobn) - ((ioba & ~PowerRig.Dynamic) >> PageShift(liobn)), 512);
        var count = random.Next(1, 1 + Math.Min(most, 20));
        switch (random.Next(6))
        {
            case 0:
                return _cpu.Get(liobn, ioba);
            case 1:
                return _cpu.Stuff(liobn, ioba, (ulong)random.Next(3) << 16, (ulong)count);
            case 2:
                WriteList(count, () => GoodTce(random, liobn));
                return _cpu.PutIndirect(liobn, ioba, ListAt, (ulong)count);
            default:
                return _cpu.Put(liobn, ioba, random.Next(4) == 0 ? 0 : GoodTce(random, liobn));
        }
    }

    /// <summary>All that the guest and its devices see of it.</summary>
    public string State()
    {
        var lines = new List<string>();
        foreach (var table in Rig.Vm.Tables)
        {
            var written = Enumerable.Range(0, (int)table.Size).Where(index => table.Get((ulong)index) != 0)
                .Select(index => $"{index:x}={table.Get((ulong)index):x}");
            lines.Add($"{table.Liobn:x}: {string.Join(' ', written)}");
        }

        for (var group = 0; group < _groups; group++)
        {
            for (var number = 0; number < 2; number++)
            {
                lines.Add($"{group}.{number}: {string.Join(' ', Rig.WindowOf(group, number).Entries().Select(Text))}");
            }
        }

        return string.Join('\n', lines);
    }

    public void Dispose()
    {
        _cpu.Dispose();
        _device.Release();
        Rig.Dispose();
    }

    private string Text((ulong Index, ulong Entry) one) => $"{one.Index:x}={one.Entry - Rig.Caller.Base:x}";

    private static int PageShift(uint liobn) => liobn is PowerRig.Wide or PowerRig.Split ? 16 : 12;

    private static ulong Pages(uint liobn) => liobn == PowerRig.Wide ? PowerRig.DynamicPages : 512;

    private static ulong Ioba(Random random, uint liobn)
        => ((ulong)random.Next((int)Pages(liobn)) << PageShift(liobn)) + (liobn == PowerRig.Wide ? PowerRig.Dynamic : 0);

    private static ulong GoodTce(Random random, uint liobn)
        => ((ulong)random.NextInt64((long)PowerRig.Registered) & ~((1UL << PageShift(liobn)) - 1)) | (uint)random.Next(1, 4);

    private static ulong AnyTce(Random random)
        => ((ulong)random.NextInt64(PowerRig.GuestBytes + (PowerRig.GuestBytes / 4))
            & ~(random.Next(4) == 0 ? 0UL : random.Next(3) == 0 ? 0xfffUL : 0xffffUL))
            + (random.Next(8) == 0 ? ExtraSlotAt : 0)
            | (uint)random.Next(4);

    private void WriteList(int count, Func<ulong> entry)
    {
        for (var i = 0UL; i < (ulong)count; i++)
        {
            Rig.Poke(ListAt + (i * 8), entry());
        }
    }

    private void Change(Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                Rig.Register(PowerRig.Registered, PowerRig.Registered / 2);
                break;
            case 1:
                Rig.Unregister(PowerRig.Registered, PowerRig.Registered / 2);
                break;
            case 2:
                Rig.SetSlot(1, ExtraSlotAt, PowerRig.Registered, Rig.Caller.Base + (1 << 16));
                break;
            case 3:
                Rig.SetSlot(1, ExtraSlotAt, 0, 0);
                break;
            case 4:
                _device.Remove(Rig.GroupOf(_groups - 1));
                break;
            default:
                if (!_device.Add(Rig.GroupOf(_groups - 1)).IsError)
                {
                    foreach (var table in Rig.Vm.Tables.Where(table => table.Liobn != PowerRig.Emulated))
                    {
                        _device.SetSpaprTce(Rig.GroupOf(_groups - 1), table);
                    }
                }

                break;
        }
    }
}
