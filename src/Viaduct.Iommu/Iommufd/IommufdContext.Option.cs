using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <content>IOMMU_OPTION.</content>
public sealed partial class IommufdContext
{
    /// <summary>Locked pages count for the process (1) or for the user (0): ictx->account_mode.</summary>
    private bool _countsByProcess;

    private SysResult Option(IommufdCall call)
    {
        const int ValueOffset = 16;
        var read = call.Read(IommuOption.StructSize, out IommuOption command);
        if (read.IsError)
        {
            return read;
        }

        if (command.Reserved != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            var result = command.OptionId switch
            {
                IommuOptionId.IOMMU_OPTION_RLIMIT_MODE => RlimitMode(call.Caller, ref command),
                IommuOptionId.IOMMU_OPTION_HUGE_PAGES => HugePages(ref command),
                _ => Errno.EOPNOTSUPP,
            };
            return result.IsError || call.Caller.Memory.TryWrite(call.Argument + ValueOffset, command.Val64)
                ? result
                : Errno.EFAULT;
        }
    }

    /// <summary>Only before there is any object.</summary>
    private SysResult RlimitMode(ClientTask caller, ref IommuOption command)
    {
        if (command.ObjectId != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        switch (command.Op)
        {
            case IommuOptionOp.IOMMU_OPTION_OP_GET:
                command.Val64 = _countsByProcess ? 1UL : 0;
                return SysResult.Success;
            case IommuOptionOp.IOMMU_OPTION_OP_SET when !caller.IsCapable(Capability.SysResource):
                return Errno.EPERM;
            case IommuOptionOp.IOMMU_OPTION_OP_SET when _objects.Count > 0:
                return Errno.EBUSY;
            case IommuOptionOp.IOMMU_OPTION_OP_SET when command.Val64 > 1:
                return Errno.EINVAL;
            case IommuOptionOp.IOMMU_OPTION_OP_SET:
                _countsByProcess = command.Val64 == 1;
                return SysResult.Success;
            default:
                return Errno.EOPNOTSUPP;
        }
    }

    private SysResult HugePages(ref IommuOption command)
    {
        if (!TryFindIoas(command.ObjectId, out var ioas))
        {
            return Errno.ENOENT;
        }

        switch (command.Op)
        {
            case IommuOptionOp.IOMMU_OPTION_OP_GET:
                command.Val64 = ioas.HasLargePages ? 1UL : 0;
                return SysResult.Success;
            case IommuOptionOp.IOMMU_OPTION_OP_SET when command.Val64 == 0:
                return ioas.DisableLargePages();
            case IommuOptionOp.IOMMU_OPTION_OP_SET when command.Val64 == 1:
                ioas.EnableLargePages();
                return SysResult.Success;
            case IommuOptionOp.IOMMU_OPTION_OP_SET:
                return Errno.EINVAL;
            default:
                return Errno.EOPNOTSUPP;
        }
    }
}
