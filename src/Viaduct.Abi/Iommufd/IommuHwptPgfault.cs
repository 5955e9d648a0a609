using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_pgfault, iommufd.h: a page fault, read from a fault queue.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptPgfault
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 40;

    /// <summary>Flags.</summary>
    public IommuHwptPgfaultFlags Flags;

    /// <summary>The device.</summary>
    public uint DevId;

    /// <summary>The PASID.</summary>
    public uint Pasid;

    /// <summary>Page request group.</summary>
    public uint Grpid;

    /// <summary>Access wanted.</summary>
    public IommuHwptPgfaultPerm Perm;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>The address.</summary>
    public ulong Addr;

    /// <summary>Bytes wanted, or 0.</summary>
    public uint Length;

    /// <summary>To be given back in the response.</summary>
    public uint Cookie;
}
