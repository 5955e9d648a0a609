namespace Viaduct.Memory;

/// <summary>The capabilities that VFIO asks about, linux/capability.h; the value is the bit's number.</summary>
public enum Capability
{
    /// <summary>CAP_IPC_LOCK: lock memory beyond RLIMIT_MEMLOCK.</summary>
    IpcLock = 14,

    /// <summary>CAP_SYS_RAWIO: use groups that no IOMMU protects.</summary>
    SysRawIo = 17,

    /// <summary>CAP_SYS_ADMIN.</summary>
    SysAdmin = 21,

    /// <summary>CAP_SYS_RESOURCE: change how iommufd counts.</summary>
    SysResource = 24,
}
