using Viaduct.Devices.Registers;
using Viaduct.Iommu;
using static Viaduct.Devices.Edu.EduRegisters;

namespace Viaduct.Devices.Edu;

/// <content>The DMA engine.</content>
public sealed partial class EduFunction
{
    // What the IOMMU cannot translate is left out page by page, as on QEMU's bus.
    private const ulong PageSize = 4096;

    /// <summary>A register that cannot be written while a transfer runs.</summary>
    private Register LockedWhileRunning(RegisterSpec spec)
    {
        var register = Registers[spec];
        return register.OnWrite((in RegisterWrite write) =>
        {
            if ((_command.Value & DmaRun) != 0)
            {
                register.Value = write.Old;
            }
        });
    }

    private void CommandWritten(in RegisterWrite write)
    {
        if ((write.Old & DmaRun) != 0 || (write.New & DmaRun) == 0)
        {
            _command.Value = write.Old;
            return;
        }

        Executor.Post(_transfer);
    }

    /// <summary>Runs on the executor, which alone touches the buffer.</summary>
    private void Transfer()
    {
        ulong source, destination, count, command;
        uint resets;
        lock (Gate)
        {
            (source, destination, count, command) = (_source.Value, _destination.Value, _count.Value, _command.Value);
            resets = _resets;
        }

        if ((command & DmaRun) == 0)
        {
            return;
        }

        if ((command & DmaToMemory) != 0)
        {
            Move(device: source, Clamp(destination), count, DmaAccess.Write);
        }
        else
        {
            Move(device: destination, Clamp(source), count, DmaAccess.Read);
        }

        lock (Gate)
        {
            if (resets != _resets)
            {
                return;
            }

            _command.Value &= ~DmaRun;
            if ((command & DmaRaise) != 0)
            {
                Raise(DmaInterrupt);
            }
        }
    }

    private void Move(ulong device, ulong memory, ulong count, DmaAccess access)
    {
        var offset = device - BufferAddress;
        if (device < BufferAddress || offset > BufferSize || count > BufferSize - offset)
        {
            if (ModelObserver is not null)
            {
                DriverMistake($"a transfer of {count} bytes at device address 0x{device:x} is not inside 0x{BufferAddress:x}-"
                    + $"0x{BufferAddress + BufferSize - 1:x}; nothing was moved");
            }

            return;
        }

        var bytes = _buffer.AsSpan((int)offset, (int)count);
        if (access == DmaAccess.Read)
        {
            // What cannot be read is zero.
            bytes.Clear();
        }

        while (!bytes.IsEmpty)
        {
            var result = access == DmaAccess.Read ? Dma.Read(memory, bytes) : Dma.Write(memory, bytes);
            if (result.IsOk)
            {
                return;
            }

            var next = (result.Address | (PageSize - 1)) + 1 - memory;
            if (result.Status != DmaStatus.Fault || next >= (ulong)bytes.Length)
            {
                return;
            }

            memory += next;
            bytes = bytes[(int)next..];
        }
    }

    private ulong Clamp(ulong address)
    {
        var clamped = address & _dmaMask;
        if (clamped != address && ModelObserver is not null)
        {
            DriverMistake($"address 0x{address:x} does not fit the DMA mask 0x{_dmaMask:x}; the device used 0x{clamped:x}");
        }

        return clamped;
    }
}
