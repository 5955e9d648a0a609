using System.Numerics;
using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Pci.VfioPci;

/// <content>MSI and MSI-X.</content>
internal sealed partial class VfioPciIntrs
{
    // Where a PC's interrupt messages go; the data is the vector, which nothing but a register dump shows.
    private const uint MessageAddress = 0xfee00000;

    // MSI: as many as were enabled. MSI-X: the whole table, since vectors can be added later.
    private EventFdContext?[] _vectors = [];
    private uint _enabled;

    /// <summary>The most vectors that the client may enable in MSI_FLAGS, as a power of two; kept until the next
    /// enable.</summary>
    public uint MsiQueueMax { get; private set; }

    private bool IsMsix => _type == VFIO_PCI_MSIX_IRQ_INDEX;

    /// <inheritdoc/>
    public void MessageArrived(int vector)
    {
        lock (_irqLock)
        {
            if ((uint)vector < (uint)_vectors.Length)
            {
                _vectors[vector]?.Signal();
            }
        }
    }

    /// <summary>pci_restore_msi_state: a reset chip gets its messages back.</summary>
    public void RestoreMessages()
    {
        if (!IsMsi && !IsMsix)
        {
            return;
        }

        ProgramMessages();
        for (var vector = 0u; vector < _vectors.Length; vector++)
        {
            if (_vectors[vector] is not null)
            {
                MaskVector(vector, masked: false);
            }
        }
    }

    /// <summary>vfio_pci_set_msi_trigger.</summary>
    private SysResult TriggerMessages(in IrqRequest request)
    {
        var isActive = _type == request.Index;
        if (isActive && request is { Count: 0, HasNoData: true })
        {
            DisableMessages();
            return SysResult.Success;
        }

        if (!isActive && (_type != NoType || !request.HasEventFds))
        {
            return Errno.EINVAL;
        }

        if (!request.HasEventFds)
        {
            SignalMessages(request);
            return SysResult.Success;
        }

        if (isActive)
        {
            return SetBlock(request);
        }

        var result = EnableMessages(request.Index, request.Start + request.Count);
        if (result.Raw == 0 && (result = SetBlock(request)).IsError)
        {
            DisableMessages();
        }

        return result;
    }

    private void SignalMessages(in IrqRequest request)
    {
        lock (_irqLock)
        {
            for (var i = 0u; i < request.Count && request.Start + i < _vectors.Length; i++)
            {
                if (request.Selects(i))
                {
                    _vectors[request.Start + i]?.Signal();
                }
            }
        }
    }

    /// <summary>vfio_msi_enable.</summary>
    /// <returns>Zero; ERANGE; the number of vectors that there are, where that is less: nothing is enabled then.</returns>
    private SysResult EnableMessages(uint index, uint count)
    {
        if (count == 0)
        {
            return Errno.ERANGE;
        }

        var isMsix = index == VFIO_PCI_MSIX_IRQ_INDEX;
        if (!isMsix && count > 1 && !device.Pci.Group.Unit.RemapsInterrupts)
        {
            return SysResult.FromValue(1);
        }

        lock (_irqLock)
        {
            _vectors = new EventFdContext?[isMsix ? device.CountIrqs(index) : count];
            _enabled = count;
            _type = index;
        }

        if (!isMsix)
        {
            MsiQueueMax = (uint)BitOperations.Log2((count * 2) - 1);
        }

        ProgramMessages();
        return SysResult.Success;
    }

    private void DisableMessages()
    {
        for (var vector = 0u; vector < _vectors.Length; vector++)
        {
            Release(vector);
        }

        if (IsMsix)
        {
            SetFlags(device.Function.Msix!.Offset + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 0);
        }
        else
        {
            SetFlags(device.Function.Msi!.Offset + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE, 0);
        }

        ClearMessages();
        lock (_irqLock)
        {
            _type = NoType;
            _vectors = [];
            _enabled = 0;
        }
    }

    /// <summary>vfio_msi_set_block: where one fails, those of this call are released.</summary>
    private SysResult SetBlock(in IrqRequest request)
    {
        for (var i = 0u; i < request.Count; i++)
        {
            var result = SetVector(request, i);
            if (result.IsError)
            {
                for (var done = 0u; done <= i; done++)
                {
                    Release(request.Start + done);
                }

                return result;
            }
        }

        return SysResult.Success;
    }

    /// <summary>vfio_msi_set_vector_signal: the old eventfd goes first, whatever the new one is.</summary>
    private SysResult SetVector(in IrqRequest request, uint offset)
    {
        var vector = request.Start + offset;
        Release(vector);
        if (request.Descriptor(offset) < 0)
        {
            return SysResult.Success;
        }

        if (vector >= _vectors.Length)
        {
            return Errno.EINVAL;
        }

        var result = request.GetEventFd(offset, out var context);
        if (result.IsError)
        {
            return result;
        }

        lock (_irqLock)
        {
            _vectors[vector] = context;
        }

        MaskVector(vector, masked: false);
        return SysResult.Success;
    }

    private void Release(uint vector)
    {
        if (vector >= _vectors.Length || _vectors[vector] is null)
        {
            return;
        }

        MaskVector(vector, masked: true);
        lock (_irqLock)
        {
            Replace(ref _vectors[vector], null);
        }
    }

    /// <summary>Enables the kind in use in the chip, with every vector masked that can be.</summary>
    private void ProgramMessages()
    {
        var function = device.Function;
        if (IsMsix)
        {
            var msix = function.Msix!;
            for (var vector = 0u; vector < _vectors.Length; vector++)
            {
                var entry = msix.TableOffset + (vector * PCI_MSIX_ENTRY_SIZE);
                function.WriteBar(msix.TableBar, entry, 8, MessageAddress);
                function.WriteBar(msix.TableBar, entry + PCI_MSIX_ENTRY_DATA, 8, vector | (1UL << 32));
            }

            const int Controls = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
            SetFlags(msix.Offset + PCI_MSIX_FLAGS, Controls, PCI_MSIX_FLAGS_ENABLE);
            return;
        }

        var msi = function.Msi!;
        if (msi.MaskOffset is { } mask)
        {
            function.WriteConfig(msi.Offset + mask, 4, uint.MaxValue);
        }

        function.WriteConfig(msi.Offset + PCI_MSI_ADDRESS_LO, 4, MessageAddress);
        var queue = (uint)BitOperations.Log2((_enabled * 2) - 1) << 4;
        SetFlags(
            msi.Offset + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, (int)queue | PCI_MSI_FLAGS_ENABLE);
    }

    /// <summary>msi_domain_deactivate: a chip whose interrupts are freed keeps no message, as the next client's register dump
    /// shows.</summary>
    private void ClearMessages()
    {
        var function = device.Function;
        if (IsMsix)
        {
            var msix = function.Msix!;
            for (var vector = 0u; vector < _vectors.Length; vector++)
            {
                var entry = msix.TableOffset + (vector * PCI_MSIX_ENTRY_SIZE);
                function.WriteBar(msix.TableBar, entry, 8, 0);
                function.WriteBar(msix.TableBar, entry + PCI_MSIX_ENTRY_DATA, 4, 0);
            }

            return;
        }

        var msi = function.Msi!;
        function.WriteConfig(msi.Offset + PCI_MSI_ADDRESS_LO, 4, 0);
        if (msi.Is64Bit)
        {
            function.WriteConfig(msi.Offset + PCI_MSI_ADDRESS_HI, 4, 0);
        }

        function.WriteConfig(msi.Offset + (msi.Is64Bit ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), 2, 0);
    }

    private void MaskVector(uint vector, bool masked)
    {
        var function = device.Function;
        if (IsMsix)
        {
            var entry = function.Msix!.TableOffset + (vector * PCI_MSIX_ENTRY_SIZE);
            function.WriteBar(function.Msix.TableBar, entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, masked ? 1u : 0);
        }
        else if (function.Msi!.MaskOffset is { } mask)
        {
            lock (function.Gate)
            {
                var at = function.Msi.Offset + mask;
                var bits = function.ReadConfig(at, 4);
                function.WriteConfig(at, 4, masked ? bits | (1u << (int)vector) : bits & ~(1u << (int)vector));
            }
        }
    }

    private void SetFlags(int at, int bits, int value)
    {
        var function = device.Function;
        lock (function.Gate)
        {
            var flags = function.ReadConfig(at, 2);
            function.WriteConfig(at, 2, (flags & ~(uint)bits) | (uint)value);
        }
    }
}
