using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Iommufd;

/// <summary>
/// The client's end of a fault queue, where it reads page requests and writes its answers. Devices of ours make none: reading
/// finds nothing, and an answer has no question.
/// </summary>
/// <param name="close">Called when the last reference has gone.</param>
internal sealed class FaultQueueFile(Action close) : VfioFile
{
    /// <inheritdoc/>
    public override string LinkName => "anon_inode:[iommufd-pgfault]";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => null;

    /// <inheritdoc/>
    public override bool HasTransfers => true;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument) => Errno.ENOTTY;

    /// <summary>iommufd_fault_fops_read.</summary>
    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position)
        => position != 0 || count % IommuHwptPgfault.Size != 0 ? Errno.ESPIPE : SysResult.Success;

    /// <summary>iommufd_fault_fops_write: nothing waits for the answer.</summary>
    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position)
    {
        if (position != 0 || count % IommuHwptPageResponse.Size != 0)
        {
            return Errno.ESPIPE;
        }

        if (count == 0)
        {
            return SysResult.Success;
        }

        Span<byte> response = stackalloc byte[IommuHwptPageResponse.Size];
        return caller.Memory.TryRead(buffer, response) ? Errno.EINVAL : Errno.EFAULT;
    }

    /// <inheritdoc/>
    public override void Release() => close();
}
