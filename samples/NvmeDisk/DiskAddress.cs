using Viaduct.Driver;

namespace NvmeDisk;

/// <summary>How a user says where the controller is.</summary>
internal static class DiskAddress
{
    /// <summary>Opens what the user named.</summary>
    /// <exception cref="FormatException">It cannot be understood.</exception>
    /// <exception cref="VfioException">It cannot be opened.</exception>
    internal static PciDevice Open(string name) =>
        PciAddress.TryParse(name, out _)
            ? VfioDevice.Open(name)
            : throw new FormatException($"'{name}' is no device; one looks like 0000:01:00.0");
}
