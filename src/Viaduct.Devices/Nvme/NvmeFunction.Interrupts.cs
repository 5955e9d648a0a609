using Viaduct.Devices.Registers;

namespace Viaduct.Devices.Nvme;

/// <content>Interrupts. The gate is held everywhere.</content>
public sealed partial class NvmeFunction
{
    // INTMS and INTMC have a bit for each of 32 vectors.
    private const int MaskedVectors = 32;

    private readonly uint[] _tails = new uint[NvmeRegisters.MostQueues + 1];
    private readonly int[] _vectors = new int[NvmeRegisters.MostQueues + 1];
    private QueueSet _interrupting;
    private uint _mask;

    private ulong ReadMask(in RegisterRead read) => _mask;

    private void MaskSetWritten(in RegisterWrite write)
    {
        _mask |= (uint)write.Written;
        UpdateIntx();
    }

    private void MaskClearWritten(in RegisterWrite write)
    {
        _mask &= ~(uint)write.Written;
        UpdateIntx();
    }

    /// <summary>Interrupts for what was completed since the last time.</summary>
    private void PublishInterrupts()
    {
        var any = false;
        for (var queue = _controller.TakeChanged(); queue >= 0; queue = _controller.TakeChanged())
        {
            any = true;
            var completions = _controller.Completions(queue);
            var hasPosted = _controller.TakePosted(queue);
            if (completions is not { Interrupts: true })
            {
                _interrupting.Remove(queue);
                continue;
            }

            if (!_interrupting.Contains(queue) || _controller.IsHeadInMemory(queue))
            {
                _interrupting.Add(queue);
                _doorbells.ResetHead(queue, completions.Head);
            }

            _tails[queue] = completions.Tail;
            _vectors[queue] = completions.Vector;
            if (hasPosted)
            {
                SendMessage(completions.Vector);
            }
        }

        if (any)
        {
            UpdateIntx();
        }
    }

    /// <summary>The line is up while a queue that interrupts holds entries which the host has not said that it has seen.</summary>
    private void UpdateIntx()
    {
        if (Msix!.IsEnabled)
        {
            SetIntx(asserted: false);
            return;
        }

        var rest = _interrupting;
        var isAsserted = false;
        for (var queue = rest.Take(); queue >= 0 && !isAsserted; queue = rest.Take())
        {
            var isMasked = _vectors[queue] < MaskedVectors && (_mask & (1u << _vectors[queue])) != 0;
            isAsserted = !isMasked && _doorbells.Head(queue) != _tails[queue];
        }

        SetIntx(isAsserted);
    }

    private void ForgetInterrupts()
    {
        _interrupting = default;
        _mask = 0;
        SetIntx(asserted: false);
    }
}
