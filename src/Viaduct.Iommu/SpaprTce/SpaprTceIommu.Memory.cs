using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

public sealed partial class SpaprTceIommu
{
    private SysResult RegisterMemory(ClientTask caller, ulong argument)
    {
        SetMemory(caller);
        var result = ReadRange(caller, argument, out var range);
        if (result.IsError)
        {
            return result;
        }

        if (!IsKernelPages(range) || range.Vaddr + range.Size < range.Vaddr)
        {
            return Errno.EINVAL;
        }

        var memory = RegisteredMemory.Of(caller.Memory);
        var region = memory.Get(range.Vaddr, range.Size);
        if (region is not null && _registered.Contains(region))
        {
            memory.Put(region);
            return Errno.EBUSY;
        }

        if (region is null)
        {
            result = memory.New(caller, range.Vaddr, range.Size, _platform.KernelPageShift, out region);
            if (result != SysResult.Success)
            {
                return result;
            }
        }

        _registered.Add(region!);
        _isEnabled = true;
        return SysResult.Success;
    }

    /// <summary>A region with mapped pages is forgotten by the container all the same, and stays with the process.</summary>
    private SysResult UnregisterMemory(ClientTask caller, ulong argument)
    {
        if (_memory is null)
        {
            return Errno.EPERM;
        }

        var result = ReadRange(caller, argument, out var range);
        if (result.IsError)
        {
            return result;
        }

        if (!IsKernelPages(range))
        {
            return Errno.EINVAL;
        }

        var memory = RegisteredMemory.Of(caller.Memory);
        if (memory.Get(range.Vaddr, range.Size) is not { } region)
        {
            return Errno.ENOENT;
        }

        var isOurs = _registered.Remove(region);
        if (isOurs)
        {
            // Never the last user: there is the one of Get.
            memory.Put(region);
        }

        memory.Put(region);
        return isOurs ? SysResult.Success : Errno.ENOENT;
    }

    private static SysResult ReadRange(ClientTask caller, ulong argument, out VfioIommuSpaprRegisterMemory range)
    {
        if (!caller.Memory.TryRead(argument, out range))
        {
            return Errno.EFAULT;
        }

        return range.ArgSz < VfioIommuSpaprRegisterMemory.MinSize || range.Flags != 0 ? Errno.EINVAL : SysResult.Success;
    }

    private bool IsKernelPages(in VfioIommuSpaprRegisterMemory range)
        => ((range.Vaddr | range.Size) & ((1UL << _platform.KernelPageShift) - 1)) == 0;
}
