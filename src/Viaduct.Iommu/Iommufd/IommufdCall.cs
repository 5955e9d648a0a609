using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>One ioctl: struct iommufd_ucmd.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="Argument">Where the client's structure is.</param>
/// <param name="UserSize">Its size as the client states it, in bytes; the smallest allowed at least.</param>
internal readonly record struct IommufdCall(ClientTask Caller, ulong Argument, uint UserSize)
{
    /// <summary>Copies the client's structure.</summary>
    /// <param name="size">Our sizeof, in bytes.</param>
    /// <param name="command">The copy.</param>
    public SysResult Read<T>(int size, out T command)
        where T : unmanaged
        => ClientStruct.TryRead(Caller.Memory, Argument, UserSize, size, out command);

    /// <summary>iommufd_ucmd_respond: as much of the structure as the client has room for.</summary>
    public SysResult Respond<T>(int size, in T command)
        where T : unmanaged
        => Caller.Memory.TryWritePrefix(Argument, (int)Math.Min(UserSize, (uint)size), command)
            ? SysResult.Success
            : Errno.EFAULT;
}
