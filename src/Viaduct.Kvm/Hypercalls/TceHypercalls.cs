using System.Runtime.CompilerServices;
using Viaduct.Iommu.SpaprTce;

namespace Viaduct.Kvm;

/// <summary>
/// A virtual processor's TCE hypercalls, in three stages: the fast handler, the one that may sleep, the VMM. Each gives up with
/// <see cref="Hcall.H_TOO_HARD"/> what the next one can do. One thread at a time calls; there is one object for each virtual processor.
/// </summary>
public sealed class TceHypercalls : IDisposable
{
    private readonly KvmVm _vm;
    private readonly ITceVmm? _vmm;
    private readonly LookupMark _mark = new();
    private readonly TceHandler<FastStage> _fast;
    private readonly TceHandler<SlowStage> _slow;

    // What the fast handler's H_PUT_TCE found last, while that is on.
    private PutShortcut _shortcut;
    private bool _isDisposed;

    /// <summary>Makes a virtual processor's, a user of the machine until it is disposed.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="vmm">Who is asked last; null: the caller, who gets H_TOO_HARD.</param>
    public TceHypercalls(KvmVm vm, ITceVmm? vmm = null)
    {
        ArgumentNullException.ThrowIfNull(vm);
        _vm = vm;
        _vmm = vmm;
        _fast = new TceHandler<FastStage>(vm);
        _slow = new TceHandler<SlowStage>(vm);
        vm.Add(_mark);
    }

    /// <summary>Whether the fast handler is asked at all. Answers are the same without it.</summary>
    public bool HasFastStage { get; init; } = true;

    /// <summary>Any hypercall, by its registers.</summary>
    /// <param name="number">r3.</param>
    /// <param name="liobn">r4.</param>
    /// <param name="ioba">r5.</param>
    /// <param name="argument">r6.</param>
    /// <param name="count">r7.</param>
    public HypercallResult Call(ulong number, ulong liobn, ulong ioba, ulong argument, ulong count) => number switch
    {
        Hcall.H_GET_TCE => Get(liobn, ioba),
        Hcall.H_PUT_TCE => Put(liobn, ioba, argument),
        Hcall.H_STUFF_TCE => Stuff(liobn, ioba, argument, count),
        Hcall.H_PUT_TCE_INDIRECT => PutIndirect(liobn, ioba, argument, count),
        _ => Exit(number, liobn, ioba, argument, count),
    };

    /// <summary>H_GET_TCE.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public HypercallResult Get(ulong liobn, ulong ioba)
    {
        if (_vm.IsEnabled(HcallBit.Get) && HasFastStage)
        {
            var entered = _mark.Enter();
            var result = _fast.Get(liobn, ioba, out var tce);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Fast, result, tce);
            }
        }

        return GetSlowly(liobn, ioba);
    }

    /// <summary>H_PUT_TCE.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public HypercallResult Put(ulong liobn, ulong ioba, ulong tce)
    {
        var mark = _mark;
        var entered = mark.Enter();
        var replaced = _shortcut.Put(mark.Changes, liobn, ioba, tce);
        mark.Leave(entered);
        if (replaced == TceTable.NoPlace)
        {
            return PutQuickly(liobn, ioba, tce);
        }

        return replaced == 0 ? new HypercallResult(HypercallStage.Fast, Hcall.H_SUCCESS) : Kill();
    }

    /// <summary>H_STUFF_TCE.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public HypercallResult Stuff(ulong liobn, ulong ioba, ulong value, ulong count)
    {
        if (_vm.IsEnabled(HcallBit.Stuff) && HasFastStage)
        {
            var entered = _mark.Enter();
            var result = _fast.Stuff(liobn, ioba, value, count);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Fast, result);
            }
        }

        return StuffSlowly(liobn, ioba, value, count);
    }

    /// <summary>H_PUT_TCE_INDIRECT.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public HypercallResult PutIndirect(ulong liobn, ulong ioba, ulong list, ulong count)
    {
        if (_vm.IsEnabled(HcallBit.Indirect) && HasFastStage)
        {
            var entered = _mark.Enter();
            var result = _fast.PutIndirect(liobn, ioba, list, count);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Fast, result);
            }
        }

        return PutIndirectSlowly(liobn, ioba, list, count);
    }

    /// <summary>The processor is gone.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _vm.Remove(_mark);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult GetSlowly(ulong liobn, ulong ioba)
    {
        if (_vm.IsEnabled(HcallBit.Get))
        {
            var entered = _mark.Enter();
            var result = _slow.Get(liobn, ioba, out var tce);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Slow, result, tce);
            }
        }

        return Exit(Hcall.H_GET_TCE, liobn, ioba, 0, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult Kill()
    {
        _shortcut.Kill();
        return new HypercallResult(HypercallStage.Fast, Hcall.H_SUCCESS);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult PutQuickly(ulong liobn, ulong ioba, ulong tce)
    {
        var changes = _mark.Changes;
        if (_vm.IsEnabled(HcallBit.Put) && HasFastStage)
        {
            var entered = _mark.Enter();
            var result = _fast.Put(liobn, ioba, tce);
            if (result == Hcall.H_SUCCESS)
            {
                _fast.Remember(changes, ref _shortcut);
            }

            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Fast, result);
            }
        }

        return PutSlowly(liobn, ioba, tce);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult PutSlowly(ulong liobn, ulong ioba, ulong tce)
    {
        if (_vm.IsEnabled(HcallBit.Put))
        {
            var entered = _mark.Enter();
            var result = _slow.Put(liobn, ioba, tce);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Slow, result);
            }
        }

        return Exit(Hcall.H_PUT_TCE, liobn, ioba, tce, 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult StuffSlowly(ulong liobn, ulong ioba, ulong value, ulong count)
    {
        if (_vm.IsEnabled(HcallBit.Stuff))
        {
            var entered = _mark.Enter();
            var result = _slow.Stuff(liobn, ioba, value, count);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Slow, result);
            }
        }

        return Exit(Hcall.H_STUFF_TCE, liobn, ioba, value, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult PutIndirectSlowly(ulong liobn, ulong ioba, ulong list, ulong count)
    {
        if (_vm.IsEnabled(HcallBit.Indirect))
        {
            var entered = _mark.Enter();
            var result = _slow.PutIndirect(liobn, ioba, list, count);
            _mark.Leave(entered);
            if (result != Hcall.H_TOO_HARD)
            {
                return new HypercallResult(HypercallStage.Slow, result);
            }
        }

        return Exit(Hcall.H_PUT_TCE_INDIRECT, liobn, ioba, list, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HypercallResult Exit(ulong number, ulong liobn, ulong ioba, ulong argument, ulong count)
    {
        if (_vmm is null)
        {
            return new HypercallResult(HypercallStage.Vmm, Hcall.H_TOO_HARD);
        }

        var result = _vmm.Answer(number, liobn, ioba, argument, count, out var value);
        return new HypercallResult(HypercallStage.Vmm, result, value);
    }
}
