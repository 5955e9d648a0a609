using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>One ioctl: struct iommufd_ucmd.</summary>
/// <param name="caller">Who calls.</param>
/// <param name="argument">Where the client's structure is.</param>
/// <param name="minSize">Bytes that it must have at least.</param>
internal struct IommufdCall(ClientTask caller, ulong argument, int minSize)
{
    /// <summary>Who calls.</summary>
    public readonly ClientTask Caller => caller;

    /// <summary>Where the client's structure is.</summary>
    public readonly ulong Argument => argument;

    /// <summary>Its size as the client states it, in bytes; the smallest allowed at least. Known when it was read.</summary>
    public uint UserSize { get; private set; }

    /// <summary>Copies the client's structure, which states its size first.</summary>
    /// <param name="size">Our sizeof, in bytes.</param>
    /// <param name="command">The copy.</param>
    /// <returns>Zero; EFAULT, EINVAL where it is too small, or E2BIG where it has something that we do not know.</returns>
    public SysResult Read<T>(int size, out T command)
        where T : unmanaged
    {
        var result = ClientStruct.TryReadSized(caller.Memory, argument, minSize, size, out var userSize, out command);
        UserSize = userSize;
        return result;
    }

    /// <summary>iommufd_ucmd_respond: as much of the structure as the client has room for.</summary>
    public readonly SysResult Respond<T>(int size, in T command)
        where T : unmanaged
        => Caller.Memory.TryWritePrefix(Argument, (int)Math.Min(UserSize, (uint)size), command)
            ? SysResult.Success
            : Errno.EFAULT;
}
