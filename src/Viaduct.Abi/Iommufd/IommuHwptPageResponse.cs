using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommu_hwpt_page_response, iommufd.h: a response, written to a fault queue.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptPageResponse
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>The fault's cookie.</summary>
    public uint Cookie;

    /// <summary>The outcome.</summary>
    public IommufdPageResponseCode Code;
}
