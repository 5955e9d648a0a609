using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>
/// What hardware without virtual IOMMUs and page requests answers. Nobody can have made a virtual IOMMU, so that none is ever
/// found.
/// </content>
public sealed partial class IommufdContext
{
    private SysResult AllocateViommu(IommufdCall call)
    {
        var read = call.Read(IommuViommuAlloc.StructSize, out IommuViommuAlloc command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Flags != 0 || command.Type == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            return TryFindDevice(command.DevId, out _) ? Errno.EOPNOTSUPP : Errno.ENOENT;
        }
    }

    private static SysResult AllocateVdevice(IommufdCall call)
    {
        var read = call.Read(IommuVdeviceAlloc.StructSize, out IommuVdeviceAlloc _);
        return read.IsError ? read : Errno.ENOENT;
    }

    private static SysResult AllocateVeventq(IommufdCall call)
    {
        var read = call.Read(IommuVeventqAlloc.StructSize, out IommuVeventqAlloc command);
        return read.IsError ? read
            : command.Flags != 0 || command.Reserved != 0 || command.Type == 0 ? Errno.EOPNOTSUPP
            : command.VeventqDepth == 0 ? Errno.EINVAL
            : Errno.ENOENT;
    }

    private static SysResult AllocateHwQueue(IommufdCall call)
    {
        var read = call.Read(IommuHwQueueAlloc.StructSize, out IommuHwQueueAlloc command);
        return read.IsError ? read
            : command.Flags != 0 || command.Type == 0 ? Errno.EOPNOTSUPP
            : command.Length == 0 ? Errno.EINVAL
            : Errno.ENOENT;
    }

    /// <summary>iommufd_fault_alloc: a queue that stays empty. Its file holds it.</summary>
    private SysResult AllocateFaultQueue(IommufdCall call)
    {
        var read = call.Read(IommuFaultAlloc.StructSize, out IommuFaultAlloc command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Flags != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        var queue = new FaultQueue();
        lock (_lock)
        {
            if (!_objects.TryAdd(queue))
            {
                return Errno.ENOMEM;
            }

            // The kernel installs the descriptor last; we cannot take one back, so look first whether the client can be told: what it
            // wrote there is written again.
            var result = call.Respond(IommuFaultAlloc.StructSize, command);
            if (!result.IsError)
            {
                queue.Users++;
                _references++;
                result = _files.OpenFaultQueue(call.Caller, () => Close(queue));
                if (!result.IsError)
                {
                    command.OutFaultId = queue.Id;
                    command.OutFaultFd = (uint)result.Raw;
                    return call.Respond(IommuFaultAlloc.StructSize, command);
                }

                _references--;
            }

            _objects.Remove(queue);
            return result;
        }
    }

    private void Close(FaultQueue queue)
    {
        lock (_lock)
        {
            queue.Users--;
        }

        Put();
    }
}
