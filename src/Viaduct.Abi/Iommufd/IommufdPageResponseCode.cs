namespace Viaduct.Abi;

/// <summary>enum iommufd_page_response_code, iommufd.h.</summary>
public enum IommufdPageResponseCode : uint
{
    /// <summary>Resolved: retry.</summary>
    IOMMUFD_PAGE_RESP_SUCCESS = 0,

    /// <summary>Not resolved: do not retry.</summary>
    IOMMUFD_PAGE_RESP_INVALID = 1,
}
